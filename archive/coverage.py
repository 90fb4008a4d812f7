"""How well documents were watched: from when to when, with which gaps, and what came that was not the document.

A look is good where it found the document, be it by a live crawl or, from the first live look on, by what the Wayback
Machine had archived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from archive.tables import documents, snapshots
from archive.tables.watched import gaps
from clausewatch.model import Fault

GAP_INTERVALS = 2.5
"""So many of a document's intervals may lie between two good looks where all is well: a quiet one is looked at half as
often, and a look comes a quarter of that late at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """A snapshot: what was found from its capture to the last look that found the same bytes."""

    captured_at: datetime
    seen_at: datetime
    is_live: bool
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without a good look, longer than lies between two where all is well; ``to_at`` is None: still."""

    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well one document was watched."""

    snapshots: int = 0
    first_at: datetime | None = None  # of the snapshots that show the document, whatever their source
    last_at: datetime | None = None
    watched_from_at: datetime | None = None  # None: never seen by a live look
    watched_to_at: datetime | None = None
    gaps: tuple[Gap, ...] = ()  # in that time, the oldest first; one that lasts still at the end
    longest: timedelta | None = None  # of the gaps
    faults: tuple[tuple[Fault, int], ...] = ()  # snapshots that are not the document, the most frequent first
    faults_in_a_row: int = 0  # of them at the end


@dataclass(frozen=True, slots=True)
class Watching:
    """How several documents were watched over a time."""

    documents: int  # that are under watch
    gaps: int  # stretches within the time when one of them was not seen


def longest_of(interval_hours: int) -> timedelta:
    """How long a document of that interval may go unseen before it is a gap."""
    return timedelta(hours=interval_hours) * GAP_INTERVALS


def coverage_of(
    looks: Sequence[Look], silences: Iterable[Gap], *, longest: timedelta, now: datetime | None
) -> Coverage:
    """The coverage by these looks, given by when they were captured.

    ``silences`` are stretches within a look when nobody saw whether it was still so; more than ``longest`` without a
    good look is a gap. With ``now`` the document is under watch still: what it was not seen for since is a gap too.
    """
    good = [look for look in looks if look.fault is None]
    faults = Counter(look.fault for look in looks if look.fault)
    from_at = next((look.captured_at for look in good if look.is_live), None)
    watched = [look for look in good if from_at and look.seen_at >= from_at]
    found = tuple(_gaps(_stretches(watched, tuple(silences)), longest=longest, now=now))
    return Coverage(
        snapshots=len(looks),
        first_at=good[0].captured_at if good else None,
        last_at=max((look.seen_at for look in good), default=None),
        watched_from_at=from_at,
        watched_to_at=max((look.seen_at for look in watched), default=None),
        gaps=found,
        longest=max((length for gap in found if (length := _length(gap, now))), default=None),
        faults=tuple(sorted(faults.items(), key=lambda each: (-each[1], each[0]))),
        faults_in_a_row=_faults_at_the_end(looks),
    )


def _stretches(looks: Sequence[Look], silences: Sequence[Gap]) -> list[tuple[datetime, datetime]]:
    """When the document was seen, with what lies between; ordered by when it begins."""
    found = []
    for look in looks:
        begin = look.captured_at
        for silence in silences:
            if silence.to_at and begin <= silence.from_at and silence.to_at <= look.seen_at:
                found.append((begin, silence.from_at))
                begin = silence.to_at
        found.append((begin, look.seen_at))
    return sorted(found)


def _gaps(stretches: Sequence[tuple[datetime, datetime]], *, longest: timedelta, now: datetime | None) -> Iterable[Gap]:
    if not stretches:
        return
    seen_at = stretches[0][1]
    for begin, end in stretches[1:]:
        if begin - seen_at > longest:
            yield Gap(seen_at, begin)
        seen_at = max(seen_at, end)
    if now and now - seen_at > longest:
        yield Gap(seen_at, None)


def _length(gap: Gap, now: datetime | None) -> timedelta | None:
    to_at = gap.to_at or now
    return to_at - gap.from_at if to_at else None


def _faults_at_the_end(looks: Sequence[Look]) -> int:
    count = 0
    for look in sorted(looks, key=lambda each: each.seen_at, reverse=True):
        if look.fault is None:
            break
        count += 1
    return count


def coverages(
    connection: Connection, vendor: str | None = None, *, among: Collection[str] | None = None, now: datetime
) -> dict[str, Coverage]:
    """The coverage of every document, of a vendor's (by slug), or of those with the ids ``among``, by its id."""
    is_meant = documents.c.vendor == vendor if vendor is not None else None
    if among is not None:
        is_meant = documents.c.id.in_(among)
    return _coverages(connection, is_meant, now=now)


def coverage(connection: Connection, document: str, *, now: datetime) -> Coverage:
    """The coverage of the document of that id."""
    return _coverages(connection, documents.c.id == document, now=now)[document]


def _coverages(connection: Connection, is_meant: Any, *, now: datetime) -> dict[str, Coverage]:
    def meant(query: Select[Any]) -> Select[Any]:
        return query if is_meant is None else query.where(is_meant)

    looks: defaultdict[str, list[Look]] = defaultdict(list)
    columns = (
        snapshots.c.document,
        snapshots.c.captured_at,
        snapshots.c.seen_at,
        snapshots.c.is_live,
        snapshots.c.fault,
    )
    query = select(*columns).join(documents).order_by(snapshots.c.document, snapshots.c.captured_at, snapshots.c.id)
    for row in connection.execute(meant(query)):
        looks[row.document].append(_look(row))
    silences: defaultdict[str, list[Gap]] = defaultdict(list)
    for row in connection.execute(meant(select(gaps).join(documents).order_by(gaps.c.from_at))):
        silences[row.document].append(Gap(row.from_at, row.to_at))
    listed = connection.execute(meant(select(documents.c.id, documents.c.interval_hours, documents.c.due_at)))
    return {
        row.id: coverage_of(
            looks[row.id], silences[row.id], longest=longest_of(row.interval_hours), now=now if row.due_at else None
        )
        for row in listed
    }


def _look(row: Row[Any]) -> Look:
    return Look(row.captured_at, row.seen_at, row.is_live, Fault(row.fault) if row.fault else None)


def watching(
    covered: Mapping[str, Coverage], ids: Collection[str] | None = None, *, since: datetime, until: datetime
) -> Watching:
    """How the documents with these ids, or all, were watched from ``since`` to ``until``, by what ``coverages`` gave.

    Documents that were never seen by a live look are not under watch, and not counted.
    """
    meant = [each for id, each in covered.items() if each.watched_from_at and (ids is None or id in ids)]
    within = [
        gap for each in meant for gap in each.gaps if gap.from_at < until and (gap.to_at is None or gap.to_at > since)
    ]
    return Watching(documents=len(meant), gaps=len(within))
