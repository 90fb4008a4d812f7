"""From looks to versions: which snapshots are the document, where one text ends and the next begins, and which
steps between versions subscribers may hear of. Pure: any order of arrival gives the same timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from clausewatch.model import ComparisonState, Fault, Look
from differ.doubts import Doubt, Doubts, doubts_of
from differ.shapes import EMPTY, Shape
from differ.slots import mask_slots
from differ.variants import Lanes, Place, lanes_of, places_of

__all__ = ["UPGRADED", "Held", "Run", "Step", "Timeline", "timeline_of"]

CONFIRMING_SIGHTINGS = 2
"""Looks that must find a new text before anyone is told of it: a text seen once may be a fault or a flap."""
LASTING_SHARE = 0.5
"""Share of what a text changed that must stand in the next text, for the change to have been seen twice."""

MOST_HELD_LOOKS = 6
"""Looks that may find a new text held before a person is to look why: what changes and stays is told after four."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring looks with one text: a version."""

    key: str
    ordinal: int  # earlier runs with the same text
    text: str  # id; of equal keys the text that was captured first
    first_at: datetime
    last_at: datetime
    snapshots: tuple[str, ...]
    sightings: int
    live_sightings: int  # of them by a live look
    is_live: bool  # a live look saw it
    is_upgrade: bool  # it begins with a peer's new extraction rules
    is_variant: bool  # it was believed because it keeps coming back


@dataclass(frozen=True, slots=True)
class Step:
    """Two runs, by index, to be compared."""

    before: int
    after: int
    state: ComparisonState
    may_notify: bool
    reason: str  # for people: why it is in that state


@dataclass(frozen=True, slots=True)
class Held:
    """Live looks in a row, up to the newest, that each found something new, of which nothing is sure yet."""

    since_at: datetime
    until_at: datetime
    looks: int
    snapshot: str  # the newest of them
    before: str | None  # the last snapshot of a text that is sure

    @property
    def is_flagged(self) -> bool:
        """Whether a text that settles would have by now."""
        return self.looks > MOST_HELD_LOOKS


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is told from the looks at a document."""

    faults: dict[str, tuple[Fault, str]]  # by snapshot
    doubt: Doubt | None  # what stands in doubt now
    runs: tuple[Run, ...]
    slots: dict[str, int]  # for the keys of runs how many volatile places were left out
    lanes: Lanes  # of the runs
    sure: frozenset[int]  # the runs that are confirmed
    steps: tuple[Step, ...]

    @property
    def is_first_sign(self) -> bool:
        """Whether the newest run is a live one that was seen once, after one of its variant that is sure: worth another
        look soon. A page that alters at every look is not."""
        newest = len(self.runs) - 1
        if newest < 1 or not self.runs[-1].is_live or newest in self.sure or self.runs[-1].ordinal > 0:
            return False
        return self.lanes.previous[newest] in self.sure

    @property
    def held(self) -> Held | None:
        """What is held now, if anything is."""
        start = len(self.runs)
        while start > 0 and start - 1 not in self.sure and self.runs[start - 1].is_live:
            start -= 1
        held = self.runs[start:]
        if not held or held[-1].ordinal > 0:
            return None
        return Held(
            since_at=held[0].first_at, until_at=held[-1].last_at, looks=sum(run.live_sightings for run in held),
            snapshot=held[-1].snapshots[-1], before=self.runs[start - 1].snapshots[-1] if start else None,
        )  # fmt: skip


def timeline_of(
    looks: Sequence[Look], shapes: Mapping[str, Shape], *, was: Mapping[str, str] | None = None
) -> Timeline:
    """The timeline of these looks, which are in the order of their capture.

    ``shapes`` are those of the texts by their ids. ``was`` gives the versions that an earlier normaliser found, by
    snapshot: a step that parts what was one version then is our doing, an upgrade.
    """
    doubts = doubts_of(looks)
    runs, slots = runs_of(looks, doubts, shapes)
    lanes = lanes_of(runs, shapes)
    sure = confirmed_runs(runs, lanes, shapes)
    places = places_of(runs, lanes, sure, known=known_runs(runs, sure), shapes=shapes)
    steps = steps_of(runs, sure, places=places, was=was or {})
    return Timeline(doubts.faults, doubts.now, runs, slots, lanes, sure, steps)


# --- runs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Visit:
    """Neighbouring moments with one text."""

    key: str
    text: str
    moments: tuple[tuple[datetime, Look], ...]

    @property
    def first_at(self) -> datetime:
        return self.moments[0][0]

    @property
    def last_at(self) -> datetime:
        return self.moments[-1][0]

    @property
    def sightings(self) -> int:
        return sum(look.sightings for look in {look.snapshot: look for _, look in self.moments}.values())


def runs_of(
    looks: Sequence[Look], doubts: Doubts, shapes: Mapping[str, Shape]
) -> tuple[tuple[Run, ...], dict[str, int]]:
    """The runs of equal text over the looks that are not faulty, oldest first; and how many slots were left out.

    ``looks`` are in the order of their capture; looks without a text make no run. A snapshot that was seen again
    after another text came in between stands in both runs: the document had returned to it.
    """
    good = [
        look for look in looks if look.snapshot not in doubts.faults and look.key is not None and look.text is not None
    ]
    first_text: dict[str, str] = {}
    for look in good:
        first_text.setdefault(look.key or "", look.text or "")
    visits = [
        _Visit(key or "", first_text[key or ""], tuple(moments))
        for key, moments in groupby(_moments(good), key=lambda moment: moment[1].key)
    ]
    masked = mask_slots(visits, shapes)
    ordinals: Counter[str] = Counter()
    runs = []
    for key, group in groupby(zip(masked.keys, visits, strict=True), key=lambda each: each[0]):
        moments = [moment for _, visit in group for moment in visit.moments]
        run = _run(moments, key, ordinal=ordinals[key], text=first_text[key])
        runs.append(replace(run, is_variant=doubts.alternating.issuperset(run.snapshots)))
        ordinals[key] += 1
    return tuple(runs), masked.slots


def _moments(looks: Sequence[Look]) -> list[tuple[datetime, Look]]:
    """When each snapshot was captured and when it was last seen, in order; what was captured comes first."""
    captured = [(look.captured_at, 0, look.snapshot, look) for look in looks]
    seen = [(look.seen_at, 1, look.snapshot, look) for look in looks if look.seen_at > look.captured_at]
    return [(at, look) for at, _, _, look in sorted([*captured, *seen], key=lambda moment: moment[:3])]


def _run(moments: Sequence[tuple[datetime, Look]], key: str, *, ordinal: int, text: str) -> Run:
    looks = list({look.snapshot: look for _, look in moments}.values())
    return Run(
        key=key,
        ordinal=ordinal,
        text=text,
        first_at=moments[0][0],
        last_at=moments[-1][0],
        snapshots=tuple(look.snapshot for look in looks),
        sightings=sum(look.sightings for look in looks),
        live_sightings=sum(look.sightings for look in looks if look.is_live),
        is_live=any(look.is_live for look in looks),
        is_upgrade=looks[0].is_upgrade,
        is_variant=False,
    )


# --- what is sure ---------------------------------------------------------------------------------------------


def confirmed_runs(runs: Sequence[Run], lanes: Lanes, shapes: Mapping[str, Shape]) -> frozenset[int]:
    """The runs, by index, that are sure enough to be told of.

    A run is confirmed by a second look at its text, be it that another variant stood between; or where the next look
    finds yet another text of its variant, by what it changed standing there still: a page that alters at every look
    must not be silent for ever.
    """
    found: set[int] = set()
    following = {before: at for at, before in reversed(list(enumerate(lanes.previous))) if before is not None}
    for at, run in enumerate(runs):
        if not run.is_live:
            continue
        # what was there when watching began may be known from the past alone; what came since must be seen live, or a
        # backfill would send mail
        sightings = run.live_sightings if found else run.sightings
        if sightings >= CONFIRMING_SIGHTINGS or _is_confirmed_by_next(
            runs, at, following.get(at), lanes, found, shapes
        ):
            found.add(at)
    return frozenset(found)


def known_runs(runs: Sequence[Run], sure: Collection[int]) -> frozenset[int]:
    """The sure runs that subscribers know. A text that was found once when it was news, and came back, was told to
    nobody: what takes its place is told against what stood before it, or what it changed would be lost."""
    news: dict[str, int] = {}
    for at, run in enumerate(runs):
        news.setdefault(run.key, at)
    return frozenset(at for at in sure if (first := news[runs[at].key]) in sure or not runs[first].is_live)


def _is_confirmed_by_next(
    runs: Sequence[Run], at: int, following: int | None, lanes: Lanes, sure: Collection[int],
    shapes: Mapping[str, Shape],
) -> bool:  # fmt: skip
    """Whether the run after it in its lane shows that it was no flap."""
    if following is None or not runs[following].is_live:
        return False
    if runs[following].key == runs[at].key:
        return not sure or not lanes.is_founding[following]  # what founds a lane may be a flap that came twice
    before = next((each for each in lanes.back(lanes.previous[at]) if each in sure), None)
    if runs[following].ordinal > 0:
        return False
    old = shapes[runs[before].text] if before is not None else EMPTY
    return _lasts(old.ids, shapes[runs[at].text].ids, shapes[runs[following].text].ids)


def _lasts(before: frozenset[int], text: frozenset[int], following: frozenset[int]) -> bool:
    added, removed = text - before, before - text
    # what came in the place of something else took it away: only what went beyond that is a removal that can last,
    # or a date that is another at every look would count for one
    gone = max(len(removed - following) - len(added), 0)
    return len(added & following) + gone >= LASTING_SHARE * max(len(added), len(removed))


# --- what is told ---------------------------------------------------------------------------------------------


def steps_of(
    runs: Sequence[Run], sure: Collection[int], *, places: Sequence[Place], was: Mapping[str, str]
) -> tuple[Step, ...]:
    """The steps between neighbouring runs, and where a new run is no change of its neighbour, the step from the run
    that it does change: the last one of its variant that is known. Subscribers may hear only of a step from a sure run
    to a new sure one, and of nothing that another variant states already."""
    steps = []
    for after, run in enumerate(runs):
        place = places[after]
        is_news = (
            after in sure and run.ordinal == 0 and not run.is_upgrade and not run.is_variant
            and place.before is not None and place.known_from is None
        )  # fmt: skip
        if after > 0:
            state, reason = _state(runs, after, sure, places=places, was=was)
            is_told = is_news and place.before == after - 1 and state is ComparisonState.CONFIRMED
            steps.append(Step(after - 1, after, state, is_told, reason))
        if is_news and place.before is not None and place.before != after - 1:
            is_ours = _was_one(runs[place.before], run, was)
            state = ComparisonState.UPGRADE if is_ours else ComparisonState.CONFIRMED
            steps.append(Step(place.before, after, state, not is_ours, UPGRADED if is_ours else _proof(run)))
    return tuple(steps)


UPGRADED = "the text is read by a newer revision of the normaliser"


def _was_one(before: Run, after: Run, was: Mapping[str, str]) -> bool:
    version = was.get(before.snapshots[-1])
    return version is not None and version == was.get(after.snapshots[0])


def _state(
    runs: Sequence[Run], after: int, sure: Collection[int], *, places: Sequence[Place], was: Mapping[str, str]
) -> tuple[ComparisonState, str]:
    """Of the step from the run before, and why."""
    run, place = runs[after], places[after]
    if _was_one(runs[after - 1], run, was):
        return ComparisonState.UPGRADE, UPGRADED
    if not run.is_live or not any(earlier.is_live for earlier in runs[:after]):
        # the first live look finds what was there before anyone watched
        return ComparisonState.HISTORY, "nobody was watching yet" if run.is_live else "it comes from the past"
    if run.is_upgrade:
        return ComparisonState.UPGRADE, "the peer that recorded it had new rules"
    if run.ordinal > 0:
        return ComparisonState.UNSTABLE, f"the text was there before, {_times(run.ordinal)}"
    if run.is_variant:
        return ComparisonState.UNSTABLE, "it comes and goes: a variant at the same address"
    if after in sure:
        if place.is_swap:
            return ComparisonState.UNSTABLE, "the text before is another variant at the same address"
        if place.known_from is not None:
            return ComparisonState.UNSTABLE, "another variant at the same address states all of it already"
        return ComparisonState.CONFIRMED, _proof(run)
    if after + 1 < len(runs) and runs[after + 1].ordinal > 0:
        return ComparisonState.UNSTABLE, "it was found once, and an earlier text after it"
    return ComparisonState.HELD, "it was found once"


def _proof(run: Run) -> str:
    if run.sightings >= CONFIRMING_SIGHTINGS:
        return "it was found more than once"
    return "what it changed stands in the next text still"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
