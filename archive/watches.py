"""How the watch over documents goes: when each was last seen, what failed since, and when the operator was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from archive.coverage import longest_of
from archive.tables import documents, snapshots, watches
from archive.tables.watched import gaps
from clausewatch.model import Document, Source

_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
LONGEST_REASON = 500  # characters; what a server says of itself has no end

# built once: to build a query takes as long as to ask it
_good_at = bindparam("good_at", type_=watches.c.last_good_at.type)
_ORDINARY = (
    update(watches)
    .where(
        watches.c.document == bindparam("of_document"), watches.c.failures == 0, watches.c.last_good_at <= _good_at,
        watches.c.last_good_at >= bindparam("from_at", type_=watches.c.last_good_at.type),
    )
    .values(last_good_at=_good_at)
)  # fmt: skip
_NEWEST_GOOD = select(func.max(snapshots.c.seen_at)).where(
    snapshots.c.document == bindparam("of_document"),
    snapshots.c.is_live.is_(True),
    snapshots.c.version.is_not(None),
    snapshots.c.source != Source.WAYBACK.value,  # it stands in for looks; the live page is not seen by it
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Looks in a row, since the last good one, that got no page."""

    kind: str  # crawler.outcomes.ErrorKind, of the newest of them
    status: int | None
    reason: str
    since_at: datetime
    newest_at: datetime
    looks: int


@dataclass(frozen=True, slots=True)
class Watch:
    """How the watch over one document goes."""

    last_good_at: datetime | None = None
    failure: Failure | None = None  # None: the newest look got a page
    told_at: datetime | None = None  # when the operator was last told that the document is not seen
    wayback_at: datetime | None = None  # when the Wayback Machine was last asked what it holds


@dataclass(frozen=True, slots=True)
class Changes:
    """When the document's text last became what it is, and how many texts it had."""

    newest_at: datetime | None
    versions: int


def record_failure(
    connection: Connection, document: Document, *, at: datetime, kind: str, status: int | None, reason: str
) -> int:
    """A look got no page; how many did not since the last good one, this one among them."""
    known = get_watch(connection, document).failure
    looks = known.looks + 1 if known else 1
    _store(
        connection, document.id, failures=looks, failing_since_at=known.since_at if known else at, failed_at=at,
        kind=kind, status=status, reason=reason[:LONGEST_REASON],
    )  # fmt: skip
    return looks


def explain_failure(connection: Connection, document: Document, reason: str) -> None:
    """More is known of why looks fail; of a document whose newest look did not, nothing is noted."""
    is_failing = and_(watches.c.document == document.id, watches.c.failures > 0)
    connection.execute(update(watches).where(is_failing).values(reason=reason[:LONGEST_REASON]))


def record_good_look(connection: Connection, document: Document, *, at: datetime) -> None:
    """The document was seen at ``at``: failures up to then are over; later ones stay, as a later good look does."""
    longest = longest_of(document.interval_hours)
    good = {"of_document": document.id, "good_at": at, "from_at": at - longest}
    if connection.execute(_ORDINARY, good).rowcount:
        return
    watch = get_watch(connection, document)
    if watch.last_good_at is None or watch.last_good_at < at:
        _store(connection, document.id, last_good_at=at)
        if watch.last_good_at and at - watch.last_good_at > longest:
            connection.execute(insert(gaps).values(document=document.id, from_at=watch.last_good_at, to_at=at))
    if watch.failure and watch.failure.newest_at <= at:
        _store(
            connection, document.id, failures=0, failing_since_at=None, failed_at=None, kind=None, status=None,
            reason=None,
        )  # fmt: skip


def record_settled_look(connection: Connection, document: Document) -> None:
    """The live snapshots have been read: the newest that is the document was a good look."""
    newest_at = connection.execute(_NEWEST_GOOD, {"of_document": document.id}).scalar_one()
    if newest_at:
        record_good_look(connection, document, at=newest_at)


def mark_told(connection: Connection, documents: Sequence[str], *, at: datetime) -> None:
    """The operator was told that these documents, by id, are not seen."""
    for document in documents:
        _store(connection, document, told_at=at)


def mark_asked(connection: Connection, document: Document, *, at: datetime) -> None:
    """The Wayback Machine was asked for all it holds of the document up to ``at``."""
    _store(connection, document.id, wayback_at=at)


def get_watch(connection: Connection, document: Document) -> Watch:
    """How the watch over the document goes."""
    row = connection.execute(select(watches).where(watches.c.document == document.id)).one_or_none()
    return Watch() if row is None else _watch(row)


def list_watches(connection: Connection, among: Collection[str] | None = None) -> dict[str, Watch]:
    """How the watch over each document goes, or over those of these ids, by id; none for a document that was never
    looked at."""
    if among is None:
        return {row.document: _watch(row) for row in connection.execute(select(watches))}
    ids = sorted(among)
    found: dict[str, Watch] = {}
    for at in range(0, len(ids), _SOME):
        rows = connection.execute(select(watches).where(watches.c.document.in_(ids[at : at + _SOME])))
        found |= {row.document: _watch(row) for row in rows}
    return found


def overdue_documents(connection: Connection, *, now: datetime) -> set[str]:
    """The documents under watch, by id, whose newest look failed, or that nobody saw for longer than goes by where all
    is well."""
    seen_at = func.coalesce(watches.c.last_good_at, documents.c.due_at)
    # one comparison for each interval that there is: adding hours to a column is another thing in each database
    intervals = connection.execute(select(documents.c.interval_hours).distinct()).scalars().all()
    is_late = [
        and_(documents.c.interval_hours == hours, documents.c.due_at.is_not(None), seen_at < now - longest_of(hours))
        for hours in intervals
    ]
    joined = documents.outerjoin(watches, watches.c.document == documents.c.id)
    query = select(documents.c.id).select_from(joined).where(or_(watches.c.failures > 0, *is_late))
    return set(connection.execute(query).scalars())


def misfound_documents(connection: Connection) -> set[str]:
    """The documents, by id, whose newest live look got a page that is not the document."""
    # found by an index from its end: all snapshots together are a thousand times as many as the documents
    newest = (
        select(snapshots.c.fault)
        .where(snapshots.c.document == documents.c.id, snapshots.c.is_live.is_(True))
        .order_by(snapshots.c.captured_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return set(connection.execute(select(documents.c.id).where(newest.is_not(None))).scalars())


def unread_since(connection: Connection) -> datetime | None:
    """When the first of the snapshots came that wait for longest to be read; None where none waits."""
    newest = select(func.max(snapshots.c.seen_at).label("at")).join(documents).where(documents.c.is_unsettled.is_(True))
    by_document = newest.group_by(snapshots.c.document).subquery()
    first_at: datetime | None = connection.execute(select(func.min(by_document.c.at))).scalar_one()
    return first_at


def _store(connection: Connection, document: str, **values: Any) -> None:
    done = connection.execute(update(watches).where(watches.c.document == document).values(**values))
    if not done.rowcount:
        connection.execute(insert(watches).values(**{"document": document, "failures": 0} | values))


def _watch(row: Row[Any]) -> Watch:
    failure = None
    if row.failures:
        failure = Failure(
            kind=row.kind, status=row.status, reason=row.reason, since_at=row.failing_since_at,
            newest_at=row.failed_at, looks=row.failures,
        )  # fmt: skip
    return Watch(last_good_at=row.last_good_at, failure=failure, told_at=row.told_at, wayback_at=row.wayback_at)
