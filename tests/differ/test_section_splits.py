"""A heading that came or went moves no text."""

from __future__ import annotations

from clausewatch.model import Change
from tests.differ.texts import POLICY, changed_sections


def test_a_heading_that_came_splits_a_section_and_moves_nothing() -> None:
    (section,) = changed_sections(POLICY, [*POLICY[:4], "## What lamps tell", *POLICY[4:]])
    assert section.change == (Change.SPLIT,)
    assert (section.before, section.after) == (
        ("Privacy at Lumenwood", "What we collect"),
        ("Privacy at Lumenwood", "What lamps tell"),
    )
    assert [(edit.op, edit.text) for edit in section.edits] == [
        ("+", "What lamps tell\n\n"),
        ("=", f"{POLICY[4]}\n\n"),
    ]


def test_a_heading_that_went_merges_two_sections_and_moves_nothing() -> None:
    (section,) = changed_sections(POLICY, [*POLICY[:5], *POLICY[6:]])
    assert section.change == (Change.MERGED,)
    assert section.after == ("Privacy at Lumenwood", "What we collect")
    assert [(edit.op, edit.text) for edit in section.edits] == [
        ("-", "How long we keep it\n\n"),
        ("=", f"{POLICY[6]}\n\n"),
    ]


def test_a_part_of_a_split_section_can_be_edited_too() -> None:
    after = [*POLICY[:4], "## What lamps tell", POLICY[4].replace("how long", "how bright"), *POLICY[5:]]
    (section,) = changed_sections(POLICY, after)
    assert section.change == (Change.SPLIT, Change.EDITED)
    assert [edit.text for edit in section.edits if edit.op == "-"] == ["long"]


def test_a_section_is_split_in_many_parts() -> None:
    lines = [f"The lamp in room {n} burns for {n * 7} hours, {word}." for n, word in enumerate("abcdefgh")]
    headed = [line for n, text in enumerate(lines) for line in ((f"## Room {n}", text) if n else (text,))]
    changed = changed_sections(["# A", *lines], ["# A", *headed])
    assert [section.change for section in changed] == [(Change.SPLIT,)] * 7
    assert not any(edit.op == "-" or edit.moved for section in changed for edit in section.edits)
    back = changed_sections(["# A", *headed], ["# A", *lines])
    assert [section.change for section in back] == [(Change.MERGED,)] * 7


def test_a_paragraph_that_became_a_heading_splits_its_section_without_an_edit() -> None:
    before = ["# A", "We make lamps that listen to you all day.", "How long", "We keep all of it for ten years."]
    (section,) = changed_sections(before, [*before[:2], "## How long", before[3]])
    assert section.change == (Change.SPLIT,)
    assert {edit.op for edit in section.edits} == {"="}


def test_a_new_section_beside_an_edited_one_is_added() -> None:
    after = [*POLICY[:5], "## Cookies", "Our shop sets one cookie, for the basket.", *POLICY[5:]]
    changed = changed_sections(POLICY, [line.replace("how long", "how bright") for line in after])
    assert [section.change for section in changed] == [(Change.EDITED,), (Change.ADDED,)]
