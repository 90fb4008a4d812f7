"""Slots: small places of a page that show something else at half of the visits while the rest stands still. What
stands in them is volatile: it makes no version. A value that stays is read again like any other text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from differ.shapes import EMPTY, Piece, Shape

__all__ = ["Masked", "mask_slots"]

MOST_WORDS = 40
"""A value longer than this is text, not a slot's."""
LEAST_VALUES = 4
"""Different values that a place must have shown: a page that goes back and forth between two or three has variants."""
VISITS_A_CHANGE = 2
"""Looks for each change, at most: what stands for longer is no rotation."""
PACE = timedelta(days=2)
"""A change, at most: captures that are weeks apart show edits, not a rotation."""
WINDOW = 8
"""Texts in a row that are looked at together: a slot is forgotten once so many came without its rotating."""

_Place = tuple[int, int]  # the numbers of the blocks before and after; edges of the text have numbers of their own
_Value = tuple[Piece, ...]
_START, _END = -1, -2


class VisitLike(Protocol):
    """What is asked of neighbouring looks with one text."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def sightings(self) -> int: ...
    @property
    def first_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Masked:
    """The keys of the visits without what rotates, and for each key how many slots were left out of its texts."""

    keys: tuple[str, ...]
    slots: dict[str, int] = field(default_factory=dict)


def mask_slots(visits: Sequence[VisitLike], shapes: Mapping[str, Shape]) -> Masked:
    """Give texts that differ in volatile slots alone one key: that of the first of them. ``visits`` are in time order,
    neighbours differ in their keys."""
    if len(visits) <= LEAST_VALUES:
        return Masked(tuple(visit.key for visit in visits))
    rotating: list[set[_Place]] = [set() for _ in visits]
    for start in range(max(len(visits) - WINDOW, 0) + 1):
        window = range(start, min(start + WINDOW, len(visits)))
        if not _may_rotate([visits[at].sightings for at in window]):
            continue
        for place, members in _rotating(window, visits, shapes).items():
            for at in members:
                rotating[at].add(place)
    return _keys(visits, rotating, shapes)


def _may_rotate(sightings: Sequence[int]) -> bool:
    """Whether any of these visits in a row changed often enough."""
    return any(
        sum(sightings[start:end]) <= VISITS_A_CHANGE * (end - start - 1)
        for start in range(len(sightings) - LEAST_VALUES)
        for end in range(start + LEAST_VALUES + 1, len(sightings) + 1)
    )


def _rotating(window: range, visits: Sequence[VisitLike], shapes: Mapping[str, Shape]) -> dict[_Place, frozenset[int]]:
    """The places that rotate in these visits, each with the visits in which it does."""
    texts = [shapes.get(visits[at].text, EMPTY) for at in window]
    changed = [one.ids ^ other.ids for one, other in pairwise(texts)]
    if sum(map(bool, changed)) < LEAST_VALUES:
        return {}
    fixed = _fixed(texts)
    values = [_values(text, fixed) for text in texts]
    places = {place for one, other in pairwise(values) for place in one.keys() & other.keys()}
    return {
        place: frozenset(window[at] for at in found)
        for place in sorted(places)
        if (found := _rotation([each.get(place) for each in values], values, [visits[at] for at in window]))
    }


def _fixed(texts: Sequence[Shape]) -> frozenset[int]:
    """The blocks that stand once in each of the texts."""
    fixed = frozenset.intersection(*(text.ids for text in texts))
    return fixed.difference(*(text.repeated for text in texts))


def _values(text: Shape, fixed: frozenset[int]) -> dict[_Place, _Value]:
    """What stands between each two fixed blocks that follow one another."""
    found: dict[_Place, _Value] = {}
    before, between = _START, list[Piece]()
    for piece in text.pieces:
        if piece.id in fixed:
            found[before, piece.id] = tuple(between)
            before, between = piece.id, []
        else:
            between.append(piece)
    found[before, _END] = tuple(between)
    return found


def _rotation(
    shown: Sequence[_Value | None], values: Sequence[Mapping[_Place, _Value]], visits: Sequence[VisitLike]
) -> frozenset[int]:
    """The visits, by index, in which this place rotates; ``shown`` is what stood there."""
    if any(value is None or not _is_small(value) for value in shown) or len(set(shown)) < LEAST_VALUES:
        return frozenset()
    quiet = [at for at in range(len(shown) - 1) if shown[at] != shown[at + 1] and _is_quiet(values[at], values[at + 1])]
    found: set[int] = set()
    for first in range(len(quiet)):
        for last in range(first + LEAST_VALUES - 1, len(quiet)):
            members = range(quiet[first], quiet[last] + 2)
            is_varied = len({shown[at] for at in members}) >= LEAST_VALUES
            if is_varied and _is_quick([visits[at] for at in members], changes=last - first + 1):
                found.update(members)
    return frozenset(found)


def _is_quick(visits: Sequence[VisitLike], *, changes: int) -> bool:
    span = visits[-1].last_at - visits[0].first_at
    return sum(visit.sightings for visit in visits) <= VISITS_A_CHANGE * changes and span <= PACE * changes


def _is_small(value: _Value) -> bool:
    return sum(piece.words for piece in value) <= MOST_WORDS and not any(piece.is_heading for piece in value)


def _is_quiet(one: Mapping[_Place, _Value], other: Mapping[_Place, _Value]) -> bool:
    """Whether nothing changed but small values."""
    if one.keys() != other.keys():
        return False
    return all(_is_small(one[place]) and _is_small(other[place]) for place in one if one[place] != other[place])


def _keys(visits: Sequence[VisitLike], rotating: Sequence[set[_Place]], shapes: Mapping[str, Shape]) -> Masked:
    first: dict[tuple[int, ...], str] = {}
    keys, slots = [], dict[str, int]()
    for visit, places in zip(visits, rotating, strict=True):
        shape = shapes.get(visit.text, EMPTY)
        rest, left_out = _without(shape, places)
        key = first.setdefault(rest, visit.key)
        keys.append(key if left_out else visit.key)
        if left_out:
            slots[key] = max(left_out, slots.get(key, 0))
    return Masked(tuple(keys), slots)


def _without(shape: Shape, places: set[_Place]) -> tuple[tuple[int, ...], int]:
    """The text without what stands in these places, and in how many of them something may stand."""
    ids = [piece.id for piece in shape.pieces]
    drop: set[int] = set()
    left_out = 0
    for before, after in places:
        start = -1 if before == _START else ids.index(before) if before in shape.ids else None
        end = len(ids) if after == _END else ids.index(after) if after in shape.ids else None
        if start is not None and end is not None and start < end and _is_small(shape.pieces[start + 1 : end]):
            drop.update(range(start + 1, end))
            left_out += 1
    return tuple(id for at, id in enumerate(ids) if at not in drop), left_out
