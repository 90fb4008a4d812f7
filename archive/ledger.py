"""The ledger: what the versions of documents state, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, select

from archive.documents import slug_of
from archive.tables import documents, facts, versions


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that neighbouring versions of a document state."""

    vendor: str
    document: str
    kind: str
    value: str
    first_at: datetime
    last_at: datetime
    version: str  # the newest that states it
    quote: str  # from that version


def list_entries(
    connection: Connection, vendor: str | None, *, kind: str | None = None, value: str | None = None
) -> list[Entry]:
    """Entries by document, kind, value and time. Versions that follow each other and state the same are one entry."""
    query = (
        select(
            documents.c.vendor, documents.c.slug, versions.c.id, versions.c.document, versions.c.first_at,
            versions.c.last_at, facts.c.kind, facts.c.value, func.min(facts.c.quote).label("quote"),
        )
        .join(documents, versions.c.document == documents.c.id)
        .join(facts, facts.c.text == versions.c.text)
        .where(versions.c.is_current)
        .group_by(documents.c.vendor, documents.c.slug, versions.c.id, facts.c.kind, facts.c.value)
        .order_by(documents.c.vendor, documents.c.slug, facts.c.kind, facts.c.value, versions.c.first_at)
    )  # fmt: skip
    if vendor:
        query = query.where(documents.c.vendor == slug_of(vendor))
    if kind:
        query = query.where(facts.c.kind == kind)
    if value:
        query = query.where(func.lower(facts.c.value) == value.lower())
    return _joined(connection.execute(query).all(), _next_versions(connection))


def _next_versions(connection: Connection) -> dict[str, str]:
    """For each version the one that follows it on its document's timeline."""
    rows = connection.execute(
        select(versions.c.document, versions.c.id)
        .where(versions.c.is_current)
        .order_by(versions.c.document, versions.c.first_at, versions.c.id)
    ).all()
    return {before.id: after.id for before, after in pairwise(rows) if before.document == after.document}


def _joined(rows: Iterable[Row[*tuple[Any, ...]]], following: dict[str, str]) -> list[Entry]:
    entries: list[Entry] = []
    for row in rows:
        entry = Entry(row.vendor, row.slug, row.kind, row.value, row.first_at, row.last_at, row.id, row.quote)
        last = entries[-1] if entries else None
        is_same = last is not None and (last.vendor, last.document, last.kind, last.value) == (
            entry.vendor, entry.document, entry.kind, entry.value
        )  # fmt: skip
        if last is not None and is_same and following.get(last.version) == entry.version:
            entries[-1] = Entry(
                last.vendor,
                last.document,
                last.kind,
                last.value,
                last.first_at,
                entry.last_at,
                entry.version,
                entry.quote,
            )
        else:
            entries.append(entry)
    return entries
