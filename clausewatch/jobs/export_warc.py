"""Snapshots as WARC files, one a document, that other archives' programs read and play back."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import list_documents
from archive.snapshots import list_snapshots
from archive.takedowns import SNAPSHOT, list_takedowns
from clausewatch import __version__
from clausewatch.errors import NotFound
from clausewatch.jobs.export import whole_folder
from clausewatch.model import Document, Snapshot

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

_ABOUT_THE_BODY = ("content-encoding", "content-length", "transfer-encoding")  # as it was sent, not as it is kept


def export_warc(archive: Archive, folder: Path) -> dict[str, int]:
    """Write ``VENDOR/DOCUMENT.warc.gz`` for every document; give how many documents, snapshots and bodies.

    A body that comes again is a revisit record; one that was taken down is left out. Raises what ``whole_folder``
    raises.
    """
    counts = {"documents": 0, "snapshots": 0, "bodies": 0}
    with whole_folder(folder) as made, archive.read() as connection:
        for document in list_documents(connection):
            taken = {each.id for each in list_takedowns(connection, document, kind=SNAPSHOT)}
            snapshots = [each for each in list_snapshots(connection, document) if each.id not in taken]
            if not snapshots:
                continue
            path = made / document.vendor / f"{document.slug}.warc.gz"
            path.parent.mkdir(exist_ok=True)
            bodies = _write(archive, path, document, snapshots)
            counts["documents"] += 1
            counts["snapshots"] += len(snapshots)
            counts["bodies"] += bodies
    return counts


def _write(archive: Archive, path: Path, document: Document, snapshots: list[Snapshot]) -> int:
    from warcio.warcwriter import WARCWriter

    known: dict[tuple[str, int | None], tuple[Snapshot, str]] = {}  # the first with that body, and its digest
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        about = {"software": f"clausewatch/{__version__}", "format": "WARC File Format 1.1",
                 "description": f"{document.vendor_name}: {document.type}"}  # fmt: skip
        writer.write_record(writer.create_warcinfo_record(path.name, about))
        for snapshot in snapshots:
            first = known.get((snapshot.sha256, snapshot.status))
            if first:
                writer.write_record(_revisit(writer, snapshot, *first))
                continue
            try:
                record = _record(writer, snapshot, archive.blobs.read(snapshot.sha256))
            except NotFound:  # erased: the tombstone says so
                continue
            writer.write_record(record)
            digest = record.rec_headers.get_header("WARC-Payload-Digest")
            known[snapshot.sha256, snapshot.status] = snapshot, digest
    return len({sha256 for sha256, _ in known})


def _record(writer: WARCWriter, snapshot: Snapshot, body: bytes) -> ArcWarcRecord:
    """A response as the site answered; what came without a status is a resource."""
    headers = _headers(snapshot)
    # with its length warcio needs no file of its own to take the digest over
    return writer.create_warc_record(
        snapshot.url, "response" if headers else "resource", payload=BytesIO(body), length=len(body),
        warc_content_type="" if headers else snapshot.content_type or "", http_headers=headers,
        warc_headers_dict={"WARC-Date": _date(snapshot)},
    )  # fmt: skip


def _headers(snapshot: Snapshot) -> StatusAndHeaders | None:
    from warcio.statusandheaders import StatusAndHeaders

    if snapshot.status is None:
        return None
    kept = [(name, value) for name, value in snapshot.headers.items() if name not in _ABOUT_THE_BODY]
    if snapshot.content_type and "content-type" not in snapshot.headers:
        kept.append(("content-type", snapshot.content_type))
    kept.append(("content-length", str(snapshot.size)))
    return StatusAndHeaders(f"{snapshot.status} {_phrase(snapshot.status)}".strip(), kept, protocol="HTTP/1.1")


def _revisit(writer: WARCWriter, snapshot: Snapshot, first: Snapshot, digest: str) -> ArcWarcRecord:
    return writer.create_revisit_record(
        snapshot.url, digest, first.url, _date(first), http_headers=_headers(snapshot),
        warc_headers_dict={"WARC-Date": _date(snapshot)},
    )  # fmt: skip


def _date(snapshot: Snapshot) -> str:
    return f"{snapshot.captured_at:%Y-%m-%dT%H:%M:%S.%fZ}"  # WARC 1.1 has room for the microseconds


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
