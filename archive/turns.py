"""When documents are due to be looked at; their order and their addresses are left to ``archive.documents``."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from archive.tables import documents, watches
from clausewatch.model import Document

FARTHEST_DUE = timedelta(days=31)
"""No pause that a site asks for is kept for so long: where a document is due later than this, the clock was ahead."""
FARTHEST_INTERVALS = 2.5
"""Nor is a look that was a good one followed by the next in so many of the document's intervals; see jobs.pace."""


def is_due(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """What holds of documents whose crawl is due: the time has come, or was set by a clock that was ahead."""
    has_failed = exists().where(watches.c.document == documents.c.id, watches.c.failures > 0)
    # one comparison for each interval that there is: adding hours to a column is another thing in each database
    intervals = connection.execute(select(documents.c.interval_hours).distinct()).scalars()
    too_far = [
        and_(
            documents.c.interval_hours == hours,
            documents.c.due_at > now + timedelta(hours=hours) * FARTHEST_INTERVALS,
            ~has_failed,  # the site may have asked for a pause
        )
        for hours in intervals
    ]
    return or_(documents.c.due_at <= now, documents.c.due_at > now + FARTHEST_DUE, *too_far)


def set_interval(connection: Connection, document: Document, hours: int, *, now: datetime) -> None:
    """How often the document is looked at where nothing speaks for more or less; what is due later is due by then."""
    due_at = min(document.due_at, now + timedelta(hours=hours)) if document.due_at else None
    connection.execute(
        update(documents).where(documents.c.id == document.id).values(interval_hours=hours, due_at=due_at)
    )
