"""Paragraphs that were cut in two, or joined: shows what came between them or went, their words in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from clausewatch.model import BlockChange, Edit
from differ.likeness import profile
from differ.words import IN, OUT, SAME, join, word_edits

CONTAINED = 0.6  # of the words of a block alone on its side that its neighbour gained or lost
SPARED = 0.5  # of the characters of such blocks that need no longer be told, for it to be worth while


def section_edits(inside: Sequence[BlockChange]) -> list[Edit]:
    """The edits of a section's blocks in a row, those of a split or merged paragraph told as one."""
    edits: list[Edit] = []
    for group in _groups(inside):
        join(edits, _retold(group) if len(group) > 1 else group[0].edits)
    return edits


def _groups(inside: Sequence[BlockChange]) -> Iterator[Sequence[BlockChange]]:
    """Runs of neighbours in which one holds the words of the others; most stand alone."""
    at = 0
    while at < len(inside):
        last = at + 1
        if not inside[at].is_unchanged:
            last = max(_reach(inside, at, OUT), _reach(inside, at, IN))
        yield inside[at:last]
        at = last


def _reach(inside: Sequence[BlockChange], first: int, lost: str) -> int:
    """Where the run ends that begins here: a block that lost text, with blocks before or after it that came from it.

    For ``lost`` "+" the same the other way round: a block that gained the text of blocks that went.
    """
    hub = first
    while hub < len(inside) and _is_alone(inside[hub], lost):
        hub += 1
    if hub == len(inside) or not (words := profile(_told(inside[hub], lost))):
        return first + 1

    def is_part(at: int) -> bool:
        part = profile(_told(inside[at], IN if lost == OUT else OUT))
        shared = sum(min(count, words[word]) for word, count in part.items() if word in words)
        return bool(part) and shared >= CONTAINED * part.total()

    if not all(is_part(at) for at in range(first, hub)):
        return first + 1
    last = hub + 1
    while last < len(inside) and _is_alone(inside[last], lost) and is_part(last):
        last += 1
    return last


def _is_alone(block: BlockChange, lost: str) -> bool:
    """Whether it stands only on the side that its words came to."""
    return (block.before if lost == OUT else block.after) is None


def _told(block: BlockChange, op: str) -> str:
    return "".join(edit.text for edit in block.edits if edit.op == op)


def _retold(group: Sequence[BlockChange]) -> Iterable[Edit]:
    """The group as one text that became another, where that says less; nothing that moved elsewhere is lost."""
    edits = [edit for block in group for edit in block.edits]
    moved = Counter(edit.moved for edit in edits if edit.moved)
    alone = [block for block in group if block.before is None or block.after is None]
    if any(count != 2 for count in moved.values()):
        return edits
    before, after = ("".join(edit.text for edit in edits if edit.op in (SAME, op)) for op in (OUT, IN))
    whole = word_edits(before, after)
    spared = _size(edits) - _size(whole)
    return whole if spared >= SPARED * sum(_size(block.edits) for block in alone) else edits


def _size(edits: Iterable[Edit]) -> int:
    return sum(len(edit.text) for edit in edits if edit.op != SAME)
