"""When documents are due to be looked at, and whose turn it is; the rest is left to ``archive.documents``."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select, update

from archive.addresses import current_address
from archive.tables import documents, watches
from clausewatch.model import Document

FARTHEST_DUE = timedelta(days=31)
"""No pause that a site asks for is kept for so long: where a document is due later than this, the clock was ahead."""
FARTHEST_INTERVALS = 2.5
"""Nor is a look that was a good one followed by the next in so many of the document's intervals; see jobs.pace."""
_AT_ONCE = 500  # rows that are fetched together


@dataclass(frozen=True, slots=True)
class Turn:
    """A document that is due, and its address."""

    document: str
    url: str
    due_at: datetime


def due_turns(connection: Connection, now: datetime, *, after: Turn | None = None) -> Generator[Turn, None, None]:
    """What is due, the longest due first: all, or what comes after one of them. Rows are read as they are asked for,
    so that who needs few of a million reads few."""
    due_at, id = documents.c.due_at, documents.c.id
    url = current_address().scalar_subquery().label("url")
    query = select(id, due_at, url).order_by(due_at, id).execution_options(yield_per=_AT_ONCE)
    if after:
        query = query.where(due_at >= after.due_at, or_(due_at > after.due_at, id > after.document))
    # apart, since an index finds what has come, in this order; what was put off too far all comes after it
    yield from _turns(connection, query.where(due_at <= now))
    yield from _turns(connection, query.where(_is_too_far(connection, now)))


def _turns(connection: Connection, query: Select[Any]) -> Iterator[Turn]:
    with connection.execute(query) as rows:
        for row in rows:
            if row.url:
                yield Turn(row.id, row.url, row.due_at)


def is_due(connection: Connection, now: datetime, *, among: Collection[str] | None = None) -> ColumnElement[bool]:
    """What holds of documents whose crawl is due: the time has come, or was set by a clock that was ahead. With
    ``among`` it is asked of the documents with these ids."""
    return or_(documents.c.due_at <= now, _is_too_far(connection, now, among=among))


def _is_too_far(connection: Connection, now: datetime, *, among: Collection[str] | None = None) -> ColumnElement[bool]:
    """What holds of documents that are due so late that a clock was ahead when that was set."""
    has_failed = exists().where(watches.c.document == documents.c.id, watches.c.failures > 0)
    # one comparison for each interval that there is: adding hours to a column is another thing in each database
    intervals = select(documents.c.interval_hours).distinct()
    if among is not None:
        intervals = intervals.where(documents.c.id.in_(among))
    farthest = {
        hours: now + timedelta(hours=hours) * FARTHEST_INTERVALS for hours in connection.execute(intervals).scalars()
    }
    too_far = [
        and_(
            documents.c.interval_hours == hours,
            documents.c.due_at > at,
            ~has_failed,  # the site may have asked for a pause
        )
        for hours, at in farthest.items()
    ]
    is_later = documents.c.due_at > min([*farthest.values(), now + FARTHEST_DUE])  # which an index finds
    return and_(is_later, or_(documents.c.due_at > now + FARTHEST_DUE, *too_far))


def set_interval(connection: Connection, document: Document, hours: int, *, now: datetime) -> None:
    """How often the document is looked at where nothing speaks for more or less; what is due later is due by then."""
    due_at = min(document.due_at, now + timedelta(hours=hours)) if document.due_at else None
    connection.execute(
        update(documents).where(documents.c.id == document.id).values(interval_hours=hours, due_at=due_at)
    )
