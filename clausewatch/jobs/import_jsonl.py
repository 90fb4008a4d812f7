"""Bring in what ``export jsonl`` wrote: the same documents, addresses, snapshots and chains; the rest is derived."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import Archive
from archive.addresses import restore_addresses
from archive.blobs import Blobs, Stone
from archive.documents import add_document, add_vendor, slug_of
from archive.snapshots import Capture, record_snapshot
from archive.takedowns import Tombstone
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.bodies import Incoming
from clausewatch.jobs.export import BODIES
from clausewatch.jobs.import_proofs import read_tombstones, restore_proofs
from clausewatch.jobs.importing import RECORDS_AT_ONCE, Imported
from clausewatch.jobs.settle import settle
from clausewatch.model import Address, Comparison, Document, Source
from notifier.outbox import Queue

if TYPE_CHECKING:
    from sqlalchemy import Connection


def import_jsonl(archive: Archive, folder: Path, imported: Imported, *, now: datetime) -> list[Document]:
    """Record the documents and snapshots of the export, in the order of their chains; those documents.

    Idempotent, and resumable as every import. Raises UsageError where the folder is no export with bodies.
    """
    for name in ("documents.jsonl", "snapshots.jsonl", BODIES):
        if not (folder / name).exists():
            raise UsageError(f"{folder}: holds no {name}; name a folder that clausewatch export jsonl wrote")
    documents = {(row["vendor"], row["document"]): row for row in _rows(folder / "documents.jsonl")}
    bodies = Blobs(folder / BODIES)
    erased = read_tombstones(_rows_if_any(folder / "tombstones.jsonl"))[1]
    made = []
    rows = sorted(_rows(folder / "snapshots.jsonl"), key=lambda row: (row["vendor"], row["document"], row["position"]))
    for pair, group in groupby(rows, key=lambda row: (row["vendor"], row["document"])):
        if pair not in documents:
            raise ClausewatchError(f"{folder}: its snapshots are of {'/'.join(pair)}, which documents.jsonl has not")
        with archive.write() as connection:
            document = _document(connection, documents.pop(pair), now=now)
        made.append(document)
        _record(archive, document, list(group), imported, bodies=bodies, erased=erased)
    with archive.write() as connection:  # without a snapshot
        made += [_document(connection, row, now=now) for row in documents.values()]
        restore_proofs(
            connection, made, links=_rows_if_any(folder / "links.jsonl"), heads=_rows_if_any(folder / "heads.jsonl"),
            stones=_rows_if_any(folder / "tombstones.jsonl"),
        )  # fmt: skip
    imported.documents |= {document.name for document in made}
    return made


def settle_quietly(
    archive: Archive,
    documents: Sequence[Document],
    *,
    now: datetime,
    executor: Executor | None = None,
    on_progress: Callable[[str], None],
) -> int:
    """Derive what the documents' snapshots tell, and queue nothing; how many versions that makes.

    Subscribers of the archive that was exported heard of it, or were not there.
    """
    versions = 0
    for number, document in enumerate(documents, 1):
        settled = settle(archive, document, now=now, executor=executor, queue=_Nobody())
        versions += settled.versions
        on_progress(f"[{number}/{len(documents)}] {document.name}: {counted(settled.versions, 'version')}")
    return versions


class _Nobody(Queue):
    """Owes nothing to anybody."""

    def fill(self, connection: Connection, comparison: Comparison, *, document_type: str, now: datetime) -> int:
        return 0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ClausewatchError(f"{path}: line {number} is no JSON ({error}); write the export again") from None
            yield row


def _rows_if_any(path: Path) -> list[dict[str, Any]]:
    """The rows of a file that exports of earlier releases lack."""
    return list(_rows(path)) if path.exists() else []


def _document(connection: Connection, row: dict[str, Any], *, now: datetime) -> Document:
    name = row["vendor_name"] if slug_of(row["vendor_name"]) == row["vendor"] else row["vendor"]
    document = add_document(
        connection, add_vendor(connection, name), type=row["document_type"], slug=row["document"],
        render=row.get("render") or "auto", include=row.get("include"), exclude=row.get("exclude"),
    )  # fmt: skip
    restore_addresses(
        connection,
        document,
        [Address(each["url"], _instant(each["since_at"]), _instant(each["until_at"])) for each in row["addresses"]],
    )
    return document


def _record(
    archive: Archive,
    document: Document,
    rows: list[dict[str, Any]],
    imported: Imported,
    *,
    bodies: Blobs,
    erased: Collection[Tombstone],
) -> None:
    stones = {stone.sha256: Stone(stone.erased_on, stone.reason) for stone in erased}
    incoming = Incoming(archive)
    for at in range(0, len(rows), RECORDS_AT_ONCE):
        batch = rows[at : at + RECORDS_AT_ONCE]
        gone = {row["sha256"] for row in batch} & set(stones)
        if gone:
            archive.blobs.erase_all({sha256: stones[sha256] for sha256 in gone})
        for row in batch:
            if row["sha256"] not in gone:
                incoming.store(
                    bodies.read(row["sha256"]), vendor=document.vendor, type=document.type,
                    at=datetime.fromisoformat(row["captured_at"]),
                )  # fmt: skip
        with archive.write() as connection:
            for row in batch:
                _, is_new = record_snapshot(connection, document, _capture(row))
                imported.new += is_new
                imported.known += not is_new


def _capture(row: dict[str, Any]) -> Capture:
    captured_at = datetime.fromisoformat(row["captured_at"])
    return Capture(
        captured_at=captured_at, fetched_at=_instant(row["fetched_at"]) or captured_at, source=Source(row["source"]),
        url=row["url"], sha256=row["sha256"], size=row["bytes"], status=row["status"],
        content_type=row["content_type"], headers=row["headers"], is_live=row["is_live"],
        is_upgrade=row["is_upgrade"], seen_at=_instant(row["seen_at"]), sightings=row["sightings"],
    )  # fmt: skip


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
