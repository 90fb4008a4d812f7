"""How well a document was watched: from when to when, how often, with which gaps and faults. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from clausewatch.jobs.pace import LATEST, slowest_interval
from clausewatch.model import Document, Fault, Snapshot


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without a look that showed the document, longer than lies between two where all is well."""

    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the snapshots of a document amount to."""

    snapshots: int
    first_at: datetime | None  # of the snapshots that show the document
    last_at: datetime | None
    watched_from_at: datetime | None  # None: never by a live crawl
    watched_to_at: datetime | None
    gaps: tuple[Gap, ...]  # between live looks
    faults: tuple[tuple[Fault, int], ...]  # the most frequent first
    faults_in_a_row: int  # at the end: the document is not seen at present


def coverage_of(document: Document, snapshots: Sequence[Snapshot]) -> Coverage:
    """The coverage by the document's snapshots, given in the order of their capture."""
    good = [snapshot for snapshot in snapshots if snapshot.fault is None]
    live = [snapshot for snapshot in good if snapshot.is_live]
    faults = Counter(snapshot.fault for snapshot in snapshots if snapshot.fault)
    return Coverage(
        snapshots=len(snapshots),
        first_at=good[0].captured_at if good else None,
        last_at=max((snapshot.seen_at for snapshot in good), default=None),
        watched_from_at=live[0].captured_at if live else None,
        watched_to_at=max((snapshot.seen_at for snapshot in live), default=None),
        gaps=_gaps(live, LATEST * slowest_interval(document)),
        faults=tuple(sorted(faults.items(), key=lambda each: (-each[1], each[0]))),
        faults_in_a_row=_faults_at_the_end(snapshots),
    )


def _gaps(live: Sequence[Snapshot], longest: timedelta) -> tuple[Gap, ...]:
    """Looks that found the same bytes lie between ``captured_at`` and ``seen_at`` of one snapshot."""
    return tuple(
        Gap(before.seen_at, after.captured_at)
        for before, after in pairwise(live)
        if after.captured_at - before.seen_at > longest
    )


def _faults_at_the_end(snapshots: Sequence[Snapshot]) -> int:
    count = 0
    for snapshot in sorted(snapshots, key=lambda each: each.seen_at, reverse=True):
        if snapshot.fault is None:
            break
        count += 1
    return count
