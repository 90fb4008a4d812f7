"""What was told lately, for feeds: cheap to ask again and again. Which comparisons are told, others decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from archive.findings import has_finding
from archive.tables import comparisons, documents, notices
from clausewatch.model import Document, Kind, NoticeState

_TOLD = (comparisons.c.notify, comparisons.c.is_current, comparisons.c.told_at.is_not(None))
# by the version after, which is indexed; by when it was told would be a walk over all there is
_NEWEST_FIRST = (comparisons.c.after_at.desc(), comparisons.c.id.desc())


@dataclass(frozen=True, slots=True)
class Told:
    """A comparison that subscribers were told of, since when, and by which differ it was made."""

    comparison: str
    told_at: datetime
    differ: int


def told_lately(
    connection: Connection,
    *,
    vendor: str | None = None,
    document: Document | None = None,
    kind: Kind | None = None,
    most: int,
) -> list[Told]:
    """The newest told comparisons: all, or those of a vendor's slug, of a document, or with a finding of that kind."""
    query = _columns().where(*_TOLD)
    if document:
        query = query.where(comparisons.c.document == document.id)
    elif vendor:
        of_vendor = select(documents.c.id).where(documents.c.vendor == vendor)
        query = query.where(comparisons.c.document.in_(of_vendor))
    if kind:
        query = query.where(has_finding(kind))
    return _read(connection, query.order_by(*_NEWEST_FIRST).limit(most))


def told_to(connection: Connection, subscription: str, *, most: int) -> list[Told]:
    """The newest comparisons that the subscription is owed or was sent a notice of."""
    query = (
        _columns()
        .join(notices, notices.c.comparison == comparisons.c.id)
        .where(notices.c.subscription == subscription, notices.c.state != NoticeState.DROPPED.value)
    )
    return _read(connection, query.order_by(*_NEWEST_FIRST).limit(most))


def _columns() -> Select[Any]:
    return select(comparisons.c.id, comparisons.c.told_at, comparisons.c.after_at, comparisons.c.differ)


def _read(connection: Connection, query: Select[Any]) -> list[Told]:
    rows = connection.execute(query)
    return [Told(comparison=row.id, told_at=row.told_at or row.after_at, differ=row.differ) for row in rows]
