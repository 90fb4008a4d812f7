"""What changed lately, for the first page and a vendor's: found by an index, and only what is shown is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, select

from archive.headlines import Headline, headlines_by_id
from archive.tables import comparisons, documents
from clausewatch.model import ComparisonState

_NEWEST_FIRST = (comparisons.c.after_at.desc(), comparisons.c.id.desc())
_IS_UNREADABLE = ~comparisons.c.is_classified & ~comparisons.c.artefact  # a change that the rules cannot tell of
# built once: to build a query takes as long as to ask it
_newest = (
    select(comparisons.c.after_at, comparisons.c.id)
    .where(comparisons.c.is_current)
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("limit", type_=Integer))
)
_in_state = _newest.where(comparisons.c.state == bindparam("state"))
_material, _unreadable = _in_state.where(comparisons.c.material), _in_state.where(_IS_UNREADABLE)
_of_document = _newest.where(
    comparisons.c.document == bindparam("document"),
    comparisons.c.material | _IS_UNREADABLE,
    comparisons.c.state.in_(bindparam("states", expanding=True)),
)
_documents = select(documents.c.id).where(documents.c.vendor == bindparam("vendor"))
_Asked = tuple[Select[Any], dict[str, Any]]  # a query, and what it is given


def latest_news(
    connection: Connection, vendor: str | None = None, *, states: Sequence[ComparisonState], limit: int
) -> list[Headline]:
    """The newest comparisons in these states that are news, newest first: of all, or of the vendor with that slug."""
    wanted = _of_all(states) if vendor is None else _of_vendor(connection, vendor, states)
    found: set[tuple[datetime, str]] = set()
    for query, given in wanted:
        rows = connection.execute(query, {**given, "limit": limit}).all()
        found |= {(row.after_at, row.id) for row in rows}
    newest = [id for _, id in sorted(found, reverse=True)[:limit]]
    by_id = headlines_by_id(connection, newest)
    return [by_id[id] for id in newest]


def _of_all(states: Sequence[ComparisonState]) -> Iterator[_Asked]:
    """Each is asked apart, and found in the order of time by an index of its own."""
    for state in states:
        for query in (_material, _unreadable):
            yield query, {"state": state.value}


def _of_vendor(connection: Connection, vendor: str, states: Sequence[ComparisonState]) -> Iterator[_Asked]:
    """Each document is asked apart: of several at once SQLite would walk over those of all vendors."""
    for document in connection.execute(_documents, {"vendor": vendor}).scalars().all():
        yield _of_document, {"document": document, "states": [state.value for state in states]}
