"""Texts written by hand, and what must hold of any two of them."""

from __future__ import annotations

from collections.abc import Sequence

from clausewatch.model import Alignment, Block, BlockKind, SectionChange, Text
from differ.align import align


def text_of(*lines: str) -> Text:
    """A text of Markdown-like lines: "# " begins a heading."""
    blocks = []
    for line in lines:
        level = len(line) - len(line.lstrip("#"))
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        if line.lstrip("# "):
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


def changed_sections(before: Sequence[str], after: Sequence[str]) -> list[SectionChange]:
    alignment = align(text_of(*before), text_of(*after))
    assert_exact(alignment)
    return [section for section in alignment.sections if section.change]


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


def told(section: SectionChange) -> list[tuple[str, str]]:
    return [(edit.op, edit.text) for edit in section.edits if edit.op != "="]
