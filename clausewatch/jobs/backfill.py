"""Fill a document's past from the Wayback Machine: choose captures, play them back, record each as it comes.

Killed anywhere it goes on: what was recorded, and what will never give a page, is not asked for again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive import Archive
from archive.addresses import addresses_of
from archive.documents import list_documents
from archive.playbacks import ELSEWHERE, Playback, forget_playback, playbacks_of, record_playback
from archive.snapshots import Capture, list_snapshots, record_snapshot
from archive.watches import get_watch
from clausewatch.counts import counted
from clausewatch.errors import CrawlError, NotFound, RateLimited
from clausewatch.jobs.bodies import store_body
from clausewatch.jobs.remaining import Remaining
from clausewatch.model import Document, Snapshot, Source
from clausewatch.settings import Settings
from crawler.captures import capture_of
from crawler.cdx import Row, choose
from crawler.limiter import rates_of
from crawler.outcomes import ErrorKind
from crawler.settings import PLAYBACK_SLOT
from crawler.wayback import Played, count_fetches, list_captures, play_back

if TYPE_CHECKING:
    from sqlalchemy import Connection

LASTING = {
    ErrorKind.MISSING, ErrorKind.EXCLUDED, ErrorKind.REDIRECTS, ErrorKind.TOO_LARGE, ErrorKind.ENCODING,
}  # fmt: skip
"""What a capture that gave no page gives the next time too. The archive's trouble passes, and so may our settings."""
ROUNDS = 3  # captures of the same period are tried in the place of lost ones so often
WALLED_LOOKS = 2
"""So many failed looks in a row, and the Wayback Machine stands in for them: one failure is a blip."""

Progress = Callable[[str], None]


@dataclass
class Filled:
    """What a backfill came to, in captures."""

    new: int = 0
    known: int = 0  # recorded by an earlier run
    failed: int = 0
    lost: int = 0  # by an earlier run found to give no page; not asked for
    newest_at: datetime | None = None  # of all captures that were listed


def backfill_documents(
    archive: Archive,
    name: str,
    *,
    from_at: datetime | None,
    to_at: datetime | None,
    every: str,
    settings: Settings,
    on_progress: Progress,
    stop: threading.Event | None = None,
) -> Filled:
    """Fill in the past of the vendor's documents, or of one. What is recorded already is not asked for again.

    Once ``stop`` is set it ends. Raises RateLimited where the archive wants a pause. In both cases what came is kept,
    and the next run goes on.
    """
    with archive.read() as connection:
        documents = [document for document in list_documents(connection, name) if document.url]
    if not documents:
        raise NotFound(f"{name}: has no address; clausewatch add gives it one")
    filled = Filled()
    for document in documents:
        if stop and stop.is_set():
            break
        filling = _Filling(archive, document, filled, settings=settings, every=every, on_progress=on_progress)
        filling.stop = stop
        try:
            filling.run(from_at, to_at)
        except RateLimited:
            raise
        except CrawlError as error:
            filled.failed += 1
            on_progress(f"{document.name}: {error}")
    return filled


def fill_since(
    archive: Archive,
    document: Document,
    since: datetime | None,
    *,
    settings: Settings,
    every: str = "change",
    on_progress: Progress = lambda line: None,
    stop: threading.Event | None = None,
) -> Filled:
    """What the Wayback Machine captured of the document since then, or ever; nobody is told of the past.

    Where the live page has failed for a while, captures since it was last seen stand in for looks at it: they count
    as looks, and what they confirm is told as usual (docs/decisions/0012). ``Filled.newest_at`` is where the next
    pass begins. Raises RateLimited, where the next pass goes on, and CrawlError where the index cannot be had. Once
    ``stop`` is set it ends, with what was not asked for by then left to the next pass.
    """
    filled = Filled()
    filling = _Filling(archive, document, filled, settings=settings, every=every, on_progress=on_progress)
    with archive.read() as connection:
        filling.looks_after = walled_since(connection, document)
    filling.stop = stop
    filling.run(since, None)
    return filled


def walled_since(connection: Connection, document: Document) -> datetime | None:
    """When the live page was last seen, or first failed, where it has failed for a while; None where it is seen."""
    watch = get_watch(connection, document)
    if watch.failure is None or watch.failure.looks < WALLED_LOOKS:
        return None
    return watch.last_good_at or watch.failure.since_at


class _Filling:
    """The past of one document, as it is filled in."""

    def __init__(
        self, archive: Archive, document: Document, filled: Filled, *, settings: Settings, every: str,
        on_progress: Progress,
    ) -> None:  # fmt: skip
        self.archive, self.document, self.filled = archive, document, filled
        self.settings, self.every = settings, every
        self.looks_after: datetime | None = None  # captures later than this are looks
        self.stop: threading.Event | None = None
        self._on_progress = on_progress
        self._asked: set[tuple[str, str]] = set()

    def run(self, from_at: datetime | None, to_at: datetime | None) -> None:
        captures = self._list(from_at, to_at)
        self.filled.newest_at = max((row.captured_at for row in captures), default=None)
        for number in range(ROUNDS):
            past = self._past(captures)
            left = [row for row in captures if _key(row) not in past.lost]
            chosen = choose(left, every=self.every, from_at=from_at, to_at=to_at)
            wanted = [row for row in chosen if not past.is_known(row) and _key(row) not in self._asked]
            if number == 0:
                self.filled.known += sum(past.is_known(row) for row in chosen)
                self.filled.lost += len(past.lost)
            elif not wanted:
                return
            else:
                self._say(f"{counted(len(wanted), 'capture')} tried in the place of lost ones")
            wanted = self._reuse(wanted, past, chosen)
            if number == 0:
                self._say(f"{counted(len(captures), 'capture')} listed, {len(chosen)} chosen, {self._plan(wanted)}")
            self._play(wanted)
            if self.stop and self.stop.is_set():
                return

    def _say(self, line: str) -> None:
        self._on_progress(f"{self.document.name}: {line}")

    def _plan(self, wanted: Sequence[Row]) -> str:
        words = self._remaining(wanted).words
        before = f", {self.filled.lost} gave no page before" if self.filled.lost else ""
        return f"{len(wanted)} to be played back{before}" + (f", {words}" if words else "")

    def _remaining(self, wanted: Sequence[Row]) -> Remaining:
        rates = rates_of(self.settings)
        least = rates[PLAYBACK_SLOT].interval if rates else 0.0
        return Remaining(count_fetches(wanted), least_seconds=least)

    def _list(self, from_at: datetime | None, to_at: datetime | None) -> list[Row]:
        """What the archive holds of all addresses of the document, of each as long as it stood there."""
        with self.archive.read() as connection:
            addresses = addresses_of(connection, self.document)
        until = {address.url: address.until_at for address in addresses}  # of the last time, where it came back
        rows: dict[Row, None] = {}
        problems = []
        for url, until_at in until.items():
            last_at = min(filter(None, (to_at, until_at)), default=None)
            if from_at and last_at and last_at < from_at:
                continue
            try:
                found = list_captures(url, settings=self.settings, from_at=from_at, to_at=last_at, stop=self.stop)
                rows |= dict.fromkeys(found)
            except RateLimited:
                raise
            except CrawlError as error:
                problems.append(error)
        if problems and len(problems) == len(until):
            raise problems[0]
        for problem in problems:
            self.filled.failed += 1
            self._say(str(problem))
        return list(rows)

    def _past(self, captures: Sequence[Row]) -> _Past:
        with self.archive.read() as connection:
            kept = [each for each in list_snapshots(connection, self.document) if each.source is Source.WAYBACK]
            return _Past(kept, playbacks_of(connection, self.document), captures)

    def _reuse(self, wanted: Sequence[Row], past: _Past, chosen: Sequence[Row]) -> list[Row]:
        """Records what has the bytes of a snapshot that is there, by the archive's own digest; gives the rest."""
        held = {row.digest: past.kept[row.captured_at, row.original] for row in chosen if past.holds_bytes_of(row)}
        rest: list[Row] = []
        with self.archive.write() as connection:
            for row in wanted:
                snapshot = held.get(row.digest) if row.is_sure else None
                if snapshot is None or not self.archive.blobs.holds(snapshot.sha256):
                    rest.append(row)
                    continue
                capture = Capture(
                    captured_at=row.captured_at, fetched_at=snapshot.fetched_at, source=Source.WAYBACK,
                    url=row.original, sha256=snapshot.sha256, size=snapshot.size, status=snapshot.status,
                    content_type=snapshot.content_type, is_live=self._is_look(row.captured_at),
                )  # fmt: skip
                record_snapshot(connection, self.document, capture)
                self.filled.new += 1
        return rest

    def _play(self, wanted: Sequence[Row]) -> None:
        if not wanted:
            return
        remaining, done = self._remaining(wanted), 0

        def record(played: Played) -> None:
            nonlocal done
            done += 1
            if not played.is_reused:
                remaining.did_one()
            said = self._record(played)
            words = f"; {remaining.words}" if remaining.words else ""
            self._say(f"[{done}/{len(wanted)}] {played.row.captured_at:%Y-%m-%d}: {said}{words}")

        self._asked |= set(map(_key, wanted))
        play_back(wanted, settings=self.settings, on_outcome=record, stop=self.stop)

    def _record(self, played: Played) -> str:
        outcome, row = played.outcome, played.row
        if outcome.body is None or outcome.status is None or outcome.captured_at is None:
            self.filled.failed += 1
            with self.archive.write() as connection:
                self._note(connection, row, str(outcome.error_kind), outcome.error or "")
            return f"{outcome.error_kind}: {outcome.error}"
        sha256 = store_body(self.archive, outcome.body, self.document, at=outcome.captured_at)
        capture = capture_of(outcome, sha256=sha256, source=Source.WAYBACK)
        capture = replace(capture, is_live=self._is_look(capture.captured_at))
        with self.archive.write() as connection:
            _, is_new = record_snapshot(connection, self.document, capture)
            if (capture.captured_at, capture.url) == (row.captured_at, row.original):
                forget_playback(connection, self.document, url=row.original, timestamp=row.timestamp)
            else:
                self._note(connection, row, ELSEWHERE, f"{outcome.url} at {capture.captured_at:%Y-%m-%dT%H:%M:%SZ}")
        self.filled.new += is_new
        self.filled.known += not is_new
        if not is_new:
            return "known"
        return f"{len(outcome.body):,} bytes" + (", the same as another capture's" if played.is_reused else "")

    def _note(self, connection: Connection, row: Row, kind: str, reason: str) -> None:
        playback = Playback(row.original, row.timestamp, kind, reason)
        record_playback(connection, self.document, playback, asked_at=datetime.now(UTC))

    def _is_look(self, captured_at: datetime) -> bool:
        return self.looks_after is not None and captured_at > self.looks_after


class _Past:
    """What earlier runs made of rows."""

    def __init__(self, snapshots: Sequence[Snapshot], playbacks: Sequence[Playback], captures: Sequence[Row]) -> None:
        self.kept = {(each.captured_at, each.url): each for each in snapshots}
        self.lost = {(each.url, each.timestamp) for each in playbacks if each.kind in LASTING}
        self._elsewhere = {(each.url, each.timestamp) for each in playbacks if each.kind == ELSEWHERE}
        listed = {(row.captured_at, row.original) for row in captures}
        # of before playbacks were kept: no row tells of them but the one whose redirect led there
        self._led_there = {at for at, url in self.kept if (at, url) not in listed}

    def is_known(self, row: Row) -> bool:
        if (row.captured_at, row.original) in self.kept or _key(row) in self._elsewhere:
            return True
        return row.is_redirect and row.captured_at in self._led_there

    def holds_bytes_of(self, row: Row) -> bool:
        """Whether a snapshot has the very bytes of the row, and the row's digest is theirs alone."""
        return row.is_sure and (row.captured_at, row.original) in self.kept


def _key(row: Row) -> tuple[str, str]:
    return row.original, row.timestamp


def row_in_force(rows: list[Row], at: datetime) -> Row | None:
    """The last capture at or before the instant that is no archived error or redirect."""
    usable = [row for row in rows if row.captured_at <= at and (row.status is None or row.status < 300)]
    return max(usable, key=lambda row: (row.timestamp, row.original), default=None)
