"""The ledger: what the versions of documents state, from when to when, and which documents name a company."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, insert, select, tuple_

from archive.documents import slug_of
from archive.tables import documents, facts, recipients, statements, texts, versions

STATED = statements.join(facts, facts.c.statement == statements.c.id).join(texts, texts.c.number == facts.c.text)
"""What each text states."""
RECIPIENT = "recipient"  # the kind of fact that names a company
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that neighbouring versions of a document state."""

    vendor: str
    document: str
    kind: str
    value: str
    first_at: datetime  # when the first of these versions was first seen
    last_at: datetime  # when the last of them was last seen
    is_current: bool  # whether the document's newest version states it
    version: str  # the newest that states it
    subjects: tuple[str, ...]  # what it is about, as that version says it: of a recipient the names that stand there
    quote: str  # from that version


def list_entries(
    connection: Connection,
    vendor: str | None,
    *,
    kind: str | None = None,
    value: str | None = None,
    among: Collection[str] | None = None,
) -> list[Entry]:
    """Entries by document, kind, time and value. Versions that follow each other and state the same are one entry.

    ``vendor`` may be ``vendor/document``; ``value`` is as the ledger spells it, or in another common case; ``among``
    are ids of documents.
    """
    query = _query(vendor, kind=kind, value=value)
    if among is not None:
        query = query.where(versions.c.document.in_(among))
    rows = connection.execute(query).all()
    order = _numbers(connection, {row.document for row in rows})
    entries: list[Entry] = []
    for _, group in groupby(rows, key=lambda row: (row.document, row.kind, row.value)):
        entries += _joined(list(group), order)
    return sorted(entries, key=lambda entry: (entry.vendor, entry.document, entry.kind, entry.first_at, entry.value))


def _query(vendor: str | None, *, kind: str | None, value: str | None) -> Select[Any]:
    query = (
        select(
            documents.c.vendor, documents.c.slug, versions.c.id, versions.c.document, versions.c.first_at,
            versions.c.last_at, statements.c.kind, statements.c.value, statements.c.subject, statements.c.quote,
        )
        .select_from(STATED)
        .join(versions, versions.c.text == texts.c.id)
        .join(documents, versions.c.document == documents.c.id)
        .where(versions.c.is_current)
        .order_by(
            versions.c.document, statements.c.kind, statements.c.value, versions.c.first_at, versions.c.id,
            facts.c.ordinal,
        )
    )  # fmt: skip
    if vendor:
        name, _, document = vendor.partition("/")
        query = query.where(documents.c.vendor == slug_of(name))
        if document:
            query = query.where(documents.c.slug == slug_of(document))
    if kind:
        query = query.where(statements.c.kind == kind)
    if value:
        query = query.where(statements.c.value.in_(_spellings(value)))
    if value and kind == RECIPIENT:
        query = query.where(versions.c.document.in_(_naming(value)))
    return query


def _spellings(value: str) -> set[str]:
    """All of them by name, so that the index finds them: the ledger of all vendors is long."""
    return {value, value.lower(), value.upper(), value.title(), value.capitalize()}


def _naming(company: str) -> Select[tuple[str]]:
    return select(recipients.c.document).where(recipients.c.name.in_(_spellings(company)))


def documents_naming(
    connection: Connection, company: str, *, after: tuple[str, str] | None = None, limit: int
) -> dict[str, str]:
    """At most ``limit`` documents that name the company as a recipient in some version, by vendor and slug: for each
    id ``vendor/document``. ``after`` is such a pair of slugs; ``company`` is as the ledger spells it."""
    query = select(documents.c.id, documents.c.vendor, documents.c.slug).where(documents.c.id.in_(_naming(company)))
    if after:
        query = query.where(tuple_(documents.c.vendor, documents.c.slug) > tuple_(*after))
    rows = connection.execute(query.order_by(documents.c.vendor, documents.c.slug).limit(limit))
    return {row.id: f"{row.vendor}/{row.slug}" for row in rows}


def note_recipients(connection: Connection, text_ids: Iterable[str]) -> None:
    """Remember which documents the recipients that these texts state are named by; what was remembered stays."""
    wanted = sorted(set(text_ids))
    is_noted = exists().where(recipients.c.name == statements.c.value, recipients.c.document == versions.c.document)
    for at in range(0, len(wanted), _SOME):
        named = (
            select(statements.c.value, versions.c.document)
            .select_from(STATED)
            .join(versions, versions.c.text == texts.c.id)
            .where(texts.c.id.in_(wanted[at : at + _SOME]), statements.c.kind == RECIPIENT, ~is_noted)
            .distinct()
        )
        connection.execute(insert(recipients).from_select(["name", "document"], named))


@dataclass(frozen=True, slots=True)
class _Number:
    """The place of a version on its document's timeline."""

    at: int
    is_newest: bool


def _numbers(connection: Connection, among: Iterable[str]) -> dict[str, _Number]:
    """The numbers of all versions of these documents."""
    ids = sorted(among)
    rows: list[Row[str, str]] = []
    for at in range(0, len(ids), _SOME):
        rows += connection.execute(
            select(versions.c.document, versions.c.id)
            .where(versions.c.is_current, versions.c.document.in_(ids[at : at + _SOME]))
            .order_by(versions.c.document, versions.c.first_at, versions.c.id)
        ).all()
    numbers: dict[str, _Number] = {}
    for _, group in groupby(rows, key=lambda row: row.document):
        ids = [row.id for row in group]
        numbers |= {id: _Number(at, at == len(ids) - 1) for at, id in enumerate(ids)}
    return numbers


def _joined(rows: list[Row[Any]], order: dict[str, _Number]) -> Iterator[Entry]:
    """The entries of one document, kind and value: one for each run of versions without a gap."""
    first_at: datetime | None = None
    last: list[Row[Any]] = []  # what the newest version of the run states
    for version, group in groupby(rows, key=lambda row: row.id):
        if last and order[version].at != order[last[0].id].at + 1:
            yield _entry(last, order[last[0].id], first_at=first_at)
            first_at = None
        last = list(group)
        first_at = first_at or last[0].first_at
    if last:
        yield _entry(last, order[last[0].id], first_at=first_at)


def _entry(rows: list[Row[Any]], number: _Number, *, first_at: datetime | None) -> Entry:
    row = rows[0]
    return Entry(
        vendor=row.vendor, document=row.slug, kind=row.kind, value=row.value, first_at=first_at or row.first_at,
        last_at=row.last_at, is_current=number.is_newest, version=row.id,
        subjects=tuple(dict.fromkeys(each.subject for each in rows if each.subject)), quote=row.quote,
    )  # fmt: skip
