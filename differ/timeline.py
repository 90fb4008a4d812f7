"""From looks to versions: which snapshots are the document, where one text ends and the next begins, and which
steps between versions subscribers may hear of. Pure: any order of arrival gives the same timeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from clausewatch.model import ComparisonState, Fault, Look
from differ import faults

CONFIRMING_SIGHTINGS = 2
"""Looks that must find a new text before anyone is told of it: a text seen once may be a fault or a flap."""
LASTING_SHARE = 0.5
"""Share of what a text changed that must stand in the next text, for the change to have been seen twice."""
LOOKED_BACK = 20
"""Good looks that a new one is judged against, at most; and faulty ones since."""


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


@dataclass(frozen=True, slots=True)
class Step:
    """Two runs, by index, to be compared."""

    before: int
    after: int
    state: ComparisonState
    may_notify: bool


def faults_of(looks: Sequence[Look]) -> dict[str, tuple[Fault, str]]:
    """The snapshots that are not the document, each with its fault and the reason, judged in the order of capture:
    by the page alone, then against the looks before it."""
    found: dict[str, tuple[Fault, str]] = {}
    good: list[faults.EarlierLook] = []
    since: list[faults.EarlierLook] = []  # looks after the last good one
    for look in looks:
        if look.fault:
            found[look.snapshot] = (look.fault, look.fault_reason or "")
            continue
        signals = _signals_from_json(look.signals)
        verdict = faults.fault_in_history(signals, [*good[-LOOKED_BACK:], *since[-LOOKED_BACK:]])
        if verdict is None:
            good.append(faults.EarlierLook(signals, None))
            since.clear()
        else:
            found[look.snapshot] = (verdict.fault, verdict.reason)
            since.append(faults.EarlierLook(signals, verdict.fault))
    return found


def signals_to_json(signals: faults.Signals) -> dict[str, Any]:
    """The signals as plain data, to be stored with the reading."""
    return asdict(signals)


def _signals_from_json(data: Mapping[str, Any]) -> faults.Signals:
    return faults.Signals(**{**data, "sketch": tuple(data["sketch"])})


def runs_of(looks: Sequence[Look], faults: Mapping[str, tuple[Fault, str]]) -> tuple[Run, ...]:
    """The runs of equal text over the looks that are not faulty, oldest first.

    ``looks`` are in the order of their capture; looks without a text make no run. A snapshot that was seen again
    after another text came in between stands in both runs: the document had returned to it.
    """
    good = [look for look in looks if look.snapshot not in faults and look.key is not None and look.text is not None]
    first_text: dict[str, str] = {}
    for look in good:
        first_text.setdefault(look.key or "", look.text or "")
    groups: list[list[tuple[datetime, Look]]] = []
    for at, look in _moments(good):
        if groups and groups[-1][-1][1].key == look.key:
            groups[-1].append((at, look))
        else:
            groups.append([(at, look)])
    ordinals: dict[str, int] = {}
    runs = []
    for group in groups:
        key = group[0][1].key or ""
        runs.append(_run(group, key, ordinal=ordinals.get(key, 0), text=first_text[key]))
        ordinals[key] = ordinals.get(key, 0) + 1
    return tuple(runs)


def _moments(looks: Sequence[Look]) -> list[tuple[datetime, Look]]:
    """When each snapshot was captured and when it was last seen, in order; what was captured comes first."""
    captured = [(look.captured_at, 0, look.snapshot, look) for look in looks]
    seen = [(look.seen_at, 1, look.snapshot, look) for look in looks if look.seen_at > look.captured_at]
    return [(at, look) for at, _, _, look in sorted([*captured, *seen], key=lambda moment: moment[:3])]


def _run(group: Sequence[tuple[datetime, Look]], key: str, *, ordinal: int, text: str) -> Run:
    looks = list({look.snapshot: look for _, look in group}.values())
    return Run(
        key=key,
        ordinal=ordinal,
        text=text,
        first_at=group[0][0],
        last_at=group[-1][0],
        snapshots=tuple(look.snapshot for look in looks),
        sightings=sum(look.sightings for look in looks),
        live_sightings=sum(look.sightings for look in looks if look.is_live),
        is_live=any(look.is_live for look in looks),
        is_upgrade=looks[0].is_upgrade,
    )


def confirmed_runs(runs: Sequence[Run], blocks: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """The runs, by index, that are sure enough to be told of. ``blocks`` gives the blocks of each text by its id.

    A run is confirmed by a second look at its text, or where the next look finds yet another text, by what it
    changed standing there still: a page that alters at every look must not be silent for ever.
    """
    found: list[int] = []
    for at, run in enumerate(runs):
        following = runs[at + 1] if at + 1 < len(runs) else None
        if not run.is_live:
            continue
        # what was there when watching began may be known from the past alone; what came since must be seen live, or a
        # backfill would send mail
        sightings = run.live_sightings if found else run.sightings
        if sightings >= CONFIRMING_SIGHTINGS:
            found.append(at)
        elif following and following.is_live and following.ordinal == 0:
            before = blocks[runs[found[-1]].text] if found else frozenset()
            if _lasts(before, blocks[run.text], blocks[following.text]):
                found.append(at)
    return frozenset(found)


def _lasts(before: frozenset[int], text: frozenset[int], following: frozenset[int]) -> bool:
    added, removed = text - before, before - text
    # what came in the place of something else took it away: only what went beyond that is a removal that can last,
    # or a date that is another at every look would count for one
    gone = max(len(removed - following) - len(added), 0)
    return len(added & following) + gone >= LASTING_SHARE * max(len(added), len(removed))


def steps_of(
    runs: Sequence[Run], confirmed: Collection[int], *, was: Mapping[str, str] | None = None
) -> tuple[Step, ...]:
    """The steps between neighbouring runs, and where a confirmed run is no neighbour of the last confirmed one, the
    step between these two. Subscribers may hear only of a step from the last confirmed run to a new confirmed one.

    ``was`` gives the versions that an earlier normaliser found, by snapshot: a step that parts what was one version
    then is our doing, an upgrade.
    """
    steps = []
    last: int | None = None  # the last run that was confirmed so far
    for after, run in enumerate(runs):
        is_news = after in confirmed and run.ordinal == 0 and not run.is_upgrade and last is not None
        if after > 0:
            is_ours = _was_one(runs[after - 1], run, was or {})
            state = ComparisonState.UPGRADE if is_ours else _state(runs, after, confirmed)
            steps.append(Step(after - 1, after, state, may_notify=is_news and last == after - 1 and not is_ours))
        if is_news and last is not None and last != after - 1:
            is_ours = _was_one(runs[last], run, was or {})
            state = ComparisonState.UPGRADE if is_ours else ComparisonState.CONFIRMED
            steps.append(Step(last, after, state, may_notify=not is_ours))
        if after in confirmed:
            last = after
    return tuple(steps)


def is_first_sign(runs: Sequence[Run], confirmed: Collection[int]) -> bool:
    """Whether the newest run is a live one that was seen once, after one that is sure: worth another look soon. A page
    that alters at every look is not."""
    newest = len(runs) - 1
    return newest > 0 and runs[-1].is_live and newest not in confirmed and newest - 1 in confirmed


def _was_one(before: Run, after: Run, was: Mapping[str, str]) -> bool:
    version = was.get(before.snapshots[-1])
    return version is not None and version == was.get(after.snapshots[0])


def _state(runs: Sequence[Run], after: int, confirmed: Collection[int]) -> ComparisonState:
    run = runs[after]
    if not run.is_live or not any(earlier.is_live for earlier in runs[:after]):
        return ComparisonState.HISTORY  # the first live look finds what was there before anyone watched
    if run.is_upgrade:
        return ComparisonState.UPGRADE
    if run.ordinal > 0:
        return ComparisonState.UNSTABLE
    if after in confirmed:
        return ComparisonState.CONFIRMED
    is_over = after + 1 < len(runs) and runs[after + 1].ordinal > 0
    return ComparisonState.UNSTABLE if is_over else ComparisonState.HELD
