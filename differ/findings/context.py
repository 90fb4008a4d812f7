"""What stands over a sentence: its headings, the lead-in of its list, the header of its table."""

from __future__ import annotations

from typing import NamedTuple

from clausewatch.model import Block, BlockKind, Text


class Context(NamedTuple):
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
    plain = Context()  # of a paragraph
    heading, item, row = BlockKind.HEADING, BlockKind.ITEM, BlockKind.ROW  # looked up once: that takes long in 3.11
    for block in text.blocks:
        kind = block.kind
        if kind is heading:
            path = [above for above in path if above.level < block.level]
            contexts.append(Context(tuple([above.text for above in path]), is_heading=True))
            path.append(block)
            leads, plain = [], Context(tuple([above.text for above in path]))
        elif kind is row:
            contexts.append(Context(plain.section, " | ".join(block.header), is_row=True))
        else:
            depth = block.level if kind is item else 0
            leads = [lead for lead in leads if lead[0] < depth]
            contexts.append(Context(plain.section, _lead(leads), is_item=True) if kind is item else plain)
            if _introduces(block.text):
                leads.append((depth, block.text))
    return tuple(contexts)


def _introduces(line: str) -> bool:
    return line.rstrip().endswith((":", "：", "—", "–"))


def _lead(leads: list[tuple[int, str]]) -> str:
    return " ".join([line[-200:] for _, line in leads[-2:]])
