"""The looks of a live crawl, many at once: what was found again, when each document is due, how it went. One statement
for all of a group, where a page that changed takes its own from ``snapshots`` and ``watches``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, exists, func, select, update

from archive.coverage import longest_of
from archive.snapshots import snapshot_of_row
from archive.stirs import stirred
from archive.tables import comparisons, documents, snapshots, texts, versions, watches
from archive.watches import Changes, record_good_look
from clausewatch.model import ComparisonState, Document, Snapshot

_SOME = 500  # ids in one query

# built once: to build a query takes as long as to ask it
_CHANGES = (
    select(versions.c.document, func.max(versions.c.first_at).label("newest_at"), func.count().label("versions"))
    .where(versions.c.document.in_(bindparam("among", expanding=True)), versions.c.is_current.is_(True))
    .group_by(versions.c.document)
)
_SEEN_AT = bindparam("at", type_=snapshots.c.seen_at.type)
_SEE_AGAIN = (
    update(snapshots)
    .where(snapshots.c.id == bindparam("snapshot"))
    .values(
        # a clock that was set back must not end a snapshot before it began
        seen_at=case((snapshots.c.seen_at < _SEEN_AT, _SEEN_AT), else_=snapshots.c.seen_at),
        sightings=snapshots.c.sightings + 1,
        is_live=True,
    )
)
_HOLD_ON = (
    update(versions)
    .where(versions.c.id == bindparam("version"))
    .values(last_at=bindparam("at", type_=versions.c.last_at.type))
)
_STIR = (
    update(documents).where(documents.c.id == bindparam("document_id")).values(is_unsettled=True, normaliser=stirred())
)
_GOOD = select(watches.c.document, watches.c.last_good_at).where(
    watches.c.document.in_(bindparam("among", expanding=True)), watches.c.failures == 0,
    watches.c.last_good_at.is_not(None),
)  # fmt: skip
_NOTE_GOOD = (
    update(watches)
    .where(watches.c.document == bindparam("watched"))
    .values(last_good_at=bindparam("at", type_=watches.c.last_good_at.type))
)
_SET_NEXT = (
    update(documents)
    .where(documents.c.id == bindparam("document_id"))
    .values(
        due_at=bindparam("next_at", type_=documents.c.due_at.type), etag=bindparam("tag"),
        last_modified=bindparam("modified"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """A live look found the bytes of a snapshot again, by a 304 or byte for byte."""

    document: Document
    snapshot: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a snapshot stands among those of its document, before it is seen again."""

    version: str | None
    sightings: int
    seen_at: datetime
    others: int  # snapshots of the document beside it
    is_newest: bool  # none of them was seen since it was captured
    is_settled: bool  # all that is derived from the document's snapshots is there, by the code as it is, and decided


@dataclass(frozen=True, slots=True)
class Next:
    """When a document is due again, and the validators for the next conditional request."""

    document: str
    due_at: datetime
    etag: str | None
    last_modified: str | None


def held_snapshots(connection: Connection, ids: Iterable[str]) -> dict[str, Snapshot]:
    """The newest snapshot that a live look recorded or saw, of each of these documents that has one."""
    found = {}
    rank = func.row_number().over(
        partition_by=snapshots.c.document, order_by=(snapshots.c.seen_at.desc(), snapshots.c.id)
    )
    for some in _parts(ids):
        ranked = select(snapshots.c.id, rank.label("rank")).where(
            snapshots.c.document.in_(some), snapshots.c.is_live.is_(True)
        )
        newest = ranked.subquery()
        rows = connection.execute(
            select(snapshots).join(newest, newest.c.id == snapshots.c.id).where(newest.c.rank == 1)
        )
        found.update({row.document: snapshot_of_row(row) for row in rows})
    return found


def changes_of_all(connection: Connection, ids: Iterable[str]) -> dict[str, Changes]:
    """How often the texts of these documents changed, of each that was read."""
    found = {}
    for some in _parts(ids):
        rows = connection.execute(_CHANGES, {"among": some})
        found.update({row.document: Changes(newest_at=row.newest_at, versions=row.versions) for row in rows})
    return found


def standings_of(connection: Connection, ids: Iterable[str], *, normaliser: int, differ: int) -> dict[str, Standing]:
    """Where these snapshots stand; ``normaliser`` and ``differ`` are the revisions of the code as it is."""
    return {
        row.id: Standing(
            version=row.version, sightings=row.sightings, seen_at=row.seen_at, others=row.others,
            is_newest=not row.is_older,
            is_settled=not row.is_unsettled and row.normaliser == normaliser and not row.is_open,
        )
        for some in _parts(ids)
        for row in connection.execute(_standings(), {"among": some, "of_differ": differ})
    }  # fmt: skip


@cache  # to build a query takes as long as to ask it
def _standings() -> Select[tuple[Any, ...]]:
    other = snapshots.alias()
    others = other.c.document == snapshots.c.document, other.c.id != snapshots.c.id
    count = select(func.count()).where(*others).scalar_subquery()
    later = exists().where(*others, other.c.seen_at >= snapshots.c.captured_at)
    return (
        select(snapshots.c.id, snapshots.c.version, snapshots.c.sightings, snapshots.c.seen_at, count.label("others"),
               later.label("is_older"), documents.c.is_unsettled, documents.c.normaliser,
               (_is_outdated(bindparam("of_differ", type_=comparisons.c.differ.type)) | _is_open()).label("is_open"))
        .join(documents, documents.c.id == snapshots.c.document)
        .where(snapshots.c.id.in_(bindparam("among", expanding=True)))
    )  # fmt: skip


def _is_outdated(differ: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether another revision of the differ compared the document's versions, or read their facts."""
    compared = exists().where(
        comparisons.c.document == snapshots.c.document,
        comparisons.c.is_current.is_(True),
        comparisons.c.differ != differ,
    )
    read = exists().where(
        versions.c.document == snapshots.c.document, versions.c.is_current.is_(True), versions.c.text == texts.c.id,
        texts.c.facts != differ,
    )  # fmt: skip
    return compared | read


def _is_open() -> ColumnElement[bool]:
    """Whether time may yet decide on the step to the snapshot's version: it is held, or a return that may last."""
    told = comparisons.alias()
    is_return = (comparisons.c.state == ComparisonState.UNSTABLE.value) & exists().where(
        told.c.after == comparisons.c.before, told.c.told_at.is_not(None)
    )
    return exists().where(
        comparisons.c.after == snapshots.c.version, comparisons.c.is_current.is_(True), comparisons.c.told_at.is_(None),
        is_return | (comparisons.c.state == ComparisonState.HELD.value),
    )  # fmt: skip


def record_sightings(connection: Connection, sightings: Sequence[Sighting], *, resting: dict[str, str]) -> None:
    """These snapshots were seen again. ``resting`` has, by snapshot, the version of those where that changes nothing
    but until when the version held; the documents of the others are to be settled."""
    if not sightings:
        return
    connection.execute(_SEE_AGAIN, [{"snapshot": each.snapshot, "at": each.at} for each in sightings])
    held = [{"version": resting[each.snapshot], "at": each.at} for each in sightings if each.snapshot in resting]
    if held:
        connection.execute(_HOLD_ON, held)
    moved = [{"document_id": each.document.id} for each in sightings if each.snapshot not in resting]
    if moved:
        connection.execute(_STIR, moved)


def record_good_looks(connection: Connection, looks: Sequence[tuple[Document, datetime]]) -> None:
    """These documents were seen at these times, as ``record_good_look`` has it."""
    at = {document.id: (document, at) for document, at in looks}
    rows = [row for some in _parts(at) for row in connection.execute(_GOOD, {"among": some})]
    ordinary = {row.document for row in rows if _is_ordinary(*at[row.document], last_good_at=row.last_good_at)}
    if ordinary:
        connection.execute(_NOTE_GOOD, [{"watched": id, "at": at[id][1]} for id in sorted(ordinary)])
    for id in at.keys() - ordinary:
        record_good_look(connection, at[id][0], at=at[id][1])


def _is_ordinary(document: Document, at: datetime, *, last_good_at: datetime) -> bool:
    """Whether the look is later than the last good one and leaves no gap, which would be noted."""
    return at - longest_of(document.interval_hours) <= last_good_at <= at


def record_nexts(connection: Connection, nexts: Sequence[Next]) -> None:
    """A crawl looked at these documents: when each is due again, and with which validators."""
    if not nexts:
        return
    connection.execute(
        _SET_NEXT,
        [
            {"document_id": each.document, "next_at": each.due_at, "tag": each.etag, "modified": each.last_modified}
            for each in nexts
        ],
    )


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _SOME)):
        yield some
