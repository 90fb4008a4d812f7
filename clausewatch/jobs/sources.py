"""What ``diff`` and ``show`` may be given: ``-``, a file, an address, VENDOR/DOCUMENT[@DATE], or a snapshot's id."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import differ
from clausewatch.errors import ClausewatchError, CrawlError, ExtractionError, NotFound, UsageError
from clausewatch.instants import end_of_period
from clausewatch.model import Comparison, Reading, Side, Text

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.settings import Settings

MAX_BYTES = 20_000_000
"""A longer body is no policy; the crawler has the same limit."""

OpenArchive = Callable[[], "AbstractContextManager[Archive]"]


@dataclass(frozen=True, slots=True)
class Given:
    """A text that was asked for, as one side of a comparison; ``reading`` where it was read just now."""

    text: Text
    side: Side
    reading: Reading | None = None
    vendor_name: str | None = None
    body_sha256: str | None = None  # of what was read just now


def compare_given(before: Given, after: Given) -> Comparison:
    """What lies between two texts that were asked for."""
    from differ.comparing import compare

    return compare(
        before.text, after.text, before_side=before.side, after_side=after.side,
        vendor_name=after.vendor_name or before.vendor_name,
        have_bodies_differed=before.body_sha256 != after.body_sha256,
    )  # fmt: skip


def resolve(spec: str, *, settings: Settings, open_archive: OpenArchive) -> Given:
    """The text that ``spec`` stands for: tried as ``-``, a path that exists, http(s)://, VENDOR/DOCUMENT[@DATE].

    Raises UsageError where it is none of these, ExtractionError where there is no text, NotFound.
    """
    if spec == "-":
        return given_body(sys.stdin.buffer.read(MAX_BYTES + 1), label="standard input", name=None)
    if _is_there(spec):
        return given_file(Path(spec))
    if spec.lower().startswith(("http://", "https://")):
        return given_address(spec, settings=settings)
    if _SNAPSHOT.fullmatch(spec):
        return _given_snapshot(spec, open_archive=open_archive)
    name, is_dated, date = spec.partition("@")
    parts = name.split("/")
    if len(parts) != 2 or not all(parts) or parts[0] in (".", "..") or "://" in spec:
        raise UsageError(f"{spec}: is no file that exists, no http(s) address and no VENDOR/DOCUMENT[@DATE]")
    return _given_version(name, end_of_period(date) if is_dated else None, open_archive=open_archive)


def _is_there(spec: str) -> bool:
    try:
        return Path(spec).exists()
    except (OSError, ValueError):  # too long for a name, a NUL in it, a folder that may not be entered
        return False


def given_file(path: Path) -> Given:
    """The text of a file. Raises ExtractionError where it holds none."""
    return given_body(body_of_file(path), label=str(path), name=path.name)


def body_of_file(path: Path) -> bytes:
    """What the file holds. Raises ClausewatchError where it cannot be read or is longer than any policy."""
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; name a file in it")
        size = path.stat().st_size
        body = _beginning(path) if size <= MAX_BYTES else b""
    except OSError as error:
        raise ClausewatchError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{str(path)!r}: cannot be read ({error})") from error
    if size > MAX_BYTES:
        raise ExtractionError(_too_large(str(path), size))
    return body


def _beginning(path: Path) -> bytes:
    """What a file holds, or as much as is too much: a pipe says no size, and may have no end."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def given_body(
    body: bytes, *, label: str, name: str | None, content_type: str | None = None, url: str | None = None,
    at: datetime | None = None,
) -> Given:  # fmt: skip
    """The text of a body. Raises ExtractionError where it holds none."""
    if len(body) > MAX_BYTES:
        raise ExtractionError(_too_large(label, len(body)))
    reading = differ.read(body, content_type=content_type, url=url, name=name)
    if not reading.text.blocks:
        what = f"{reading.fault.value}: {reading.fault_reason}" if reading.fault else "it holds no text"
        raise ExtractionError(f"{label}: no text can be read ({what}); is it the file that you mean?")
    digest = hashlib.sha256(body).hexdigest()
    return Given(reading.text, _side(reading.text, label=label, at=at), reading, body_sha256=digest)


def _too_large(label: str, size: int) -> str:
    megabytes = -(-size // 1_000_000)
    return f"{label}: is {megabytes} MB; nothing over {MAX_BYTES // 1_000_000} MB is read, no policy is that long"


def given_address(url: str, *, settings: Settings) -> Given:
    """The text of an address as it is now. Raises CrawlError, ExtractionError, UsageError."""
    from clausewatch.jobs.naming import checked_address
    from clausewatch.jobs.rendering import fetch_shown_page

    outcome = fetch_shown_page(checked_address(url), settings=settings)
    if outcome.error or outcome.body is None:
        raise CrawlError(
            f"{url}: {outcome.error}; --from and --to ask for its past", url=url, retryable=outcome.retryable
        )
    return given_body(
        outcome.body, label=url, name=None, content_type=outcome.headers.get("content-type"), url=outcome.url,
        at=outcome.fetched_at,
    )  # fmt: skip


_SNAPSHOT = re.compile(r"[0-9a-f]{16}")


def _given_snapshot(snapshot: str, *, open_archive: OpenArchive) -> Given:
    """What one snapshot shows, though it may be a fault."""
    from archive.snapshots import get_snapshot
    from archive.texts import text_of_snapshot

    with open_archive() as archive, archive.read() as connection:
        found = get_snapshot(connection, snapshot)
        text = text_of_snapshot(connection, snapshot)
    return Given(text, _side(text, label=f"snapshot {snapshot}", at=found.captured_at))


def _given_version(name: str, at: datetime | None, *, open_archive: OpenArchive) -> Given:
    from archive.documents import get_document
    from archive.versions import text_of, version_at

    document = None
    try:
        with open_archive() as archive, archive.read() as connection:
            document = get_document(connection, name)
            version = version_at(connection, document, at)
            text = text_of(connection, version.id)
    except NotFound as error:
        if document or "." not in name:
            raise
        raise NotFound(f"{name}: no such file, and no such document; see clausewatch documents") from error
    label = f"{document.vendor_name}, {document.type}"
    return Given(text, _side(text, label=label, at=version.first_at, id=version.id), vendor_name=document.vendor_name)


def _side(text: Text, *, label: str, at: datetime | None, id: str | None = None) -> Side:
    return Side(id=id, label=label, at=at, language=text.language, words=text.words, sha256=text.sha256)
