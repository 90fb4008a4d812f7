"""Eras: how long the words around those that rotate stay. What stands in a place that shows something else at every
look may still change for good: that parts one era from the next."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import pairwise

from differ.shapes import Piece
from differ.tokens import UNSPACED

__all__ = ["Pair", "Value", "eras_of", "lost_pairs", "pairs_of"]

LEAST_BEFORE = 2
"""Sightings of what stood before: less is not known to have stood."""
LEAST_AFTER = 4
"""Visits that must find a change: few values that rotate may share words by chance. What comes later counts no more, so
that what was told stays a version."""
HORIZON = 8
"""Visits before a change that must lack it: what came and went lately may rotate, ..."""
FLAP_SHARE = 0.25
"""... unless it came in so few of them, at most, and all of as many visits find it from then on."""
_RECENT = 128  # values whose words are kept in mind
_WORD = re.compile(rf"[^\s{UNSPACED}]+|[{UNSPACED}]")

Value = tuple[Piece, ...]
"""What stands in a place."""
Pair = tuple[Hashable, Hashable]
"""Neighbouring words: two quotes share a word by chance, but seldom two that follow one another."""


def eras_of(values: Sequence[Value], sightings: Sequence[int]) -> list[frozenset[Pair] | None]:
    """For each of these visits in a row what stays in the place in its era and in those like it; None for all where
    nothing changed but what rotates. ``sightings`` are those of the visits."""
    pairs = [pairs_of(value) for value in values]
    starts = [0]
    for at in range(1, len(pairs) - LEAST_AFTER + 1):
        before = range(max(starts[-1], at - HORIZON), at)
        if sum(sightings[each] for each in before) >= LEAST_BEFORE and _is_cut(
            [pairs[each] for each in before], pairs[at : at + HORIZON]
        ):
            starts.append(at)
    if len(starts) == 1:
        return [None] * len(values)
    eras = [pairs[start:end] for start, end in pairwise([*starts, len(pairs)])]
    marks: list[frozenset[Pair]] = []
    for at, era in enumerate(eras):
        like = next((marks[earlier] for earlier in range(at) if _is_like(eras[earlier], era)), None)
        marks.append(like if like is not None else frozenset.intersection(*era))
    return [mark for mark, era in zip(marks, eras, strict=True) for _ in era]


def _is_cut(before: Sequence[frozenset[Pair]], after: Sequence[frozenset[Pair]]) -> bool:
    """Whether words came that none of those visits showed and these do; those that flapped must stay for longer."""
    for pair in after[0] - before[-1]:
        stays = next((count for count, each in enumerate(after) if pair not in each), len(after))
        if stays < LEAST_AFTER:
            continue
        earlier = sum(pair in each for each in before)
        if not earlier or (stays >= HORIZON and earlier <= FLAP_SHARE * len(before)):
            return True
    return False


def _is_like(one: Sequence[frozenset[Pair]], other: Sequence[frozenset[Pair]]) -> bool:
    """Whether nothing that stays parts the two eras: the place returned to what it was."""
    return not (_is_lacking(frozenset.intersection(*one), other) or _is_lacking(frozenset.intersection(*other), one))


def _is_lacking(staying: frozenset[Pair], era: Sequence[frozenset[Pair]]) -> bool:
    return any(sum(pair in each for each in era) <= FLAP_SHARE * len(era) for pair in staying)


# --- words ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=_RECENT)
def pairs_of(value: Value) -> frozenset[Pair]:
    """The pairs of words that stand there; each end counts for a word."""
    return frozenset(pairwise(_bounded(value)))


@lru_cache(maxsize=_RECENT)
def lost_pairs(value: Value, other: Value) -> frozenset[Pair]:
    """The pairs that the other value lacks."""
    return pairs_of(value) - pairs_of(other)


def _bounded(value: Value) -> list[Hashable]:
    return [None, *(word for piece in value for word in _words(piece)), None]


def _words(piece: Piece) -> Sequence[Hashable]:
    """Its words with their marks; a piece without its text has words of its own."""
    return _WORD.findall(piece.text) if piece.text else [(piece.id, number) for number in range(max(piece.words, 1))]
