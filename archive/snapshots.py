"""Snapshots: recorded once, never changed; later looks at the same bytes are sightings of the same snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, literal, select, tuple_, update

from archive.stirs import stirred
from archive.tables import Instant, documents, snapshots
from archive.takedowns import bury_known_all
from clausewatch.errors import NotFound
from clausewatch.model import Document, Fault, Snapshot, Source, content_id

# built once: to build a query takes as long as to ask it
_KNOWN = select(snapshots.c.id, snapshots.c.seen_at).where(snapshots.c.id.in_(bindparam("among", expanding=True)))
_HEADS = (
    select(documents.c.id, documents.c.chain, documents.c.chain_length)
    .where(documents.c.id.in_(bindparam("among", expanding=True)))
    .order_by(documents.c.id)
    .with_for_update()  # one link at a time, where the database lets several write at once
)
_LENGTHEN = update(documents).where(documents.c.id == bindparam("of_document"))
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999


@dataclass(frozen=True, slots=True)
class Capture:
    """A body as it arrived, before it is a snapshot. ``sha256`` names a blob that is stored already."""

    captured_at: datetime
    fetched_at: datetime
    source: Source
    url: str
    sha256: str
    size: int
    status: int | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_live: bool = False
    is_upgrade: bool = False
    seen_at: datetime | None = None  # None: once, at captured_at
    sightings: int = 1


def record_snapshot(connection: Connection, document: Document, capture: Capture) -> tuple[str, bool]:
    """Record the capture; give the snapshot's id and whether it is new.

    Idempotent on document, hash and time. The document is marked unsettled in the same transaction, and its validators,
    which were another snapshot's, are forgotten: ``record_look`` gives those of this one.
    """
    (recorded,) = record_snapshots(connection, [(document, capture)])
    return recorded


def record_snapshots(connection: Connection, captures: Sequence[tuple[Document, Capture]]) -> list[tuple[str, bool]]:
    """As ``record_snapshot``, one after the other in this order, in as few statements as one takes."""
    ids = [snapshot_id_of(document.id, capture.sha256, capture.captured_at) for document, capture in captures]
    known = {row.id: row.seen_at for some in _parts(ids) for row in connection.execute(_KNOWN, {"among": some})}
    new: dict[str, tuple[Document, Capture]] = {}
    again: list[tuple[str, Document, Capture]] = []
    for id, (document, capture) in zip(ids, captures, strict=True):
        if id in known or id in new:
            again.append((id, document, capture))
        else:
            new[id] = document, capture
    _record_new(connection, new)
    for id, document, capture in again:
        seen_at = known.get(id) or _seen_at(new[id][1])
        known[id] = _extend(connection, document, id, capture, seen_at=seen_at)
    found, told = [], set[str]()
    for id in ids:
        found.append((id, id in new and id not in told))
        told.add(id)
    return found


def _record_new(connection: Connection, new: Mapping[str, tuple[Document, Capture]]) -> None:
    """Snapshots by their ids, in the order in which they came."""
    if not new:
        return
    ids = sorted({document.id for document, _ in new.values()})
    heads = {
        row.id: (row.chain, row.chain_length)
        for some in _parts(ids)
        for row in connection.execute(_HEADS, {"among": some})
    }
    rows = []
    for id, (document, capture) in new.items():
        chain, length = heads[document.id]
        heads[document.id] = chained(chain, id, capture.sha256), length + 1
        rows.append(_row(id, document, capture) | dict(zip(("chain", "position"), heads[document.id], strict=True)))
    connection.execute(insert(snapshots), rows)
    news = {"is_unsettled": True, "etag": None, "last_modified": None}
    lengths = [{"of_document": id, "chain": heads[id][0], "chain_length": heads[id][1], **news} for id in ids]
    connection.execute(_LENGTHEN, lengths)
    bury_known_all(connection, [(id, document, capture.sha256) for id, (document, capture) in new.items()])


def _row(id: str, document: Document, capture: Capture) -> dict[str, object]:
    return {
        "id": id, "document": document.id, "captured_at": capture.captured_at, "fetched_at": capture.fetched_at,
        "seen_at": _seen_at(capture), "sightings": capture.sightings, "source": capture.source.value,
        "is_live": capture.is_live, "is_upgrade": capture.is_upgrade, "url": capture.url, "status": capture.status,
        "content_type": capture.content_type, "headers": dict(capture.headers), "sha256": capture.sha256,
        "size": capture.size,
    }  # fmt: skip


def _seen_at(capture: Capture) -> datetime:
    return capture.seen_at or capture.captured_at


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), _SOME):
        yield ids[at : at + _SOME]


def snapshot_id_of(document: str, sha256: str, captured_at: datetime) -> str:
    """The id of a snapshot: one instant in two zones is one snapshot."""
    return content_id("snapshot", document, sha256, captured_at.astimezone(UTC).isoformat())


def _extend(
    connection: Connection, document: Document, snapshot: str, capture: Capture, *, seen_at: datetime
) -> datetime:
    """An import that comes again may know of later looks at the same bytes. Until when they were seen."""
    if capture.seen_at is None or capture.seen_at <= seen_at:
        return seen_at
    connection.execute(
        update(snapshots).where(snapshots.c.id == snapshot).values(seen_at=capture.seen_at, sightings=capture.sightings)
    )
    is_to_settle = {"is_unsettled": True, "normaliser": stirred()}
    connection.execute(update(documents).where(documents.c.id == document.id).values(is_to_settle))
    return capture.seen_at


def chained(head: str, snapshot: str, sha256: str) -> str:
    """The next link of a document's chain over its snapshots."""
    return hashlib.sha256(f"{head}\n{snapshot}\n{sha256}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """A snapshot in the chain of its document."""

    chain: str
    snapshot: str
    sha256: str
    captured_at: datetime


def chain_of(connection: Connection, document: Document) -> tuple[str, list[Link]]:
    """The head of the document's chain, and its links in order."""
    head = connection.execute(select(documents.c.chain).where(documents.c.id == document.id)).scalar_one()
    rows = connection.execute(
        select(snapshots.c.chain, snapshots.c.id, snapshots.c.sha256, snapshots.c.captured_at)
        .where(snapshots.c.document == document.id)
        .order_by(snapshots.c.position)
    )
    return head, [Link(row.chain, row.id, row.sha256, row.captured_at) for row in rows]


def latest_live(connection: Connection, document: Document) -> Snapshot | None:
    """The newest snapshot that a live look recorded or saw."""
    row = connection.execute(
        select(snapshots)
        .where(snapshots.c.document == document.id, snapshots.c.is_live.is_(True))
        .order_by(snapshots.c.seen_at.desc(), snapshots.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else snapshot_of_row(row)


def is_recorded(connection: Connection, document: Document, *, captured_at: datetime, source: Source) -> bool:
    """Whether a snapshot from that source and moment is there already, whatever its bytes."""
    query = select(snapshots.c.id).where(
        snapshots.c.document == document.id,
        snapshots.c.captured_at == captured_at,
        snapshots.c.source == source.value,
    )
    return connection.execute(query).first() is not None


def get_snapshot(connection: Connection, snapshot: str) -> Snapshot:
    """The snapshot of that id. Raises NotFound."""
    row = connection.execute(select(snapshots).where(snapshots.c.id == snapshot)).one_or_none()
    if row is None:
        raise NotFound(f"{snapshot}: no such snapshot; see clausewatch snapshots")
    return snapshot_of_row(row)


def any_body(connection: Connection) -> str | None:
    """The SHA-256 of a body that the archive names, whichever is found first; None where there is none."""
    found: str | None = connection.execute(select(snapshots.c.sha256).limit(1)).scalar_one_or_none()
    return found


def some_bodies(connection: Connection, count: int) -> list[str]:
    """The SHA-256 of so many bodies that the archive names, in no order."""
    return list(connection.execute(select(snapshots.c.sha256).distinct().limit(count)).scalars())


def all_bodies(connection: Connection) -> Iterator[str]:
    """The SHA-256 of every body that the archive names, each once, in their order; some are read at a time."""
    query = select(snapshots.c.sha256).distinct().order_by(snapshots.c.sha256)
    yield from connection.execute(query.execution_options(yield_per=1000)).scalars()


def list_snapshots(
    connection: Connection,
    document: Document,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    version: str | None = None,
    after: Snapshot | None = None,
    limit: int | None = None,
) -> list[Snapshot]:
    """The document's snapshots in the order of their capture; with ``after`` those behind it, with ``limit`` at most
    so many."""
    query = select(snapshots).where(snapshots.c.document == document.id)
    if since:
        query = query.where(snapshots.c.captured_at >= since)
    if until:
        query = query.where(snapshots.c.captured_at <= until)
    if version:
        query = query.where(snapshots.c.version == version)
    if after:
        place = tuple_(snapshots.c.captured_at, snapshots.c.id)
        query = query.where(place > tuple_(literal(after.captured_at, Instant()), after.id))
    query = query.order_by(snapshots.c.captured_at, snapshots.c.id).limit(limit)
    return [snapshot_of_row(row) for row in connection.execute(query)]


def count_faults(connection: Connection, document: Document) -> dict[Fault, int]:
    """How many of the document's snapshots are not the document, by reason."""
    rows: Select[Any] = (
        select(snapshots.c.fault, func.count())
        .where(snapshots.c.document == document.id, snapshots.c.fault.is_not(None))
        .group_by(snapshots.c.fault)
    )
    return {Fault(fault): count for fault, count in connection.execute(rows)}


def snapshot_of_row(row: Row[Any]) -> Snapshot:
    """A row of the table as the snapshot that it stands for."""
    return Snapshot(
        id=row.id, document=row.document, captured_at=row.captured_at, fetched_at=row.fetched_at, seen_at=row.seen_at,
        sightings=row.sightings, source=Source(row.source), is_live=row.is_live, is_upgrade=row.is_upgrade, url=row.url,
        status=row.status, content_type=row.content_type, headers=row.headers, sha256=row.sha256, size=row.size,
        fault=Fault(row.fault) if row.fault else None, fault_reason=row.fault_reason, version=row.version,
    )  # fmt: skip
