"""Signed heads, one a day: how far every chain had come, chained to the day before. Who signs is handed in.

What is signed is text that anybody can make again: ``docs/verifying.md`` and the verifier beside every export do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, insert, select

from archive.changes import note_change_everywhere
from archive.documents import EMPTY_CHAIN
from archive.tables import documents, head_entries, heads, version_links
from clausewatch.instants import rfc3339


class Signer(Protocol):
    """Who signs heads."""

    @property
    def public(self) -> str:
        """The public key, hexadecimal."""
        ...

    def sign(self, message: bytes) -> str:
        """The signature, hexadecimal."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """How far the chains of a document had come."""

    document: str  # id
    snapshots: int
    chain: str
    versions: int
    version_chain: str

    @property
    def line(self) -> str:
        return f"{self.document} {self.snapshots} {self.chain} {self.versions} {self.version_chain}\n"


@dataclass(frozen=True, slots=True)
class Head:
    """The signature of a day over all that the archive held when it was made."""

    day: date
    made_at: datetime
    previous: str
    sha256: str
    key: str
    signature: str


def sha256_of_head(day: date, made_at: datetime, previous: str, *, entries: Iterable[Entry]) -> str:
    """Over the day, when it was made, the head before, and the documents whose chains grew since, by their ids."""
    lines = "".join(entry.line for entry in sorted(entries, key=lambda entry: entry.document))
    return hashlib.sha256(f"{day.isoformat()}\n{rfc3339(made_at)}\n{previous}\n{lines}".encode()).hexdigest()


def signed_words(day: date, sha256: str) -> bytes:
    """What is signed of a head: no signature of one day or purpose serves another."""
    return f"clausewatch head {day.isoformat()} {sha256}\n".encode()


def make_head(connection: Connection, signer: Signer, *, now: datetime) -> Head | None:
    """Sign the day's head, unless it is there; None where nothing is kept yet. ``now`` is in UTC.

    A day without anything new has a head too: it says so.
    """
    last = _latest(connection)
    if last and last.day >= now.date():
        return last
    made_at = now.replace(microsecond=0)
    entries = _grown(connection)
    if last is None and not entries:
        return None
    previous = last.sha256 if last else EMPTY_CHAIN
    sha256 = sha256_of_head(now.date(), made_at, previous, entries=entries)
    head = Head(now.date(), made_at, previous, sha256, signer.public, signer.sign(signed_words(now.date(), sha256)))
    restore_head(connection, head, entries)
    return head


def restore_head(connection: Connection, head: Head, entries: Sequence[Entry]) -> None:
    """Store a head as it is: made now, or by the archive that was exported."""
    connection.execute(
        insert(heads).values(
            day=head.day, made_at=head.made_at, previous=head.previous, sha256=head.sha256, key=head.key,
            signature=head.signature,
        )
    )  # fmt: skip
    rows = [
        {"document": entry.document, "day": head.day, "snapshots": entry.snapshots, "chain": entry.chain,
         "versions": entry.versions, "version_chain": entry.version_chain}
        for entry in entries
    ]  # fmt: skip
    if rows:
        connection.execute(insert(head_entries), rows)
    note_change_everywhere(connection)  # every version's page says which head covers it


def _grown(connection: Connection) -> list[Entry]:
    """The documents whose chains are not where the last head that names them saw them."""
    known = latest_entries(connection)
    return [entry for entry in _present(connection) if entry != known.get(entry.document)]


def _present(connection: Connection) -> list[Entry]:
    ends = (
        select(version_links.c.document, func.max(version_links.c.position).label("position"))
        .group_by(version_links.c.document)
        .subquery()
    )
    last = and_(version_links.c.document == documents.c.id, version_links.c.position == ends.c.position)
    rows = connection.execute(
        select(documents.c.id, documents.c.chain, documents.c.chain_length, version_links.c.position,
               version_links.c.chain.label("version_chain"))
        .outerjoin(ends, ends.c.document == documents.c.id)
        .outerjoin(version_links, last)
        .where(documents.c.chain_length > 0)
        .order_by(documents.c.id)
    )  # fmt: skip
    return [
        Entry(row.id, row.chain_length, row.chain, row.position or 0, row.version_chain or EMPTY_CHAIN) for row in rows
    ]


def latest_entries(connection: Connection) -> dict[str, Entry]:
    """For each document what the last head that names it says, by the document's id."""
    newest = select(head_entries.c.document, func.max(head_entries.c.day).label("day")).group_by(
        head_entries.c.document
    )
    last = newest.subquery()
    is_last = and_(head_entries.c.document == last.c.document, head_entries.c.day == last.c.day)
    rows = connection.execute(select(head_entries).join(last, is_last))
    return {row.document: _entry(row) for row in rows}


def _latest(connection: Connection) -> Head | None:
    found = list_heads(connection, most=1)
    return found[0] if found else None


def list_heads(connection: Connection, *, before: date | None = None, most: int | None = None) -> list[Head]:
    """The heads, or those of days before one, newest first."""
    query = select(heads)
    if before:
        query = query.where(heads.c.day < before)
    rows = connection.execute(query.order_by(heads.c.day.desc()).limit(most))
    return [Head(row.day, row.made_at, row.previous, row.sha256, row.key, row.signature) for row in rows]


def get_head(connection: Connection, day: date) -> Head | None:
    """The head of that day."""
    row = connection.execute(select(heads).where(heads.c.day == day)).one_or_none()
    if row is None:
        return None
    return Head(row.day, row.made_at, row.previous, row.sha256, row.key, row.signature)


def entries_of(connection: Connection, day: date) -> list[Entry]:
    """What the head of that day covers, by document."""
    rows = connection.execute(select(head_entries).where(head_entries.c.day == day).order_by(head_entries.c.document))
    return [_entry(row) for row in rows]


def entries_of_document(connection: Connection, document: str) -> dict[date, Entry]:
    """What heads say of the document, by id, and those of which days."""
    rows = connection.execute(select(head_entries).where(head_entries.c.document == document))
    return {row.day: _entry(row) for row in rows}


def entries_of_nothing(connection: Connection) -> list[tuple[date, str]]:
    """The days and ids of documents that heads cover and the archive does not have."""
    is_kept = exists().where(documents.c.id == head_entries.c.document)
    query = select(head_entries.c.day, head_entries.c.document).where(~is_kept)
    return [(row.day, row.document) for row in connection.execute(query.order_by(*query.selected_columns))]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(row.document, row.snapshots, row.chain, row.versions, row.version_chain)


# built once: to build a query takes as long as to ask it
_newest_link = (
    select(version_links.c.document, version_links.c.position)
    .where(version_links.c.version == bindparam("version"))
    .order_by(version_links.c.position.desc())
    .limit(1)
)
_first_that_covers = select(func.min(head_entries.c.day)).where(
    head_entries.c.document == bindparam("document"), head_entries.c.versions >= bindparam("position")
)


def first_head_of_version(connection: Connection, version: str) -> date | None:
    """The day whose head first covers the version with the text that it has now; None: the next one will."""
    link = connection.execute(_newest_link, {"version": version}).one_or_none()
    if link is None:
        return None
    own = {"document": link.document, "position": link.position}
    day: date | None = connection.execute(_first_that_covers, own).scalar_one()
    return day
