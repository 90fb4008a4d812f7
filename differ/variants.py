"""Variants: texts that alternate at one address, such as a members' and a visitors' policy, or those of two regions.

A text that comes back shows that what stood between is another variant. Each variant then has a lane of its own: a
text that is new is a change of the variant that it resembles most, though another stood between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from differ.shapes import EMPTY, Shape

__all__ = ["Lanes", "Place", "RunLike", "lanes_of", "places_of"]

FORGOTTEN_AFTER = timedelta(days=90)
"""A variant that was not found for so long alternates no more: a new text is no change of it."""
MOST_VARIANTS = 8
"""Variants kept in mind, those found last; a page with more rotates."""
RECENT = 3
"""Texts of a lane that a new one is held against, the last ones: one of them may have been a flap."""


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
class Lanes:
    """For each run what was known of the variants when it came, and which variant it shows as it is known now."""

    previous: tuple[int | None, ...]  # the run before it in its lane
    others: tuple[tuple[int, ...], ...]  # the last runs of the other variants, that found last first
    founders: tuple[int, ...]  # the first run of its lane
    is_founding: tuple[bool, ...]  # whether its text is that of the first
    variants: tuple[int, ...]  # each variant by its first run

    def back(self, at: int | None) -> Iterator[int]:
        """This run and those before it in its lane, newest first."""
        while at is not None:
            yield at
            at = self.previous[at]


@dataclass
class _Lane:
    runs: list[int] = field(default_factory=list)


def lanes_of(runs: Sequence[RunLike], shapes: Mapping[str, Shape]) -> Lanes:
    """Give each run, from the first to the last, its place in a lane. ``shapes`` are those of the texts, by id."""
    lanes: list[_Lane] = []  # the one found last at the end
    previous: list[int | None] = []
    others: list[tuple[int, ...]] = []
    founders: list[int] = []
    is_founding: list[bool] = []
    seen: set[str] = set()
    for at, run in enumerate(runs):
        lane = _returned(lanes, runs, at) if run.key in seen else None
        seen.add(run.key)
        alive = [] if lane else _alive(lanes, runs, at)  # what returns is not news, whatever the others are
        lane = lane or _nearest(alive, runs, at, shapes=shapes)
        previous.append(lane.runs[-1] if lane.runs else None)
        others.append(tuple(each.runs[-1] for each in reversed(alive) if each is not lane))
        lane.runs.append(at)
        founders.append(lane.runs[0])
        is_founding.append(runs[lane.runs[0]].key == run.key)
        lanes = [each for each in lanes if each is not lane] + [lane]
    variants = {at: lane.runs[0] for lane in lanes for at in lane.runs}
    return Lanes(
        tuple(previous), tuple(others), tuple(founders), tuple(is_founding),
        tuple(variants[at] for at in range(len(runs))),
    )  # fmt: skip


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


def _alive(lanes: list[_Lane], runs: Sequence[RunLike], at: int) -> list[_Lane]:
    since = runs[at].first_at - FORGOTTEN_AFTER
    found = [lane for lane in lanes[:-1] if runs[lane.runs[-1]].last_at >= since]
    return [*found, *lanes[-1:]][-MOST_VARIANTS:]


def _nearest(alive: list[_Lane], runs: Sequence[RunLike], at: int, *, shapes: Mapping[str, Shape]) -> _Lane:
    """The lane of which this new text changes least; of equal ones that found last."""
    if len(alive) < 2:
        return alive[0] if alive else _Lane()
    shape = shapes.get(runs[at].text, EMPTY)

    def distance(lane: _Lane) -> int:
        return min(shapes.get(runs[each].text, EMPTY).distance(shape) for each in lane.runs[-RECENT:])

    return min(reversed(alive), key=distance)


# --- what is compared -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """What a run is compared with, to be told."""

    before: int | None  # the last run of its variant that is a measure; without one, the last known run of all
    is_swap: bool  # the run before shows another variant
    known_from: int | None  # a known run of another variant that states all that this one changed


def places_of(
    runs: Sequence[RunLike], lanes: Lanes, sure: Collection[int], *, known: Collection[int],
    shapes: Mapping[str, Shape],
) -> tuple[Place, ...]:  # fmt: skip
    """The place of each run. ``sure`` are the runs, by index, that are confirmed; ``known`` are those of them that
    subscribers heard of, or that were there before.

    While variants alternate, a run that comes after another variant is a change of what its own showed, known or not.
    """
    places: list[Place] = []
    last_known: int | None = None
    for at in range(len(runs)):
        is_swap = at > 0 and lanes.previous[at] != at - 1
        measures = sure if is_swap else known
        own = (each for each in lanes.back(lanes.previous[at]) if each >= lanes.founders[at])
        before = next((each for each in own if each in measures), last_known)
        known_from = None if before is None else _known_from(runs, lanes, at, before, known=known, shapes=shapes)
        places.append(Place(before, is_swap, known_from))
        if at in known:
            last_known = at
    return tuple(places)


def _known_from(
    runs: Sequence[RunLike], lanes: Lanes, at: int, before: int, *, known: Collection[int], shapes: Mapping[str, Shape]
) -> int | None:
    for other in lanes.others[at]:
        head = next((each for each in lanes.back(other) if each in known), None)
        if head is None:
            continue
        shape, old = shapes.get(runs[at].text, EMPTY), shapes.get(runs[before].text, EMPTY)
        if shape.is_step_into(old, shapes.get(runs[head].text, EMPTY)):
            return head
    return None
