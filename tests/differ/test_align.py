"""Two texts side by side: nothing lost, nothing told twice, and what moved is told as moved."""

from __future__ import annotations

from clausewatch.model import Alignment, Block, BlockKind, Change, Text
from differ.align import align


def text_of(*lines: str) -> Text:
    """A text of Markdown-like lines: "# " begins a heading."""
    blocks = []
    for line in lines:
        level = len(line) - len(line.lstrip("#"))
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        blocks.append(Block(kind, line.lstrip("# "), level))
    return Text(tuple(blocks))


def joined(alignment: Alignment, ops: str, *, of: str) -> str:
    """The text that the edits with these marks join to, over sections or blocks in the order of their side."""
    side = "before" if "-" in ops else "after"
    place = f"{side}_start" if of == "sections" else side
    parts = [part for part in getattr(alignment, of) if getattr(part, place) is not None]
    parts.sort(key=lambda part: getattr(part, place))
    return "".join(edit.text for part in parts for edit in part.edits if edit.op in ops)


def assert_exact(alignment: Alignment) -> None:
    for of in ("sections", "blocks"):
        assert joined(alignment, "=-", of=of) == alignment.before.text
        assert joined(alignment, "=+", of=of) == alignment.after.text


POLICY = (
    "# Privacy at Lumenwood",
    "Lumenwood Ltd makes lamps that listen. This page says what we do with what they hear.",
    "## What we collect",
    "We collect the name and the address that you give us when you order a lamp.",
    "Our lamps send us how long they burn and in which room they stand.",
    "## How long we keep it",
    "We keep orders for 18 months. After that we delete them.",
    "## Contact",
    "Write to care@lumenwood.example and we answer within a week.",
)


def test_a_text_compared_with_itself_has_no_changes() -> None:
    alignment = align(text_of(*POLICY), text_of(*POLICY))
    assert_exact(alignment)
    assert all(not section.change for section in alignment.sections)
    assert all(block.is_unchanged for block in alignment.blocks)


def test_a_changed_number_is_one_edit() -> None:
    alignment = align(text_of(*POLICY), text_of(*(line.replace("18", "24") for line in POLICY)))
    assert_exact(alignment)
    (section,) = [section for section in alignment.sections if section.change]
    assert section.change == (Change.EDITED,)
    assert [(edit.op, edit.text) for edit in section.edits if edit.op != "="] == [("-", "18"), ("+", "24")]


def test_a_paragraph_in_another_section_moved() -> None:
    after = [line for line in POLICY if "which room" not in line]
    after.insert(after.index("## Contact"), POLICY[4])
    alignment = align(text_of(*POLICY), text_of(*after))
    assert_exact(alignment)
    changed = [block for block in alignment.blocks if not block.is_unchanged]
    assert sorted((block.edits[0].op, block.moved) for block in changed) == [("+", "m1"), ("-", "m1")]


def test_an_inserted_section_moves_nothing() -> None:
    after = [*POLICY[:2], "## Cookies", "Our shop sets one cookie, for the basket.", *POLICY[2:]]
    alignment = align(text_of(*POLICY), text_of(*after))
    assert_exact(alignment)
    assert [section.change for section in alignment.sections if section.change] == [(Change.ADDED,)]
