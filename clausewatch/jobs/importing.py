"""Bring in what others kept: WARC files, single files, an Open Terms Archive repository of versions.

Records become snapshots, idempotent on document, hash and time, in transactions of some dozens; what is derived
from them follows by ``settle``. A killed import goes on where it stopped and doubles nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from archive import Archive
from archive.addresses import add_address
from archive.documents import add_document, add_vendor
from archive.snapshots import Capture, record_snapshot
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.bodies import Incoming
from clausewatch.jobs.naming import (
    Naming,
    checked_address,
    document_type_of,
    named_by_address,
    provenance_of,
    vendor_of,
)
from clausewatch.jobs.sources import MAX_BYTES
from clausewatch.model import Source

RECORDS_AT_ONCE = 25
"""Snapshots recorded in one transaction: their bodies are safe on disk before it."""


BYTES_AT_ONCE = 50_000_000
"""... or fewer, if they are long: as much is held in memory."""


_NOTE_BYTES = 5000  # where a note of origin stands


@dataclass(frozen=True, slots=True)
class Record:
    """A body that came in, and all that is known of it."""

    body: bytes
    captured_at: datetime
    naming: Naming
    source: Source
    url: str
    status: int | None = None
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_upgrade: bool = False
    seen_at: datetime | None = None
    sightings: int = 1


@dataclass
class Imported:
    """What an import came to."""

    new: int = 0
    known: int = 0  # there already: same document, hash and time
    left_out: Counter[str] = field(default_factory=Counter)  # by what it was
    problems: list[str] = field(default_factory=list)  # a line each, for people
    documents: set[str] = field(default_factory=set)
    snapshots: dict[str, str] = field(default_factory=dict)  # of single files: the snapshot and the file's name

    @property
    def is_nothing(self) -> bool:
        return not self.new and not self.known


def record_all(
    archive: Archive, records: Iterable[Record], imported: Imported, *, is_live: bool, now: datetime
) -> None:
    """Store the bodies, then the snapshots, some dozens at once."""
    bodies = Incoming(archive)
    for batch in _batches(records):
        hashes = [
            bodies.store(record.body, vendor=record.naming.vendor, type=record.naming.type, at=record.captured_at)
            for record in batch
        ]
        with archive.write() as connection:
            for record, sha256 in zip(batch, hashes, strict=True):
                vendor = add_vendor(connection, record.naming.vendor)
                document = add_document(connection, vendor, type=record.naming.type, url=record.naming.url)
                if document.url is None and record.url.startswith("http"):
                    add_address(connection, document, record.url)
                capture = Capture(
                    captured_at=record.captured_at, fetched_at=now, source=record.source, url=record.url,
                    sha256=sha256, size=len(record.body), status=record.status, content_type=record.content_type,
                    headers=record.headers, is_live=is_live, is_upgrade=record.is_upgrade, seen_at=record.seen_at,
                    sightings=record.sightings,
                )  # fmt: skip
                snapshot, is_new = record_snapshot(connection, document, capture)
                if record.source is Source.FILE:
                    imported.snapshots[snapshot] = record.headers["x-file-name"]
                imported.new += is_new
                imported.known += not is_new
                imported.documents.add(document.name)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) >= RECORDS_AT_ONCE or sum(len(each.body) for each in batch) >= BYTES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def import_files(
    archive: Archive,
    paths: Sequence[Path],
    *,
    vendor: str | None,
    type: str | None,
    url: str | None,
    at: datetime | None,
    is_live: bool,
    now: datetime,
) -> Imported:
    """Import each file as one snapshot.

    Vendor, type, date and address are those given, else those of the note in its first lines, else by the address
    and the file's own time. Raises UsageError where the vendor cannot be told, or the address is none.
    """
    imported = Imported()
    is_named = bool((url and checked_address(url)) or vendor)
    for path in () if is_named else paths:
        _check_origin(path)  # of all of them, before the first is stored
    for path in paths:
        try:
            record = _file_record(path, vendor=vendor, type=type, url=url, at=at)
        except (OSError, ClausewatchError) as error:
            imported.problems.append(f"{path}: {getattr(error, 'strerror', None) or error}; it was left out")
            continue
        record_all(archive, [record], imported, is_live=is_live, now=now)
    return imported


def _check_origin(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(_NOTE_BYTES)
    except OSError:
        return  # what is wrong with it is said when its turn comes
    if start and provenance_of(start.decode("utf-8", errors="replace")) is None:
        raise UsageError(f"{path}: does not say whose it is; add --vendor, and --document and --at if you can")


def _file_record(path: Path, *, vendor: str | None, type: str | None, url: str | None, at: datetime | None) -> Record:
    from clausewatch.instants import end_of_period

    if path.exists() and not path.is_file():
        raise ClausewatchError("is no file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ClausewatchError(f"is {size // 1_000_000} MB; no policy is over {MAX_BYTES // 1_000_000} MB")
    body = path.read_bytes()
    if not body:
        raise ClausewatchError("is empty")
    note = provenance_of(body[:_NOTE_BYTES].decode("utf-8", errors="replace"))
    url = url or (note.url or f"https://{note.domain}/" if note else None)
    named = named_by_address(url) if url else None
    if note:
        kind = document_type_of(note.type) or note.type.title()
        named = Naming(vendor=vendor_of(note.domain), type=kind, at=note.archived_at or end_of_period(note.archived_on))
    naming = Naming(
        vendor=vendor or (named.vendor if named else ""),
        type=type or (named.type if named else document_type_of(path.stem) or "Privacy Policy"),
    )
    file_time = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    captured_at = at or (named and named.at) or file_time.replace(microsecond=0)
    headers = {"x-file-name": path.name}
    return Record(
        body, captured_at, replace(naming, url=url), Source.FILE, url or path.resolve().as_uri(), headers=headers
    )


def chosen(records: Iterator[Record], *, since: datetime | None, url: str | None) -> Iterator[Record]:
    """The records of that address, captured at or after that instant."""
    for record in records:
        if (since is None or record.captured_at >= since) and (url is None or record.url == url):
            yield record
