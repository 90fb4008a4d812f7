"""What changed lately, for the first page and a vendor's: found by an index, and only what is shown is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from archive.comparisons import comparisons_by_id
from archive.tables import comparisons, documents
from clausewatch.model import Comparison, ComparisonState

_NEWEST_FIRST = (comparisons.c.after_at.desc(), comparisons.c.id.desc())
_IS_UNREADABLE = ~comparisons.c.is_classified & ~comparisons.c.artefact  # a change that the rules cannot tell of


def latest_news(
    connection: Connection, vendor: str | None = None, *, states: Sequence[ComparisonState], limit: int
) -> list[Comparison]:
    """The newest comparisons in these states that are news, newest first, without their sections: of all, or of the
    vendor with that slug."""
    is_meant: ColumnElement[bool] = comparisons.c.is_current
    unreadable = _IS_UNREADABLE
    if vendor is not None:
        own = connection.execute(select(documents.c.id).where(documents.c.vendor == vendor)).scalars().all()
        is_meant = is_meant & comparisons.c.document.in_(own)
        unreadable = ~comparisons.c.material & _IS_UNREADABLE  # so that the vendor's index is the narrowest
    found: set[tuple[datetime, str]] = set()
    for state in states:
        for is_news in (comparisons.c.material, unreadable):  # each by its index
            query = select(comparisons.c.after_at, comparisons.c.id).where(
                is_meant, is_news, comparisons.c.state == state.value
            )
            found |= {(at, id) for at, id in connection.execute(query.order_by(*_NEWEST_FIRST).limit(limit))}
    newest = [id for _, id in sorted(found, reverse=True)[:limit]]
    by_id = comparisons_by_id(connection, newest)
    return [by_id[id] for id in newest]
