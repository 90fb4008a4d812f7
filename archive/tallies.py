"""How much there is of each document: counted when its timeline is made, and looked up in lists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, func, insert, select, update

from archive.tables import documents, snapshots, versions
from archive.tables import tallies as kept

# built once: to build a query takes as long as to ask it
_FAULTS = (
    select(func.count())
    .select_from(snapshots)
    .where(snapshots.c.document == bindparam("of_document"), snapshots.c.fault.is_not(None))
)
_COUNTED = select(
    func.count().label("versions"),
    func.min(versions.c.first_at).label("first_at"),
    func.max(versions.c.last_at).label("last_at"),
    _FAULTS.scalar_subquery().label("faults"),
).where(versions.c.document == bindparam("of_document"), versions.c.is_current)
_UPDATE = update(kept).where(kept.c.document == bindparam("of_document"))


@dataclass(frozen=True, slots=True)
class Tally:
    """The versions on a document's timeline, and its snapshots that are not the document."""

    versions: int = 0
    faults: int = 0
    first_at: datetime | None = None  # None without a version
    last_at: datetime | None = None


def tallies(
    connection: Connection, vendor: str | None = None, *, among: Collection[str] | None = None
) -> dict[str, Tally]:
    """The tally of every document, of a vendor's (by slug), or of those with the ids ``among``, by its id."""
    columns = (kept.c.versions, kept.c.faults, kept.c.first_at, kept.c.last_at)
    query = select(documents.c.id, *columns).outerjoin(kept, kept.c.document == documents.c.id)
    if vendor is not None:
        query = query.where(documents.c.vendor == vendor)
    if among is not None:
        query = query.where(documents.c.id.in_(among))
    return {
        row.id: Tally(row.versions or 0, row.faults or 0, row.first_at, row.last_at)
        for row in connection.execute(query).all()
    }


def count_again(connection: Connection, document: str) -> None:
    """Count the document, by id, as its timeline is now."""
    values = dict(connection.execute(_COUNTED, {"of_document": document}).one()._mapping)
    if not connection.execute(_UPDATE, {"of_document": document, **values}).rowcount:
        connection.execute(insert(kept), {"document": document, **values})


def count_all(connection: Connection) -> None:
    """Count the documents that never were: of an archive that is older than the tallies."""
    never = select(documents.c.id).where(~exists().where(kept.c.document == documents.c.id))
    for document in connection.execute(never).scalars().all():
        count_again(connection, document)


def watched_since(connection: Connection) -> dict[str, datetime]:
    """When each document was first found by a live look, by the document's id; none for one that never was."""
    is_good = and_(snapshots.c.is_live.is_(True), snapshots.c.fault.is_(None))
    query = select(snapshots.c.document, func.min(snapshots.c.captured_at)).where(is_good)
    return {row[0]: row[1] for row in connection.execute(query.group_by(snapshots.c.document))}
