"""Pairs the blocks of two sections, and finds blocks that moved to another place. Leaves words to others."""

from __future__ import annotations

from collections.abc import Sequence

from clausewatch.model import Block, BlockKind, count_words
from differ.hunks import hunks
from differ.likeness import Profile, candidates, profile, similarity
from differ.order import rising

ALIKE = 0.4  # blocks between the same neighbours that are one edited block
MOVED_ALIKE = 0.8  # blocks anywhere that are one moved block
MOVED_WORDS = 8  # shorter blocks recur by chance: "See above."

Pair = tuple[int, int]


def pair_blocks(old: Sequence[Block], new: Sequence[Block]) -> list[Pair]:
    """Indices of blocks that stayed or were edited, both rising. The headings of the two sections are a pair always."""
    if old and new and old[0].kind is new[0].kind is BlockKind.HEADING:
        return [(0, 0), *((i + 1, j + 1) for i, j in _pair_rows(old[1:], new[1:]))]
    return _pair_rows(old, new)


def _pair_rows(old: Sequence[Block], new: Sequence[Block]) -> list[Pair]:
    pairs: list[Pair] = []
    i = j = 0
    for a, b, c, d in hunks(tuple(block.text for block in old), tuple(block.text for block in new)):
        pairs += zip(range(i, a), range(j, c), strict=True)
        pairs += [(a + x, c + y) for x, y in _edited(old[a:b], new[c:d])]
        i, j = b, d
    pairs += zip(range(i, len(old)), range(j, len(new)), strict=True)
    return pairs


def _edited(old: Sequence[Block], new: Sequence[Block]) -> list[Pair]:
    if not old or not new:
        return []
    ours, theirs = [profile(block.text) for block in old], [profile(block.text) for block in new]
    possible = {(x, y) for x in range(len(old)) for y in range(len(new))} if len(old) * len(new) <= 400 else set()
    found = _best(ours, theirs, sorted(possible or candidates(ours, theirs)), ALIKE)
    kept = rising(found, [ours[x].total() for x, _ in found])
    return [pair for at, pair in enumerate(found) if at in kept]


def find_moved(old: Sequence[Block], new: Sequence[Block]) -> list[Pair]:
    """Blocks of some size that are equal or nearly so, wherever they stand; by rising index of the old one."""
    left = [i for i, block in enumerate(old) if count_words(block.text) >= MOVED_WORDS]
    right = [j for j, block in enumerate(new) if count_words(block.text) >= MOVED_WORDS]
    ours, theirs = [profile(old[i].text) for i in left], [profile(new[j].text) for j in right]
    found = _best(ours, theirs, candidates(ours, theirs), MOVED_ALIKE)
    return [(left[x], right[y]) for x, y in found]


def _best(old: list[Profile], new: list[Profile], possible: Sequence[Pair], least: float) -> list[Pair]:
    """The most alike pairs first, each index in one pair; by rising first index."""
    scored = sorted((-similarity(old[x], new[y]), abs(x - y), x, y) for x, y in possible)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for score, _, x, y in scored:
        if -score >= least and x not in pairs and y not in taken:
            pairs[x] = y
            taken.add(y)
    return sorted(pairs.items())
