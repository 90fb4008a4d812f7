"""Comparisons as lists show them: what came of each, without its sections and findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from archive.findings import read_kinds
from archive.tables import comparisons, documents, versions
from clausewatch.model import ComparisonState, Kind, Severity

_IDS_AT_ONCE = 500  # in one query: SQLite before 3.32 took 999


@dataclass(frozen=True, slots=True)
class Headline:
    """One comparison in a list."""

    id: str
    vendor: str  # slug, as the document's
    document: str
    before_at: datetime  # when each version was first seen
    after_at: datetime
    state: ComparisonState
    severity: Severity | None  # the highest of its findings
    is_news: bool  # it matters, or nobody can tell: the language has no rules
    artefact: bool
    summary: str
    changed_words: int | None
    kinds: tuple[Kind, ...] = ()  # of its findings, where they were asked for


_before = versions.alias()
# built once: to build a query takes as long as to ask it
_headlines: Select[Any] = (
    select(
        comparisons.c.id, documents.c.vendor, documents.c.slug, _before.c.first_at.label("before_at"),
        comparisons.c.after_at, comparisons.c.state, comparisons.c.severity, comparisons.c.material,
        comparisons.c.is_classified, comparisons.c.artefact, comparisons.c.summary, comparisons.c.changed_words,
        comparisons.c.kinds,
    )
    .join(documents, comparisons.c.document == documents.c.id)
    .join(_before, comparisons.c.before == _before.c.id)
)  # fmt: skip
_by_id = _headlines.where(comparisons.c.id.in_(bindparam("ids", expanding=True)))
_of_document = _headlines.where(comparisons.c.document == bindparam("document"), comparisons.c.is_current).order_by(
    comparisons.c.after_at.desc(), comparisons.c.id.desc()
)


def headlines_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Headline]:
    """Those of the ids that are kept, with the kinds of their findings in the order in which these stand."""
    found: dict[str, Headline] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        some = {"ids": ids[at : at + _IDS_AT_ONCE]}
        rows = connection.execute(_by_id, some).all()
        found |= {row.id: _headline(row, kinds=read_kinds(row.kinds)) for row in rows}
    return found


def headlines_of(connection: Connection, document: str) -> list[Headline]:
    """All of the document with that id, newest first, without kinds."""
    return [_headline(row) for row in connection.execute(_of_document, {"document": document}).all()]


def _headline(row: Row[Any], *, kinds: tuple[Kind, ...] = ()) -> Headline:
    return Headline(
        id=row.id, vendor=row.vendor, document=row.slug, before_at=row.before_at, after_at=row.after_at,
        state=ComparisonState(row.state), severity=Severity(row.severity) if row.severity else None,
        is_news=row.material or not (row.is_classified or row.artefact), artefact=row.artefact, summary=row.summary,
        changed_words=row.changed_words, kinds=kinds,
    )  # fmt: skip
