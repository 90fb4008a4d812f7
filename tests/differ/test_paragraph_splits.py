"""A break that came or went moves no text."""

from __future__ import annotations

from clausewatch.model import Form
from tests.differ.texts import changed_sections, told

HALVES = (
    "We collect the name and the address that you give us.",
    "Our lamps also tell us in which room they stand.",
)


def test_of_a_split_paragraph_only_the_break_is_new() -> None:
    (section,) = changed_sections(["# A", " ".join(HALVES)], ["# A", *HALVES])
    assert told(section) == [("-", " "), ("+", "\n\n")]
    assert section.form == (Form.BREAKS,)


def test_of_merged_paragraphs_only_the_break_went() -> None:
    (section,) = changed_sections(["# A", *HALVES], ["# A", " ".join(HALVES)])
    assert told(section) == [("-", "\n\n"), ("+", " ")]


def test_a_list_that_became_a_paragraph_keeps_its_words_in_place() -> None:
    items = [f"{word} burns for {n} hours;" for n, word in enumerate(("Alpha", "Beta", "Gamma", "Delta", "Epsilon"))]
    (section,) = changed_sections(["# A", *items], ["# A", " ".join(items)])
    assert told(section) == [("-", "\n\n"), ("+", " ")] * 4


def test_a_split_paragraph_can_be_edited_too() -> None:
    (section,) = changed_sections(["# A", " ".join(HALVES)], ["# A", HALVES[0], HALVES[1].replace("room", "street")])
    assert told(section) == [("-", " "), ("+", "\n\n"), ("-", "room"), ("+", "street")]


def test_a_half_that_went_elsewhere_moved_there() -> None:
    before = ["# A", " ".join(HALVES), "# B", "Write to us whenever you like to."]
    first, second = changed_sections(before, ["# A", HALVES[0], *before[2:], HALVES[1]])
    assert [edit.moved for section in (first, second) for edit in section.edits if edit.op != "="] == ["m1", "m1"]
