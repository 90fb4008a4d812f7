"""A text as sections: a heading and the blocks under it, with the path of headings that leads there."""

from __future__ import annotations

from dataclasses import dataclass

from clausewatch.model import Block, BlockKind, Text

__all__ = ["Section", "sections"]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the blocks up to the next heading of any level."""

    path: tuple[str, ...]  # headings from the top down, its own last; () before the first heading
    level: int  # of its heading; 0 before the first
    start: int  # offset of its first character in ``Text.text``
    first: int  # index of its first block
    blocks: tuple[Block, ...]  # the heading first


def sections(text: Text) -> tuple[Section, ...]:
    """The sections in reading order; every block stands in exactly one.

    >>> blocks = [("What we collect", 1), ("Your name.", 0), ("From others", 2), ("How long", 1), ("A year.", 0)]
    >>> text = Text(tuple(Block(BlockKind.HEADING if level else BlockKind.PARAGRAPH, t, level) for t, level in blocks))
    >>> [(section.path, section.start) for section in sections(text)]
    [(('What we collect',), 0), (('What we collect', 'From others'), 29), (('How long',), 42)]
    """
    found: list[Section] = []
    above: list[tuple[int, str]] = []
    path: tuple[str, ...] = ()
    first = level = 0
    starts, heading = text.starts, BlockKind.HEADING  # looked up once: that takes long in Python 3.11
    for index, block in enumerate(text.blocks):
        if block.kind is not heading:
            continue
        if index > first:
            found.append(Section(path, level, starts[first], first, text.blocks[first:index]))
        while above and above[-1][0] >= block.level:
            above.pop()
        above.append((block.level, block.text))
        first, path, level = index, tuple(line for _, line in above), block.level
    if first < len(text.blocks):
        found.append(Section(path, level, starts[first], first, text.blocks[first:]))
    return tuple(found)
