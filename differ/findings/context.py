"""What stands over a sentence: its headings, the lead-in of its list, the header of its table."""

from __future__ import annotations

from dataclasses import dataclass

from clausewatch.model import Block, BlockKind, Text


@dataclass(frozen=True, slots=True)
class Context:
    """Where a sentence stands."""

    section: tuple[str, ...] = ()  # headings from the top down
    lead: str = ""  # the line that introduces the list, or the header cells of the table
    is_heading: bool = False
    is_row: bool = False
    is_item: bool = False

    @property
    def is_listed(self) -> bool:
        return self.is_row or self.is_item

    @property
    def text(self) -> str:
        """Headings and lead-in as one line to look for words in."""
        return " / ".join((*self.section[-2:], self.lead))


def contexts_of(text: Text) -> tuple[Context, ...]:
    """The context of each block, in order."""
    contexts: list[Context] = []
    path: list[Block] = []
    leads: list[tuple[int, str]] = []  # depth of the line that introduces, the line
    for block in text.blocks:
        if block.kind is BlockKind.HEADING:
            path = [heading for heading in path if heading.level < block.level]
            contexts.append(Context(tuple(heading.text for heading in path), is_heading=True))
            path.append(block)
            leads = []
            continue
        depth = block.level if block.kind is BlockKind.ITEM else 0
        if block.kind is not BlockKind.ROW:
            leads = [lead for lead in leads if lead[0] < depth]
        kind = block.kind
        contexts.append(
            Context(
                tuple(heading.text for heading in path),
                _lead(block, leads),
                is_row=kind is BlockKind.ROW,
                is_item=kind is BlockKind.ITEM,
            )
        )
        if block.kind is not BlockKind.ROW and _introduces(block.text):
            leads.append((depth, block.text))
    return tuple(contexts)


def _introduces(line: str) -> bool:
    return line.rstrip().endswith((":", "：", "—", "–"))


def _lead(block: Block, leads: list[tuple[int, str]]) -> str:
    if block.kind is BlockKind.ROW:
        return " | ".join(block.header)
    if block.kind is BlockKind.ITEM:
        return " ".join(line[-200:] for _, line in leads[-2:])
    return ""
