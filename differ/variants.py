"""Variants: texts that alternate at one address, such as a members' and a visitors' policy, or those of two regions.

A text that comes back shows that what stood between is another variant. Each variant then has a lane of its own: a
text that is new is a change of the variant that it resembles most, though another stood between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from differ.shapes import EMPTY, Shape

__all__ = ["Place", "RunLike", "places_of"]

FORGOTTEN_AFTER = timedelta(days=90)
"""A variant that was not found for so long alternates no more: a new text is no change of it."""
MOST_VARIANTS = 8
"""Variants kept in mind, those found last; a page with more rotates."""


class RunLike(Protocol):
    """What is asked of a run of looks with one text."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def first_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands among the variants, as it was known when the run came; the variant as it is known now."""

    variant: int  # the first run of that variant, by index
    before: int | None  # the last sure run of its variant; without one, the last sure run of all
    is_swap: bool  # the run before shows another variant
    known_from: int | None  # a run of another variant that states all that this one changed


@dataclass
class _Lane:
    runs: list[int] = field(default_factory=list)


def places_of(runs: Sequence[RunLike], sure: Collection[int], shapes: Mapping[str, Shape]) -> tuple[Place, ...]:
    """The place of each run, told from the runs before it alone. ``sure`` are the runs, by index, that are confirmed;
    ``shapes`` are those of the texts, by id."""
    lanes: list[_Lane] = []  # the one found last at the end
    places: list[Place] = []
    last_sure: int | None = None
    for at in range(len(runs)):
        returned = _returned(lanes, runs, at)
        lane = returned or _nearest(lanes, runs, at, sure=sure, shapes=shapes)
        before = _last_sure(lane, sure)
        before = last_sure if before is None else before
        known = None if returned else _known_from(lanes, lane, runs, at, before=before, sure=sure, shapes=shapes)
        lane.runs.append(at)
        lanes = [each for each in lanes if each is not lane] + [lane]
        places.append(Place(lane.runs[0], before, at > 0 and at - 1 not in lane.runs, known))
        if at in sure:
            last_sure = at
    variants = {at: lane.runs[0] for lane in lanes for at in lane.runs}
    return tuple(replace(place, variant=variants[at]) for at, place in enumerate(places))


def _returned(lanes: list[_Lane], runs: Sequence[RunLike], at: int) -> _Lane | None:
    """The lane of the text that this run returns to. What came after it there is another variant from now on."""
    key = runs[at].key
    for lane in reversed(lanes):
        for place in range(len(lane.runs) - 1, -1, -1):
            if runs[lane.runs[place]].key == key:
                if place < len(lane.runs) - 1:
                    lanes.insert(len(lanes) - 1, _Lane(lane.runs[place + 1 :]))
                    del lane.runs[place + 1 :]
                return lane
    return None


def _nearest(
    lanes: list[_Lane], runs: Sequence[RunLike], at: int, *, sure: Collection[int], shapes: Mapping[str, Shape]
) -> _Lane:
    """The lane of which this new text changes least; of equal ones that found last."""
    shape = shapes.get(runs[at].text, EMPTY)
    alive = _alive(lanes, runs, at)
    if not alive:
        return _Lane()
    if len(alive) == 1:
        return alive[0]
    return min(reversed(alive), key=lambda lane: shapes.get(runs[_head(lane, sure)].text, EMPTY).distance(shape))


def _alive(lanes: list[_Lane], runs: Sequence[RunLike], at: int) -> list[_Lane]:
    since = runs[at].first_at - FORGOTTEN_AFTER
    found = [lane for lane in lanes[:-1] if runs[lane.runs[-1]].last_at >= since]
    return [*found, *lanes[-1:]][-MOST_VARIANTS:]


def _known_from(
    lanes: list[_Lane], lane: _Lane, runs: Sequence[RunLike], at: int, *, before: int | None, sure: Collection[int],
    shapes: Mapping[str, Shape],
) -> int | None:  # fmt: skip
    if before is None or len(lanes) < 2:
        return None
    shape, old = shapes.get(runs[at].text, EMPTY), shapes.get(runs[before].text, EMPTY)
    for other in reversed(_alive(lanes, runs, at)):
        head = None if other is lane else _last_sure(other, sure)
        if head is not None and shape.is_step_into(old, shapes.get(runs[head].text, EMPTY)):
            return head
    return None


def _head(lane: _Lane, sure: Collection[int]) -> int:
    head = _last_sure(lane, sure)
    return lane.runs[-1] if head is None else head


def _last_sure(lane: _Lane, sure: Collection[int]) -> int | None:
    return next((at for at in reversed(lane.runs) if at in sure), None)
