"""What changed lately, for the first page and a vendor's: found by an index, and only what is shown is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from archive.headlines import Headline, headlines_by_id
from archive.tables import comparisons, documents
from clausewatch.model import ComparisonState

_NEWEST_FIRST = (comparisons.c.after_at.desc(), comparisons.c.id.desc())
_IS_UNREADABLE = ~comparisons.c.is_classified & ~comparisons.c.artefact  # a change that the rules cannot tell of


def latest_news(
    connection: Connection, vendor: str | None = None, *, states: Sequence[ComparisonState], limit: int
) -> list[Headline]:
    """The newest comparisons in these states that are news, newest first: of all, or of the vendor with that slug."""
    wanted = _of_all(states) if vendor is None else _of_vendor(connection, vendor, states)
    found: set[tuple[datetime, str]] = set()
    for condition in wanted:
        query = select(comparisons.c.after_at, comparisons.c.id).where(comparisons.c.is_current, condition)
        found |= {(at, id) for at, id in connection.execute(query.order_by(*_NEWEST_FIRST).limit(limit))}
    newest = [id for _, id in sorted(found, reverse=True)[:limit]]
    by_id = headlines_by_id(connection, newest)
    return [by_id[id] for id in newest]


def _of_all(states: Sequence[ComparisonState]) -> list[ColumnElement[bool]]:
    """Each is asked apart, and found in the order of time by an index of its own."""
    return [
        (comparisons.c.state == state.value) & is_news
        for state in states
        for is_news in (comparisons.c.material, _IS_UNREADABLE)
    ]


def _of_vendor(
    connection: Connection, vendor: str, states: Sequence[ComparisonState]
) -> Iterator[ColumnElement[bool]]:  # fmt: skip
    """Each document is asked apart: of several at once SQLite would walk over those of all vendors."""
    is_news = (comparisons.c.material | _IS_UNREADABLE) & comparisons.c.state.in_([state.value for state in states])
    for document in connection.execute(select(documents.c.id).where(documents.c.vendor == vendor)).scalars().all():
        yield (comparisons.c.document == document) & is_news
