"""A text laid out for reading: sections with anchors, lists and tables put together again from their blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import differ
from clausewatch.model import BLOCK_END, Block, BlockKind, Text
from differ.normalise.tables import CELL_END

TOP_LEVEL = 2  # the page's own title is its h1
DEEPEST_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A block with its anchor. The anchor is its offset in the text: it stays as long as the text does."""

    anchor: str
    text: str
    depth: int  # of a list item, from 1
    cells: tuple[str, ...]  # of a row


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring blocks of one kind: paragraphs, the items of a list, or the rows of a table."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    head: Piece | None = None  # the row of a table that names its columns


@dataclass(frozen=True, slots=True)
class ReadableSection:
    """A heading and what stands under it. Before the first heading there is none."""

    anchor: str
    heading: str | None
    level: int  # of the heading element, 2 to 6
    groups: tuple[Group, ...]


def readable_sections(text: Text) -> tuple[ReadableSection, ...]:
    """The sections in reading order. Heading levels go down by one step at most, as screen readers expect."""
    found = []
    above: list[int] = []
    for section in differ.sections(text):
        if section.path:
            while above and above[-1] >= section.level:
                above.pop()
            above.append(section.level)
        body = section.blocks[1:] if section.path else section.blocks
        start = section.start + (len(section.blocks[0].text) + len(BLOCK_END) if section.path else 0)
        found.append(
            ReadableSection(
                anchor=f"s{section.start}",
                heading=section.path[-1] if section.path else None,
                level=min(TOP_LEVEL + len(above) - 1, DEEPEST_LEVEL),
                groups=tuple(_groups(body, start)),
            )
        )
    return tuple(found)


def _groups(blocks: Sequence[Block], start: int) -> Iterator[Group]:
    at = start
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        placed = []
        for block in run:
            placed.append((at, block))
            at += len(block.text) + len(BLOCK_END)
        if kind is BlockKind.ROW:
            yield from _tables(placed)
        else:
            yield Group(kind, tuple(Piece(f"p{offset}", block.text, block.level, ()) for offset, block in placed))


def _tables(rows: Sequence[tuple[int, Block]]) -> Iterator[Group]:
    """A row without a header, before one that has it, is the header: a table begins."""
    head: Piece | None = None
    pieces: list[Piece] = []
    for number, (offset, block) in enumerate(rows):
        piece = Piece(f"p{offset}", block.text, 0, _cells(block, head))
        following = rows[number + 1][1].header if number + 1 < len(rows) else ()
        if following and not block.header:
            if pieces or head:
                yield Group(BlockKind.ROW, tuple(pieces), head)
            head, pieces = piece, []
        else:
            pieces.append(piece)
    yield Group(BlockKind.ROW, tuple(pieces), head)


def _cells(block: Block, head: Piece | None) -> tuple[str, ...]:
    """The cells of a row; one that has fewer than the table has columns finds their places by their names."""
    cells = tuple(block.text.split(CELL_END))
    if head is None or len(cells) != len(block.header) or len(cells) >= len(head.cells):
        return cells
    by_name = dict(zip(block.header, cells, strict=True))
    return tuple(by_name.get(name, "") for name in head.cells)
