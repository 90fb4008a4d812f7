"""Look at documents as their vendors serve them now: an answer becomes a snapshot, a 304 a sighting of the last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import add_address, due_documents, list_documents, record_look
from archive.snapshots import latest_live, record_sighting, record_snapshot
from archive.watches import changes_of, record_failure, record_good_look
from clausewatch.errors import NotFound
from clausewatch.jobs.pace import interval_of, next_look_at
from clausewatch.model import Document, Snapshot, Source
from clausewatch.settings import Settings
from crawler.captures import capture_of
from crawler.live import fetch_live
from crawler.outcomes import ErrorKind, Outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection

BATCH = 200  # documents in one child process: its start costs a second, its end frees what leaked
PERMANENT = (301, 308)


@dataclass
class Looked:
    """What a crawl came to."""

    looked: int = 0
    new: int = 0
    unchanged: int = 0
    failed: int = 0


def crawl_documents(
    archive: Archive,
    name: str | None,
    *,
    is_due_only: bool,
    settings: Settings,
    now: Callable[[], datetime],
    on_progress: Callable[[str], None],
    stop: threading.Event | None = None,
) -> Looked:
    """Look at the documents of that name, or all, or those that are due. Failures are counted and said, a line each.

    ``stop``, once set, ends it; what was not looked at by then stays as due as it was.
    """
    with archive.read() as connection:
        if is_due_only:
            documents = due_documents(connection, now())
        else:
            documents = [document for document in list_documents(connection, name) if document.url]
    if name and not documents:
        raise NotFound(f"{name}: has no address to crawl; clausewatch add gives it one")
    looked = Looked()
    for at in range(0, len(documents), BATCH):
        _crawl_batch(archive, documents[at : at + BATCH], looked, settings=settings, on_progress=on_progress, stop=stop)
    return looked


def _crawl_batch(
    archive: Archive,
    documents: Sequence[Document],
    looked: Looked,
    *,
    settings: Settings,
    on_progress: Callable[[str], None],
    stop: threading.Event | None,
) -> None:
    with archive.read() as connection:
        held = {document.id: latest_live(connection, document) for document in documents}

    def record(document: Document, outcome: Outcome) -> None:
        said = _record(archive, document, held[document.id], outcome, looked)
        looked.looked += 1
        on_progress(f"{document.name}: {said}")

    held_urls = {id: snapshot.url for id, snapshot in held.items() if snapshot}
    fetch_live(documents, settings=settings, on_outcome=record, held_urls=held_urls, stop=stop)


def _record(archive: Archive, document: Document, held: Snapshot | None, outcome: Outcome, looked: Looked) -> str:
    if outcome.is_unchanged and held is not None:
        with archive.write() as connection:
            record_sighting(connection, held.id, at=outcome.fetched_at)
            due_at = _due_after(connection, document, held, outcome)
            record_look(connection, document, due_at=due_at, etag=document.etag, last_modified=document.last_modified)
        looked.unchanged += 1
        return "not modified"
    if outcome.body is None or outcome.error_kind not in (None, ErrorKind.HTTP, ErrorKind.RATE_LIMITED):
        with archive.write() as connection:
            due_at = _due_after(connection, document, None, outcome)
            record_look(connection, document, due_at=due_at, etag=document.etag, last_modified=document.last_modified)
        looked.failed += 1
        return f"{outcome.error_kind}: {outcome.error}"
    return _record_body(archive, document, held, outcome, outcome.body, looked=looked)


def _record_body(
    archive: Archive,
    document: Document,
    held: Snapshot | None,
    outcome: Outcome,
    body: bytes,
    *,
    looked: Looked,
) -> str:
    sha256 = archive.blobs.write(body)
    is_good = outcome.error_kind is None
    # where the clock was set back, the newest snapshot is another than this one: a 304 would be taken for it
    is_newest = held is None or outcome.fetched_at > held.seen_at
    validators = outcome.headers if is_good and is_newest else {}
    with archive.write() as connection:
        is_same = held is not None and held.sha256 == sha256 and held.status == outcome.status
        if is_same and held is not None:
            record_sighting(connection, held.id, at=outcome.fetched_at)
        else:
            record_snapshot(connection, document, capture_of(outcome, sha256=sha256, source=Source.LIVE))
        if (moved_to := _moved_to(document, outcome)) and is_good:
            add_address(connection, document, moved_to, since_at=outcome.fetched_at)
        due_at = _due_after(connection, document, held if is_same else None, outcome)
        record_look(
            connection,
            document,
            due_at=due_at,
            etag=validators.get("etag"),
            last_modified=validators.get("last-modified"),
        )
    looked.unchanged += is_same
    looked.new += not is_same
    moved = f", moved to {moved_to}" if moved_to and is_good else ""
    if not is_good:
        return f"{outcome.error} (kept as a fault)"
    return ("the same bytes" if is_same else f"new snapshot, {len(body):,} bytes") + moved


def _due_after(connection: Connection, document: Document, seen: Snapshot | None, outcome: Outcome) -> datetime:
    """When to look again; how the look went is kept. ``seen`` is the snapshot that was seen again, if one was."""
    failures = _record_how_it_went(connection, document, seen, outcome)
    changes = changes_of(connection, document)
    interval = interval_of(
        document, text_since_at=changes.newest_at, has_changed=changes.versions > 1, now=outcome.fetched_at
    )
    return next_look_at(
        document.id, looked_at=outcome.fetched_at, interval=interval, failures=failures,
        pause_seconds=outcome.retry_after_seconds,
    )  # fmt: skip


def _record_how_it_went(connection: Connection, document: Document, seen: Snapshot | None, outcome: Outcome) -> int:
    """A failure, or a good look where a page that has been read was seen again; of a new page `settle` says.

    Gives how many looks failed in a row, 0 where this one did not.
    """
    if outcome.error_kind is None and (outcome.body is not None or seen is not None):
        if seen and seen.version:
            record_good_look(connection, document, at=outcome.fetched_at)
        return 0
    return record_failure(
        connection, document, at=outcome.fetched_at, kind=outcome.error_kind or ErrorKind.INCOMPLETE,
        status=outcome.status, reason=outcome.error or f"answered {outcome.status} without a page",
    )  # fmt: skip


def _moved_to(document: Document, outcome: Outcome) -> str | None:
    """The new address where every redirect on the way was permanent."""
    if not outcome.hops or any(hop.status not in PERMANENT for hop in outcome.hops):
        return None
    return outcome.url if outcome.url != document.url else None
