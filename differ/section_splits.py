"""Sections that were cut in two by a new heading, or joined where a heading went: cuts the whole so that each part
stands beside its own. The text itself did not move."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from clausewatch.model import BLOCK_END
from differ.likeness import COMMON, Profile, profile, shared, similarity
from differ.sections import Section

ALIKE = 0.4  # of a part with the section that it became
CONTAINED = 0.7  # of a part's words, so that it went into a section that has much besides
MOST_TEXT = 8  # times its own length that is looked at before a section, and after it
ROUNDS = 5  # of leaving out neighbours that turn out to have no part; mostly the first is the last
LARGE = 30  # words and pairs of words, some fifteen words; a smaller part is contained by chance
MOST_CHOICES = 200_000  # of a block for a part; where there are more, only the nearest neighbours are looked at

Pair = tuple[int, int]


@dataclass
class Outline:
    """The sections of both texts as parts that belong together. A part of a section has its path."""

    old: list[Section]
    new: list[Section]
    pairs: list[Pair]  # by rising index of the old one
    split: frozenset[int] = frozenset()  # first blocks of new sections that were cut off an old one
    merged: frozenset[int] = frozenset()  # first blocks of old sections that were joined to another


Cuts = dict[int, dict[int, range]]
"""Index of a section to the sections that it became, each with the blocks that are its part."""


def cut_sections(old: Sequence[Section], new: Sequence[Section], pairs: Sequence[Pair]) -> Outline:
    """The same sections, those that were split or merged cut into parts."""
    if len(pairs) == len(old) == len(new):
        return Outline(list(old), list(new), list(pairs))
    splits = _cuts(old, new, pairs)
    halves = {j for parts in splits.values() for j in parts}
    avoided = frozenset(i for i, j in pairs if j in halves)
    merges = _cuts(new, old, [(j, i) for i, j in pairs], avoided=avoided)
    return _outline(old, new, pairs, splits=splits, merges=merges)


def _outline(
    old: Sequence[Section], new: Sequence[Section], pairs: Sequence[Pair], *, splits: Cuts, merges: Cuts
) -> Outline:
    ours, old_at = _laid_out(old, splits)
    theirs, new_at = _laid_out(new, merges)
    found = [(old_at[i, None], new_at[j, None]) for i, j in pairs if i not in splits and j not in merges]
    found += [(old_at[i, j], new_at[j, None]) for i, parts in splits.items() for j in parts]
    found += [(old_at[i, None], new_at[j, i]) for j, parts in merges.items() for i in parts]
    return Outline(
        old=ours,
        new=theirs,
        pairs=sorted(found),
        split=frozenset(new[j].first for parts in splits.values() for j in sorted(parts)[1:]),
        merged=frozenset(old[i].first for parts in merges.values() for i in sorted(parts)[1:]),
    )


def _laid_out(sections: Sequence[Section], cuts: Cuts) -> tuple[list[Section], dict[tuple[int, int | None], int]]:
    """The sections in order, those that are cut as their parts; and where each came to stand."""
    row: list[Section] = []
    places: dict[tuple[int, int | None], int] = {}
    for at, section in enumerate(sections):
        parts: list[tuple[int | None, range]] = [*cuts.get(at, {}).items()] or [(None, range(len(section.blocks)))]
        for other, blocks in parts:
            places[at, other] = len(row)
            row.append(_part(section, blocks))
    return row, places


def _part(section: Section, blocks: range) -> Section:
    if len(blocks) == len(section.blocks):
        return section
    before = _size(replace(section, blocks=section.blocks[: blocks.start]))
    inside = section.blocks[blocks.start : blocks.stop]
    return replace(section, start=section.start + before, first=section.first + blocks.start, blocks=inside)


def _cuts(
    wholes: Sequence[Section],
    others: Sequence[Section],
    pairs: Sequence[Pair],
    *,
    avoided: frozenset[int] = frozenset(),  # partners that are cut themselves
) -> Cuts:
    """Sections of one text whose blocks went to their partner in the other and to neighbours of it without one."""
    found: Cuts = {}
    taken = {partner for _, partner in pairs} | avoided
    for at, partner in pairs:
        if partner in avoided or len(wholes[at].blocks) < 2 or _lines(wholes[at]) == _lines(others[partner]):
            continue
        beside = _free(partner, taken, others, whole=wholes[at])
        parts = _parts(wholes[at], others, beside, partner) if len(beside) > 1 else {}
        if len(parts) > 1:
            found[at] = parts
            taken.update(parts)
    return found


def _lines(section: Section) -> list[str]:
    return [block.text for block in section.blocks]


def _free(partner: int, taken: set[int], others: Sequence[Section], *, whole: Section) -> range:
    """The partner with the sections around it that belong to nobody, in their order; of many the nearest."""
    size, most = MOST_TEXT * _size(whole), MOST_CHOICES // len(whole.blocks) // 2
    ends = []
    for step in (-1, 1):
        at, budget = partner, size
        while 0 <= at + step < len(others) and at + step not in taken and budget > 0 and abs(at - partner) < most:
            at += step
            budget -= _size(others[at])
        ends.append(at)
    return range(ends[0], ends[1] + 1)


def _size(section: Section) -> int:
    return sum(len(block.text) + len(BLOCK_END) for block in section.blocks)


def _parts(whole: Section, others: Sequence[Section], beside: Sequence[int], partner: int) -> dict[int, range]:
    """Which blocks of the whole belong to whom; nothing where it was not cut."""
    blocks = [profile(block.text) for block in whole.blocks]
    faces = {at: _sum([profile(block.text) for block in others[at].blocks]) for at in beside}
    kept = list(beside)
    for _ in range(ROUNDS):
        rows = _assigned(blocks, [faces[at] for at in kept])
        parts = dict(zip(kept, rows, strict=True))
        if not parts[partner]:
            return {}
        own = {at for at, row in parts.items() if _is_own(_sum(blocks[row.start : row.stop]), faces[at])}
        kept = [at for at in kept if at in own or at == partner]  # what is left of the partner may be rewritten
        if len(kept) == len(parts):
            return parts
        if len(kept) < 2:
            break
    return {}


def _is_own(part: Profile, face: Profile) -> bool:
    if similarity(part, face) >= ALIKE:
        return True
    return part.total() >= LARGE and shared(part, face) >= CONTAINED * part.total()


def _sum(profiles: Sequence[Profile]) -> Profile:
    total: Profile = Profile()
    for one in profiles:
        total.update(one)
    return total


def _assigned(blocks: Sequence[Profile], faces: Sequence[Profile]) -> list[range]:
    """The blocks, in their order, given to the faces, in theirs, so that they share most words; earlier on a tie."""
    holders = _rare(faces)
    best = [0] * len(faces)
    cuts: list[list[int]] = []  # for each block and face: the face of the block before it
    for block in blocks:
        leaders, leader = [], 0
        for at in range(len(faces)):
            if best[at] > best[leader]:
                leader = at
            leaders.append(leader)
        best = [best[leader] for leader in leaders]
        for part in block.keys() & holders.keys():
            for at in holders[part]:
                best[at] += block[part]
        cuts.append(leaders)
    owners: list[int] = []
    owner = max(range(len(faces)), key=lambda at: (best[at], -at))
    for leaders in reversed(cuts):
        owners.append(owner)
        owner = leaders[owner]
    owners.reverse()
    starts = [bisect_left(owners, at) for at in range(len(faces) + 1)]
    return [range(first, last) for first, last in pairwise(starts)]


def _rare(faces: Sequence[Profile]) -> dict[str, list[int]]:
    """Which faces have a word or pair of words; what many have tells nobody apart."""
    holders: dict[str, list[int]] = {}
    for at, face in enumerate(faces):
        for part in face:
            holders.setdefault(part, []).append(at)
    return {part: places for part, places in holders.items() if len(places) <= COMMON}
