"""Read WARC files: response, resource and revisit records of documents; others are counted and named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import IO, TYPE_CHECKING, Any

from clausewatch.errors import ArchiveError, UsageError
from clausewatch.jobs.importing import Imported, Record
from clausewatch.jobs.naming import Naming, checked_address, named_by_address
from clausewatch.jobs.sources import MAX_BYTES
from clausewatch.model import Source

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

DOCUMENT_TYPES = ("text/html", "application/xhtml+xml", "application/pdf", "text/plain", "text/markdown")
_PADDING = b"\r\n\0 "
_SKIPPED_AT_ONCE = 1_000_000
KEPT_HEADERS = ("content-language", "date", "etag", "last-modified", "location", "server")


class _Payloads:
    """What revisit records may repeat, by digest. Bodies lie in a temporary file: a WARC file may hold gigabytes."""

    def __init__(self, bodies: IO[bytes]) -> None:
        self._bodies = bodies
        self._records: dict[str, tuple[Record, int, int]] = {}

    def keep(self, digest: str, record: Record) -> None:
        if digest in self._records:
            return
        try:
            at = self._bodies.seek(0, SEEK_END)
            size = self._bodies.write(record.body)
            self._bodies.flush()
        except OSError as error:
            raise ArchiveError(
                f"{gettempdir()}: a body cannot be held there ({error.strerror}); nothing of it was kept, make room "
                "and import the file again"
            ) from error
        self._records[digest] = (replace(record, body=b""), at, size)

    def read(self, digest: str) -> Record | None:
        if digest not in self._records:
            return None
        record, at, size = self._records[digest]
        self._bodies.seek(at)
        return replace(record, body=self._bodies.read(size))


def read_warc(
    path: Path, imported: Imported, *, vendor: str | None = None, type: str | None = None
) -> Iterator[Record]:
    """The document records of the file in its order. What is wrong with the file becomes a problem of ``imported``;
    what came before a fault stays."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    count = end = 0
    try:
        with path.open("rb") as file, TemporaryFile() as bodies:
            payloads = _Payloads(bodies)
            records = ArchiveIterator(file)
            for raw in records:
                count += 1
                record = _record(raw, imported, payloads=payloads, vendor=vendor, type=type)
                if _is_cut_off(raw):
                    imported.problems.append(_cut_off(path, count))
                    return
                if record:
                    yield record
                records.read_to_end(raw)
                end = records.get_record_offset() + records.get_record_length()
            file.seek(end)
            if count and file.read().strip(_PADDING):  # the start of a record, too short to be seen as one
                imported.problems.append(_cut_off(path, count + 1))
    except OSError as error:
        imported.problems.append(f"{path}: cannot be read ({error.strerror or error})")
    except (ArchiveLoadFailed, EOFError, ValueError) as error:
        what = (
            f"is no WARC file ({_one_line(error)}); name another, or import it with clausewatch import file"
            if count == 0
            else f"is damaged after record {count} ({_one_line(error)}); those before it were imported, get it again"
        )
        imported.problems.append(f"{path}: {what}")
    else:
        if count == 0:
            imported.problems.append(f"{path}: holds no records; is it cut off, or empty?")


def _cut_off(path: Path, record: int) -> str:
    return (
        f"{path}: is cut off in record {record}; the records before it were imported, get the whole file and import it "
        "again"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:80]


def _is_cut_off(raw: ArcWarcRecord) -> bool:
    """Whether the record promised more bytes than the file had: warcio hands over what there is without a word."""
    while raw.raw_stream.read(_SKIPPED_AT_ONCE):  # what was left out was not read, or not to its end
        pass
    return raw.rec_headers.get_header("Content-Length") is None or getattr(raw.raw_stream, "limit", 0) > 0


def _record(
    raw: ArcWarcRecord, imported: Imported, *, payloads: _Payloads, vendor: str | None, type: str | None
) -> Record | None:
    url = raw.rec_headers.get_header("WARC-Target-URI") or ""
    if raw.rec_type not in ("response", "resource", "revisit") or not url.startswith(("http://", "https://")):
        imported.left_out[raw.rec_type] += raw.rec_type != "warcinfo"
        return None
    captured_at = _instant(raw.rec_headers.get_header("WARC-Date"))
    if captured_at is None:
        imported.left_out["record without a date"] += 1
        return None
    digest = raw.rec_headers.get_header("WARC-Payload-Digest") or ""
    if raw.rec_type == "revisit":
        return _revisited(payloads.read(digest), imported, url=url, captured_at=captured_at)
    headers = _headers(raw)
    content_type = headers.pop("content-type", "")
    if content_type and content_type.partition(";")[0].strip().lower() not in DOCUMENT_TYPES:
        imported.left_out[content_type.partition(";")[0]] += 1
        return None
    body = raw.content_stream().read(MAX_BYTES + 1)
    if not body or len(body) > MAX_BYTES:
        imported.left_out["empty bodies" if not body else f"bodies over {MAX_BYTES // 1_000_000} MB"] += 1
        return None
    try:
        named = named_by_address(checked_address(url))
    except UsageError:
        imported.left_out["record without an address that can be fetched"] += 1
        return None
    naming = Naming(vendor or named.vendor, type or named.type, url=None if vendor and type else url)
    status = raw.http_headers.get_statuscode() if raw.http_headers else None
    record = Record(
        body, captured_at, naming, Source.WARC, url, status=int(status) if status and status.isdigit() else None,
        content_type=content_type or None, headers={name: headers[name] for name in KEPT_HEADERS if name in headers},
    )  # fmt: skip
    if digest:
        payloads.keep(digest, record)
    return record


def _instant(value: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value or "")
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _headers(raw: ArcWarcRecord) -> dict[str, str]:
    if raw.http_headers is None:  # a resource record: its own type is the body's
        return {"content-type": raw.rec_headers.get_header("Content-Type") or ""}
    pairs: list[tuple[str, Any]] = raw.http_headers.headers
    return {name.lower(): str(value) for name, value in pairs}


def _revisited(original: Record | None, imported: Imported, *, url: str, captured_at: datetime) -> Record | None:
    if original is None:
        imported.left_out["revisit of a record that is not in the file"] += 1
        return None
    return replace(original, url=url, captured_at=captured_at)
