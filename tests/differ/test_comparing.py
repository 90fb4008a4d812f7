"""A comparison from two texts."""

from __future__ import annotations

from clausewatch.model import Block, BlockKind, Comparison, Side, Text
from differ.comparing import compare

REST = (
    "Lumenwood makes lamps that listen.",
    "Our lamps tell us how long they burn.",
    "You can write to us at any time and we answer within a week.",
    "We show changes of this policy on this page.",
    "Lamps for children have no microphone.",
)


def compared(before: str, after: str) -> Comparison:
    rows = [(line, *REST) for line in (before, after)]
    texts = [Text(tuple(Block(BlockKind.PARAGRAPH, line) for line in row), language="en") for row in rows]
    sides = [Side(None, "a file", None, text.language, text.words, text.sha256) for text in texts]
    return compare(texts[0], texts[1], before_side=sides[0], after_side=sides[1])


def test_a_changed_period_is_a_finding_with_its_quote() -> None:
    comparison = compared("We keep your data for 18 months.", "We keep your data for 24 months.")
    assert comparison.material
    assert comparison.findings[0].after is not None
    assert "24 months" in comparison.findings[0].after.quote


def test_the_same_text_gives_no_finding() -> None:
    comparison = compared("We keep your data for 18 months.", "We keep your data for 18 months.")
    assert not comparison.material
    assert all(not section.change for section in comparison.sections)


def test_the_id_depends_on_both_texts_and_their_order() -> None:
    one, other = compared("We sell it.", "We keep it."), compared("We keep it.", "We sell it.")
    assert one.id == compared("We sell it.", "We keep it.").id != other.id


def test_a_number_that_changed_while_its_paragraph_moved_is_still_a_finding() -> None:
    line = "We keep the recordings of your lamp on our own computers for 18 months after you gave them to us."
    before = Text(tuple(Block(BlockKind.PARAGRAPH, text) for text in (line, *REST)), language="en")
    after = Text(tuple(Block(BlockKind.PARAGRAPH, text) for text in (*REST, line.replace("18", "24"))), language="en")
    sides = [Side(None, "a file", None, text.language, text.words, text.sha256) for text in (before, after)]
    comparison = compare(before, after, before_side=sides[0], after_side=sides[1])
    assert any(edit.moved for section in comparison.sections for edit in section.edits)
    assert [finding.kind.value for finding in comparison.findings] == ["retention"]
