"""The ledger: what the versions of documents state, from when to when, and which documents name a company."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, Select, bindparam, exists, insert, select, tuple_

from archive.documents import slug_of
from archive.tables import documents, facts, recipients, statements, texts, versions

STATED = statements.join(facts, facts.c.statement == statements.c.id).join(texts, texts.c.number == facts.c.text)
"""What each text states."""
RECIPIENT = "recipient"  # the kind of fact that names a company
MANY = 500
"""Documents that name a company, from which on it is quicker to ask one document after the other than to sort them:
however many name it, a page of them is found."""
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999

# built once: to build a query takes as long as to ask it
_versions = (
    select(versions.c.document, versions.c.id, texts.c.number)
    .join(texts)
    .where(versions.c.is_current, versions.c.document.in_(bindparam("among", expanding=True)))
    .order_by(versions.c.document, versions.c.first_at, versions.c.id)
)
_facts = (
    select(facts.c.text, facts.c.statement)
    .where(facts.c.text.in_(bindparam("numbers", expanding=True)))
    .order_by(facts.c.text, facts.c.ordinal)
)
_said = select(statements).where(statements.c.id.in_(bindparam("ids", expanding=True)))
_seen = select(versions.c.id, versions.c.first_at, versions.c.last_at).where(
    versions.c.id.in_(bindparam("ids", expanding=True))
)
_What = tuple[str, str]  # kind and value


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
    wanted = _documents(connection, vendor, company=value if kind == RECIPIENT else None, among=among)
    entries: list[Entry] = []
    for at in range(0, len(wanted), _SOME):
        entries += _entries(connection, wanted[at : at + _SOME], _statements(kind=kind, value=value))
    return sorted(entries, key=lambda entry: (entry.vendor, entry.document, entry.kind, entry.first_at, entry.value))


def _entries(connection: Connection, among: Sequence[Row[Any]], is_meant: Select[tuple[int]] | None) -> Iterator[Entry]:
    """What the versions of these documents state of that."""
    timelines = _timelines(connection, [each.id for each in among])
    stated = _stated(connection, {text for timeline in timelines.values() for _, text in timeline}, is_meant)
    runs = [(each, timelines[each.id], *run) for each in among for run in _runs(timelines[each.id], stated)]
    ends = {timeline[at][0] for _, timeline, _, *both in runs for at in both}
    seen = _of_ids(connection, _seen, ends)  # of few versions: to read instants takes longer than all the rest
    for document, timeline, (kind, value), first, last in runs:
        version, text = timeline[last]
        said = stated[text][kind, value]
        yield Entry(
            vendor=document.vendor, document=document.slug, kind=kind, value=value,
            first_at=seen[timeline[first][0]].first_at, last_at=seen[version].last_at,
            is_current=last == len(timeline) - 1, version=version,
            subjects=tuple(dict.fromkeys(each.subject for each in said if each.subject)), quote=said[0].quote,
        )  # fmt: skip


def _documents(
    connection: Connection, vendor: str | None, *, company: str | None, among: Collection[str] | None
) -> Sequence[Row[Any]]:
    """Those that may state what is asked for."""
    query: Select[Any] = select(documents.c.id, documents.c.vendor, documents.c.slug)
    if vendor:
        name, _, document = vendor.partition("/")
        query = query.where(documents.c.vendor == slug_of(name))
        if document:
            query = query.where(documents.c.slug == slug_of(document))
    if company and among is None:  # of those among which it is looked for what they state tells it
        query = query.where(documents.c.id.in_(_naming(company)))
    if among is not None:
        query = query.where(documents.c.id.in_(among))
    return connection.execute(query.order_by(documents.c.vendor, documents.c.slug)).all()


def _statements(*, kind: str | None, value: str | None) -> Select[tuple[int]] | None:
    """Those that are asked for; None: all."""
    if not kind and not value:
        return None
    query = select(statements.c.id)
    if kind:
        query = query.where(statements.c.kind == kind)
    if value:
        query = query.where(statements.c.value.in_(_spellings(value)))
    return query


def _timelines(connection: Connection, among: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """For each of these documents its versions, oldest first: their ids, and the numbers of their texts."""
    found: dict[str, list[tuple[str, int]]] = {each: [] for each in among}
    for document, version, text in connection.execute(_versions, {"among": among}).all():
        found[document].append((version, text))
    return found


def _stated(
    connection: Connection, text_numbers: Collection[int], is_meant: Select[tuple[int]] | None
) -> dict[int, dict[_What, list[Row[Any]]]]:
    """What each of the texts states of that: the statements in reading order."""
    # "+ 0": read by text all the same. By statement SQLite would go through the texts of all other documents
    query = _facts if is_meant is None else _facts.where((facts.c.statement + 0).in_(is_meant))
    rows: list[Row[int, int]] = []
    for some in _by_some(text_numbers):
        rows += connection.execute(query, {"numbers": some}).all()
    said = _of_ids(connection, _said, {statement for _, statement in rows})
    found: dict[int, dict[_What, list[Row[Any]]]] = {text: {} for text in text_numbers}
    whats = {id: (row.kind, row.value) for id, row in said.items()}
    for text, statement in rows:
        found[text].setdefault(whats[statement], []).append(said[statement])
    return found


def _of_ids(connection: Connection, query: Select[Any], ids: Collection[Any]) -> dict[Any, Row[Any]]:
    return {row.id: row for some in _by_some(ids) for row in connection.execute(query, {"ids": some}).all()}


def _by_some(ids: Collection[Any]) -> Iterator[list[Any]]:
    wanted = sorted(ids)
    for at in range(0, len(wanted), _SOME):
        yield wanted[at : at + _SOME]


def _runs(
    timeline: Sequence[tuple[str, int]], stated: Mapping[int, Mapping[_What, Sequence[Row[Any]]]]
) -> Iterator[tuple[_What, int, int]]:
    """What is stated, and by which versions, first and last: one for each run of versions without a gap that do."""
    began: dict[_What, int] = {}
    for at, (_, text) in enumerate(timeline):
        now = stated[text].keys()
        for what in began.keys() - now:
            yield what, began.pop(what), at - 1
        for what in now - began.keys():
            began[what] = at
    for what, first in began.items():
        yield what, first, len(timeline) - 1


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
    few = connection.execute(_naming(company).limit(MANY)).scalars().all()
    does_name: ColumnElement[bool] = documents.c.id.in_(few)
    if len(few) == MANY:
        does_name = _naming(company).where(recipients.c.document == documents.c.id).exists()
    query = select(documents.c.id, documents.c.vendor, documents.c.slug).where(does_name)
    if after:
        query = query.where(tuple_(documents.c.vendor, documents.c.slug) > tuple_(*after))
    rows = connection.execute(query.order_by(documents.c.vendor, documents.c.slug).limit(limit))
    return {row.id: f"{row.vendor}/{row.slug}" for row in rows}


def note_recipients(connection: Connection, text_ids: Iterable[str]) -> None:
    """Remember which documents the recipients that these texts state are named by; what was remembered stays."""
    wanted = sorted(set(text_ids))
    for at in range(0, len(wanted), _SOME):
        connection.execute(_note(), {"of_texts": wanted[at : at + _SOME]})


@cache  # to build it takes longer than to ask it
def _note() -> Insert:
    is_noted = exists().where(recipients.c.name == statements.c.value, recipients.c.document == versions.c.document)
    named = (
        select(statements.c.value, versions.c.document)
        .select_from(STATED)
        .join(versions, versions.c.text == texts.c.id)
        .where(texts.c.id.in_(bindparam("of_texts", expanding=True)), statements.c.kind == RECIPIENT, ~is_noted)
        .distinct()
    )
    return insert(recipients).from_select(["name", "document"], named)
