"""Paragraphs that were cut in two, or joined: shows what came between them or went, their words in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from clausewatch.model import BlockChange, Edit
from differ.likeness import Profile, profile, shared
from differ.words import IN, OUT, SAME, joined, word_edits

CONTAINED = 0.6  # of the words of a block alone on its side that its neighbour gained or lost
SPARED = 0.5  # of the characters of such blocks that need no longer be told, for it to be worth while


def section_edits(inside: Sequence[BlockChange]) -> list[Edit]:
    """The edits of a section's blocks in a row, those of a split or merged paragraph told as one."""
    groups = (_retold(group) if len(group) > 1 else group[0].edits for group in _groups(inside))
    return joined(chain.from_iterable(groups))


def _groups(inside: Sequence[BlockChange]) -> Iterator[Sequence[BlockChange]]:
    """Runs of neighbours in which one holds the words of the others; most stand alone."""
    done = 0
    for hub, block in enumerate(inside):
        if hub < done or block.is_unchanged:
            continue
        first, last = max(
            (_reach(inside, hub, lost, low=done) for lost in (OUT, IN)), key=lambda span: span[1] - span[0]
        )
        if last - first > 1:
            yield from ([alone] for alone in inside[done:first])
            yield inside[first:last]
            done = last
    yield from ([alone] for alone in inside[done:])


def _reach(inside: Sequence[BlockChange], hub: int, lost: str, *, low: int) -> tuple[int, int]:
    """The run around a block that lost text: blocks before and after it that came with that text.

    For ``lost`` "+" the same the other way round: a block that gained the text of blocks that went.
    """
    first, last = hub, hub + 1
    beside = [at for at in (hub - 1, hub + 1) if low <= at < len(inside) and _is_alone(inside[at], lost)]
    words = profile(_told(inside[hub], lost)) if beside and not _is_alone(inside[hub], lost) else None
    if not words:
        return first, last
    while first > low and _is_alone(inside[first - 1], lost) and _is_part(inside[first - 1], words, lost):
        first -= 1
    while last < len(inside) and _is_alone(inside[last], lost) and _is_part(inside[last], words, lost):
        last += 1
    return first, last


def _is_part(block: BlockChange, words: Profile, lost: str) -> bool:
    part = profile(_told(block, IN if lost == OUT else OUT))
    return bool(part) and shared(part, words) >= CONTAINED * part.total()


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
