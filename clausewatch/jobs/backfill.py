"""Fill a document's past from the Wayback Machine: choose captures, play them back, record each as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from archive import Archive
from archive.documents import addresses_of, list_documents
from archive.snapshots import is_recorded, record_snapshot
from clausewatch.errors import CrawlError, NotFound, RateLimited
from clausewatch.model import Document, Source
from clausewatch.settings import Settings
from crawler.captures import capture_of
from crawler.cdx import Row, choose
from crawler.wayback import Played, list_captures, play_back


@dataclass
class Filled:
    """What a backfill came to, in captures."""

    new: int = 0
    known: int = 0  # recorded by an earlier run
    failed: int = 0


def backfill_documents(
    archive: Archive,
    name: str,
    *,
    from_at: datetime | None,
    to_at: datetime | None,
    every: str,
    settings: Settings,
    on_progress: Callable[[str], None],
) -> Filled:
    """Fill in the past of the vendor's documents, or of one. What is recorded already is not asked for again.

    Raises RateLimited where the archive wants a pause: what came is kept, the next run goes on.
    """
    with archive.read() as connection:
        documents = [document for document in list_documents(connection, name) if document.url]
    if not documents:
        raise NotFound(f"{name}: has no address; clausewatch add gives it one")
    filled = Filled()
    for document in documents:
        try:
            _backfill(
                archive, document, filled, from_at=from_at, to_at=to_at, every=every, settings=settings,
                on_progress=on_progress,
            )  # fmt: skip
        except RateLimited:
            raise
        except CrawlError as error:
            filled.failed += 1
            on_progress(f"{document.name}: {error}")
    return filled


def _backfill(
    archive: Archive,
    document: Document,
    filled: Filled,
    *,
    from_at: datetime | None,
    to_at: datetime | None,
    every: str,
    settings: Settings,
    on_progress: Callable[[str], None],
) -> None:
    with archive.read() as connection:
        urls = list(dict.fromkeys(address.url for address in addresses_of(connection, document)))
    captures = [row for url in urls for row in list_captures(url, settings=settings, from_at=from_at, to_at=to_at)]
    chosen = choose(captures, every=every, from_at=from_at, to_at=to_at)
    with archive.read() as connection:
        wanted = [
            row
            for row in chosen
            if not is_recorded(connection, document, captured_at=row.captured_at, source=Source.WAYBACK)
        ]
    filled.known += len(chosen) - len(wanted)
    on_progress(
        f"{document.name}: {len(captures)} captures listed, {len(chosen)} chosen, {len(wanted)} to be played back"
    )
    done = 0

    def record(played: Played) -> None:
        nonlocal done
        done += 1
        said = _record(archive, document, played, filled)
        on_progress(f"{document.name}: [{done}/{len(wanted)}] {played.row.captured_at:%Y-%m-%d}: {said}")

    play_back(wanted, settings=settings, on_outcome=record)


def _record(archive: Archive, document: Document, played: Played, filled: Filled) -> str:
    outcome = played.outcome
    if outcome.body is None or outcome.status is None or outcome.captured_at is None:
        filled.failed += 1
        return f"{outcome.error_kind}: {outcome.error}"
    sha256 = archive.blobs.write(outcome.body)
    with archive.write() as connection:
        _, is_new = record_snapshot(connection, document, capture_of(outcome, sha256=sha256, source=Source.WAYBACK))
    filled.new += is_new
    filled.known += not is_new
    if not is_new:
        return "known"
    return f"{len(outcome.body):,} bytes" + (", the same as another capture's" if played.is_reused else "")


def row_in_force(rows: list[Row], at: datetime) -> Row | None:
    """The last capture at or before the instant that is no archived error or redirect."""
    usable = [row for row in rows if row.captured_at <= at and (row.status is None or row.status < 300)]
    return max(usable, key=lambda row: (row.timestamp, row.original), default=None)
