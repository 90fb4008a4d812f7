"""Rows of the archive as others read them, and the whole archive as JSON lines."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import Archive
from archive.addresses import addresses_of_all
from archive.blobs import Blobs
from archive.comparisons import get_comparison, list_comparisons
from archive.coverage import Coverage
from archive.documents import list_documents
from archive.heads import Entry, Head, entries_of, list_heads
from archive.snapshots import all_bodies, chain_of, list_snapshots
from archive.takedowns import BODY, list_takedowns, list_tombstones
from archive.version_links import version_chain
from archive.versions import list_versions, text_of
from clausewatch.errors import ClausewatchError, NotFound, UsageError
from clausewatch.instants import rfc3339
from clausewatch.jobs.backup_manifest import sha256_of
from clausewatch.model import Address, Document, Snapshot, Version
from clausewatch.verify_export import SIGNATURE, SUMS, files_of, signed_sums, sum_line

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.heads import Signer

BODIES = "bodies"  # the folder of an export that holds them
VERIFIER = "verify.py"


def snapshot_row(document: Document, snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as docs/api.md has it, without its bytes."""
    return {
        "vendor": document.vendor, "document": document.slug, "id": snapshot.id,
        "captured_at": rfc3339(snapshot.captured_at), "source": snapshot.source.value, "url": snapshot.url,
        "status": snapshot.status, "bytes": snapshot.size, "sha256": snapshot.sha256,
        "fault": snapshot.fault.value if snapshot.fault else None, "fault_reason": snapshot.fault_reason,
        "version": snapshot.version, "seen_at": rfc3339(snapshot.seen_at), "sightings": snapshot.sightings,
    }  # fmt: skip


def version_row(document: Document, version: Version) -> dict[str, Any]:
    """A version as docs/api.md has it, without its text."""
    return {
        "vendor": document.vendor, "document": document.slug, "id": version.id, "first_at": rfc3339(version.first_at),
        "last_at": rfc3339(version.last_at), "snapshots": version.snapshots, "words": version.words,
        "language": version.language, "sha256": version.sha256, "normaliser": version.normaliser,
    }  # fmt: skip


def document_row(document: Document, addresses: Sequence[Address]) -> dict[str, Any]:
    """A document with its address history, oldest first."""
    return {
        "vendor": document.vendor, "document": document.slug, "vendor_name": document.vendor_name,
        "document_type": document.type, "id": document.id, "url": document.url,
        "addresses": [
            {"url": address.url, "since_at": address.since_at and rfc3339(address.since_at),
             "until_at": address.until_at and rfc3339(address.until_at)}
            for address in addresses
        ],
    }  # fmt: skip


def coverage_row(coverage: Coverage) -> dict[str, Any]:
    """How well a document was watched: from when to when, with how many gaps, and how long the longest was."""
    return {
        "watched_from_at": rfc3339(coverage.watched_from_at) if coverage.watched_from_at else None,
        "watched_to_at": rfc3339(coverage.watched_to_at) if coverage.watched_to_at else None,
        "gaps": len(coverage.gaps),
        "longest_gap_hours": round(coverage.longest / timedelta(hours=1), 1) if coverage.longest else None,
    }


def export_jsonl(archive: Archive, folder: Path, *, signer: Signer | None = None) -> dict[str, int]:
    """Write ``documents``, ``snapshots``, ``versions`` and ``comparisons`` as JSON lines, what proves and what was
    taken down of them, and each body once; give the count of each. ``import_jsonl`` makes the same archive of it.

    Beside them lie the sums of all files, which ``signer`` signs, and the program that checks it all.
    Raises what ``whole_folder`` raises.
    """
    with whole_folder(folder) as made:
        counts = _write_all(archive, made)
        (made / VERIFIER).write_bytes(files("clausewatch").joinpath("verify_export.py").read_bytes())
        _sum_up(made)
        if signer:
            signed = f"key {signer.public}\nsignature {signer.sign(signed_sums(sha256_of(made / SUMS)))}\n"
            (made / SIGNATURE).write_text(signed, encoding="ascii")
        return counts


def _sum_up(folder: Path) -> None:
    with (folder / SUMS).open("wb") as file:
        for path in files_of(folder):
            file.write(sum_line(folder, path).encode())


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, that appears as ``folder`` at the end, whole or not at all.

    Raises UsageError unless that is absent or empty, ClausewatchError where it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not an empty folder; name one that is absent or empty")
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
            made = Path(beside, "whole")
            made.mkdir()
            yield made
            made.replace(folder)  # an empty folder gives way
    except OSError as error:
        raise ClausewatchError(f"{folder}: cannot be written ({error.strerror}); nothing of it was kept") from error


def _write_all(archive: Archive, folder: Path) -> dict[str, int]:
    with archive.read() as connection:
        documents, addresses = list_documents(connection), addresses_of_all(connection)
        return {
            "documents": _write(folder, "documents", (
                document_row(each, addresses.get(each.id, ())) | _how_it_is_read(each) for each in documents
            )),
            "snapshots": _write(folder, "snapshots", (
                row for document in documents for row in _snapshot_rows(connection, document)
            )),
            "bodies": _copy_bodies(archive, connection, folder / BODIES),
            "versions": _write(folder, "versions", (
                version_row(document, version) | {"text": text_of(connection, version.id).text}
                for document in documents for version in list_versions(connection, document)
            )),
            "comparisons": _write(folder, "comparisons", (
                row for document in documents for row in _comparison_rows(connection, document)
            )),
            "links": _write(folder, "links", (
                row for document in documents for row in _link_rows(connection, document)
            )),
            "heads": _write(folder, "heads", _head_rows(connection)),
            "tombstones": _write(folder, "tombstones", _tombstone_rows(connection)),
        }  # fmt: skip


def _how_it_is_read(document: Document) -> dict[str, Any]:
    return {
        "render": document.render, "include": document.include, "exclude": document.exclude,
        "interval_hours": document.interval_hours,
    }  # fmt: skip


def _snapshot_rows(connection: Connection, document: Document) -> Iterator[dict[str, Any]]:
    """All that is known of each snapshot, in the order of the capture; ``position`` is its place in the chain."""
    positions = {link.snapshot: position for position, link in enumerate(chain_of(connection, document)[1], 1)}
    for snapshot in list_snapshots(connection, document):
        yield snapshot_row(document, snapshot) | {
            "position": positions[snapshot.id], "fetched_at": rfc3339(snapshot.fetched_at),
            "is_live": snapshot.is_live, "is_upgrade": snapshot.is_upgrade, "content_type": snapshot.content_type,
            "headers": dict(snapshot.headers),
        }  # fmt: skip


def _copy_bodies(archive: Archive, connection: Connection, folder: Path) -> int:
    """The bodies as the archive keeps them, each checked; those that were erased are left out."""
    bodies = Blobs(folder, is_plain=True)  # for the verifier, which has no zstd
    written = 0
    for sha256 in all_bodies(connection):
        with suppress(NotFound):
            bodies.write(archive.blobs.read(sha256))
            written += 1
    return written


def _comparison_rows(connection: Connection, document: Document) -> Iterator[dict[str, Any]]:
    from clausewatch.views.json import comparison_to_json

    for comparison in list_comparisons(connection, document.name):
        yield comparison_to_json(get_comparison(connection, comparison.id), full=False)


def _link_rows(connection: Connection, document: Document) -> Iterator[dict[str, Any]]:
    for position, link in enumerate(version_chain(connection, document.id), 1):
        yield {
            "vendor": document.vendor, "document": document.slug, "position": position, "version": link.version,
            "sha256": link.sha256, "chain": link.chain,
        }  # fmt: skip


def _head_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    for head in reversed(list_heads(connection)):
        yield head_row(head, entries_of(connection, head.day))


def head_row(head: Head, entries: Sequence[Entry]) -> dict[str, Any]:
    """A head and all that it covers, as it is published."""
    return {
        "day": head.day.isoformat(), "made_at": rfc3339(head.made_at), "previous": head.previous,
        "sha256": head.sha256, "key": head.key, "signature": head.signature,
        "entries": [
            {"id": entry.document, "snapshots": entry.snapshots, "chain": entry.chain, "versions": entry.versions,
             "version_chain": entry.version_chain}
            for entry in entries
        ],
    }  # fmt: skip


def _tombstone_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """What was taken down: bodies and texts by their hashes, versions and comparisons by their ids."""
    for stone in list_tombstones(connection):
        yield {
            "what": BODY, "sha256": stone.sha256, "erased_on": stone.erased_on.isoformat(),
            "reason": stone.reason,
        }  # fmt: skip
    for gone in list_takedowns(connection):
        yield {
            "what": gone.kind, "id": gone.id, "document_id": gone.document, "sha256": gone.sha256,
            "first_at": gone.first_at and rfc3339(gone.first_at), "last_at": gone.last_at and rfc3339(gone.last_at),
            "erased_on": gone.erased_on.isoformat(), "reason": gone.reason,
        }  # fmt: skip


def _write(folder: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
