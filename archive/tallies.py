"""How much there is of each document, counted by the database in one query, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from archive.tables import documents, snapshots, versions


@dataclass(frozen=True, slots=True)
class Tally:
    """The versions on a document's timeline, and its snapshots that are not the document."""

    versions: int = 0
    faults: int = 0
    first_at: datetime | None = None  # None without a version
    last_at: datetime | None = None


def tallies(connection: Connection, vendor: str | None = None) -> dict[str, Tally]:
    """The tally of every document, or of a vendor's (by slug), by the document's id."""
    counted = (
        select(
            versions.c.document,
            func.count().label("versions"),
            func.min(versions.c.first_at).label("first_at"),
            func.max(versions.c.last_at).label("last_at"),
        )
        .where(versions.c.is_current)
        .group_by(versions.c.document)
        .subquery()
    )
    faulty = (
        select(snapshots.c.document, func.count().label("faults"))
        .where(snapshots.c.fault.is_not(None))
        .group_by(snapshots.c.document)
        .subquery()
    )
    query = (
        select(documents.c.id, counted.c.versions, counted.c.first_at, counted.c.last_at, faulty.c.faults)
        .outerjoin(counted, counted.c.document == documents.c.id)
        .outerjoin(faulty, faulty.c.document == documents.c.id)
    )
    if vendor is not None:
        query = query.where(documents.c.vendor == vendor)
    return {
        row.id: Tally(row.versions or 0, row.faults or 0, row.first_at, row.last_at)
        for row in connection.execute(query)
    }


def watched_since(connection: Connection) -> dict[str, datetime]:
    """When each document was first found by a live look, by the document's id; none for one that never was."""
    is_good = and_(snapshots.c.is_live.is_(True), snapshots.c.fault.is_(None))
    query = select(snapshots.c.document, func.min(snapshots.c.captured_at)).where(is_good)
    return {row[0]: row[1] for row in connection.execute(query.group_by(snapshots.c.document))}
