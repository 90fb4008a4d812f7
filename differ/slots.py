"""Slots: small places of a page, or of one of its paragraphs, that show something else at half of the visits while the
rest stands still. What stands in them is volatile: it makes no version. A value that stays is read again like any other
text, and so is what changes for good around one (``differ.eras``)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise, starmap
from typing import Protocol

from differ.eras import Pair, Value, eras_of, lost_pairs, pairs_of
from differ.shapes import EMPTY, Piece, Shape

__all__ = ["Masked", "mask_slots"]

MOST_WORDS = 40
"""What rotates and is longer than this is text, not a slot's."""
LEAST_VALUES = 4
"""Different values that a place must have shown: a page that goes back and forth between two or three has variants."""
VISITS_A_CHANGE = 2
"""Looks for each change, at most: what stands for longer is no rotation."""
PACE = timedelta(days=2)
"""A change, at most: captures that are weeks apart show edits, not a rotation."""
WINDOW = 8
"""Texts in a row that are looked at together: a slot is forgotten once so many came without its rotating."""

_Place = tuple[int, int]  # the numbers of the blocks before and after; edges of the text have numbers of their own
_Parts = Mapping[_Place, frozenset[Pair] | None]  # the slots of a visit, each with what marks its era
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
    if not any(rotating):
        return Masked(tuple(visit.key for visit in visits))
    return _keys(visits, _eras(visits, rotating, shapes), shapes)


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
    small = _Small(values)
    quiet = [at for at in range(len(values) - 1) if small.alone_differ(at)]
    return {
        place: frozenset(window[at] for at in found)
        for place in sorted({place for at in quiet for place in small.differing(at)})
        if (found := _rotation([each.get(place) for each in values], quiet, [visits[at] for at in window]))
    }


def _fixed(texts: Sequence[Shape]) -> frozenset[int]:
    """The blocks that stand once in each of the texts."""
    fixed = frozenset.intersection(*(text.ids for text in texts))
    return fixed.difference(*(text.repeated for text in texts))


def _values(text: Shape, fixed: frozenset[int]) -> dict[_Place, Value]:
    """What stands between each two fixed blocks that follow one another."""
    found: dict[_Place, Value] = {}
    before, between = _START, list[Piece]()
    for piece in text.pieces:
        if piece.id in fixed:
            found[before, piece.id] = tuple(between)
            before, between = piece.id, []
        else:
            between.append(piece)
    found[before, _END] = tuple(between)
    return found


class _Small:
    """Which places hold little but what all of these texts share there."""

    def __init__(self, values: Sequence[Mapping[_Place, Value]]) -> None:
        self._values = values
        self._places: dict[_Place, bool] = {}

    def differing(self, at: int) -> list[_Place]:
        """The places in which the next text has something else."""
        one, other = self._values[at], self._values[at + 1]
        return [place for place in one if place in other and one[place] != other[place]]

    def alone_differ(self, at: int) -> bool:
        """Whether the next text has something else in small places, and nowhere else."""
        return self._values[at].keys() == self._values[at + 1].keys() and all(map(self._is_small, self.differing(at)))

    def _is_small(self, place: _Place) -> bool:
        if place not in self._places:
            self._places[place] = _are_small([each[place] for each in self._values if place in each])
        return self._places[place]


def _are_small(values: Sequence[Value]) -> bool:
    if any(piece.is_heading for value in values for piece in value):
        return False
    if all(sum(piece.words for piece in value) <= MOST_WORDS for value in values):
        return True
    first = pairs_of(values[0])
    shared = len(first.difference(*starmap(lost_pairs, pairwise(values))))
    return max(len(pairs_of(value)) for value in values) - shared <= MOST_WORDS


def _rotation(shown: Sequence[Value | None], quiet: Sequence[int], visits: Sequence[VisitLike]) -> frozenset[int]:
    """The visits, by index, in which this place rotates. ``shown`` is what stood there, ``quiet`` are the visits after
    which nothing changed but what is small."""
    if None in shown or len(set(shown)) < LEAST_VALUES:
        return frozenset()
    changes = [at for at in quiet if shown[at] != shown[at + 1]]
    found: set[int] = set()
    for first in range(len(changes)):
        for last in range(first + LEAST_VALUES - 1, len(changes)):
            members = range(changes[first], changes[last] + 2)
            is_varied = len({shown[at] for at in members}) >= LEAST_VALUES
            if is_varied and _is_quick([visits[at] for at in members], changes=last - first + 1):
                found.update(members)
    return frozenset(found)


def _is_quick(visits: Sequence[VisitLike], *, changes: int) -> bool:
    span = visits[-1].last_at - visits[0].first_at
    return sum(visit.sightings for visit in visits) <= VISITS_A_CHANGE * changes and span <= PACE * changes


# --- what is left ---------------------------------------------------------------------------------------------


def _eras(
    visits: Sequence[VisitLike], rotating: Sequence[set[_Place]], shapes: Mapping[str, Shape]
) -> list[dict[_Place, frozenset[Pair] | None]]:
    """For each visit the places that rotate in it, with what marks the era there."""
    found: list[dict[_Place, frozenset[Pair] | None]] = [{} for _ in visits]
    for place in sorted({place for places in rotating for place in places}):
        for stretch in _stretches([at for at, places in enumerate(rotating) if place in places]):
            texts = [shapes.get(visits[at].text, EMPTY) for at in stretch]
            values = [text.pieces[_span(text, place)] for text in texts]
            marks = eras_of(values, [visits[at].sightings for at in stretch])
            for at, mark in zip(stretch, marks, strict=True):
                found[at][place] = mark
    return found


def _stretches(numbers: Sequence[int]) -> Iterator[list[int]]:
    """The numbers, cut where one is left out."""
    for _, group in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        yield [number for _, number in group]


def _keys(visits: Sequence[VisitLike], parts: Sequence[_Parts], shapes: Mapping[str, Shape]) -> Masked:
    first: dict[tuple[Hashable, ...], str] = {}
    keys, slots = [], dict[str, int]()
    for visit, places in zip(visits, parts, strict=True):
        key = first.setdefault(_rest(shapes.get(visit.text, EMPTY), places), visit.key)
        keys.append(key if places else visit.key)
        if places:
            slots[key] = max(len(places), slots.get(key, 0))
    return Masked(tuple(keys), slots)


def _rest(shape: Shape, places: _Parts) -> tuple[Hashable, ...]:
    """The text without what stands in these places, and what marks their eras. Where something changed for good in a
    place of which a part is a place of its own, the part alone is left out."""
    spans = {place: _span(shape, place) for place in places}
    rest: list[Hashable] = [piece.id for piece in shape.pieces]
    marks: list[Hashable] = []
    for place, span in spans.items():
        mark = places[place]
        if mark is not None and any(_is_within(other, span) for other in spans.values()):
            continue
        rest[span] = [None] * (span.stop - span.start)
        if mark is not None:
            marks.append(mark)
    return (*(each for each in rest if each is not None), *marks)


def _span(shape: Shape, place: _Place) -> slice:
    """Where the place is among the pieces; its edges stand in the text once, if they are no edges of the text."""
    before, after = place
    start = -1 if before == _START else shape.at(before)
    return slice(start + 1, len(shape.pieces) if after == _END else shape.at(after))


def _is_within(one: slice, other: slice) -> bool:
    return one != other and other.start <= one.start and one.stop <= other.stop
