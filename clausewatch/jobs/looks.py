"""What live looks are recorded as: pages as snapshots, pages found again as sightings, failures as failures; and when
each document is due again. A group of looks is one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

import differ
from archive import Archive
from archive.addresses import add_address
from archive.looks import (
    Next,
    Sighting,
    Standing,
    changes_of_all,
    record_good_looks,
    record_nexts,
    record_sightings,
    standings_of,
)
from archive.snapshots import record_snapshots
from archive.watches import Changes, get_watch, record_failure
from clausewatch.errors import Collision
from clausewatch.jobs.bodies import store_body
from clausewatch.jobs.claims import Claim
from clausewatch.jobs.overlap import threads
from clausewatch.jobs.pace import interval_of, next_look_at
from clausewatch.jobs.settle import DIFFER_REVISION
from clausewatch.model import Document, Snapshot, Source
from crawler.captures import capture_of
from crawler.hosts import site_of
from crawler.lanes import keep_pause
from crawler.outcomes import ErrorKind, Outcome
from differ.slots import VISITS_A_CHANGE, WINDOW
from differ.timeline import CONFIRMING_SIGHTINGS

if TYPE_CHECKING:
    from sqlalchemy import Connection

PERMANENT = (301, 308)
GONE = (404, 410)
BODIES_AT_ONCE = 4  # on their way to the disk, which is what storing them waits for
SEARCHED = "; looked for on "
"""What stands in the reason of a failure before where a page that is gone was looked for, and what was found."""
STANDING_SIGHTINGS = VISITS_A_CHANGE * (WINDOW - 1) + 1
"""A text that was found so often rotates with no other any more, whatever stood there before."""


_LOST = "left out: another crawl looks at it"


class Kind(Enum):
    """What a look was."""

    NEW = "new"  # a page with other bytes than the one before
    AGAIN = "again"  # the page before
    FAILED = "failed"  # no page, or an error in its place
    LEFT = "left"  # not asked for: its turn comes again, and nothing is known of it


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a document, and what is held of it."""

    document: Document
    held: Snapshot | None  # its newest live snapshot, before the look
    outcome: Outcome
    is_followed: bool = False  # a page that points on led here, or a search: the document stands where it answered


@dataclass(frozen=True, slots=True)
class Said:
    """What a look came to."""

    kind: Kind
    words: str
    failures: int = 0  # looks in a row that got no page, this one among them
    is_moved: bool = False  # the document stands at another address from now on


@dataclass(frozen=True, slots=True)
class _Read:
    """A look with its body stored."""

    look: Look
    kind: Kind
    sha256: str | None  # of a body that came

    @property
    def document(self) -> Document:
        return self.look.document

    @property
    def is_again(self) -> bool:
        """Whether the snapshot that is held was seen once more, be it of an error."""
        held, outcome = self.look.held, self.look.outcome
        if held is None:
            return False
        return outcome.is_unchanged or (self.sha256 == held.sha256 and outcome.status == held.status)

    @property
    def moved_to(self) -> str | None:
        """The new address where every redirect on the way was permanent and the document was seen to stand there, or
        where what points there was followed. A vendor that sends every old page to its first page moves nothing."""
        held, outcome = self.look.held, self.look.outcome
        is_believed = held is not None and held.version is not None and (self.is_again or held.url == outcome.url)
        is_moved = is_believed and bool(outcome.hops) and all(hop.status in PERMANENT for hop in outcome.hops)
        if self.kind in (Kind.FAILED, Kind.LEFT) or not (is_moved or self.look.is_followed):
            return None
        return outcome.url if outcome.url != self.look.document.url else None


class Storing:
    """Bodies that are stored from when they came, a few at once, while others come."""

    def __init__(self, archive: Archive, threads: Executor) -> None:
        self._archive, self._threads = archive, threads
        self._begun: dict[str, tuple[Look, Future[_Read]]] = {}

    def begin(self, look: Look) -> None:
        """Have the body stored of a look that will be recorded."""
        self._begun[look.document.id] = look, self._threads.submit(_store_body, self._archive, look)

    def take(self, look: Look) -> _Read:
        """The look once its body is stored. Raises what storing it raised, once; then it is stored again."""
        begun, stored = self._begun.pop(look.document.id, (None, None))
        return stored.result() if stored and begun is look else _store_body(self._archive, look)


@contextmanager
def storing(archive: Archive) -> Iterator[Storing]:
    """Until the block ends; nobody waits for what is under way where an error ends it."""
    with threads(BODIES_AT_ONCE) as several:
        yield Storing(archive, several)


def record_looks(
    archive: Archive, looks: Sequence[Look], *, claim: Claim | None = None, stored: Storing | None = None
) -> list[Said]:
    """Record the looks, all or none, and say what each came to. No document stands in two of them.

    Where a ``claim`` of the documents was lost, another crawl looks at them: what was found is left out. Bodies are
    ``stored`` by now, or under way.
    """
    if stored is None:
        with storing(archive) as stored:
            for look in looks:
                stored.begin(look)
            return record_looks(archive, looks, claim=claim, stored=stored)
    all_read = [stored.take(look) for look in looks]
    ids = [look.document.id for look in looks]
    try:
        with archive.write_beside(*ids) as connection:
            ours, failures = _record_ours(connection, all_read, claim)
    except Collision:  # two sites that asked two crawls for pauses
        with archive.write() as connection:
            ours, failures = _record_ours(connection, all_read, claim)
    return [
        Said(each.kind, _words(each), failures.get(each.document.id, 0), each.moved_to is not None)
        if each.document.id in ours
        else Said(each.kind, _LOST)
        for each in all_read
    ]


def _record_ours(
    connection: Connection, all_read: Sequence[_Read], claim: Claim | None
) -> tuple[set[str], dict[str, int]]:
    """The documents that are ours still, and of those that failed now how many looks in a row did."""
    ours = {each.document.id for each in all_read}
    if claim:
        ours = claim.still_holds(connection, ours)
    read = [each for each in all_read if each.document.id in ours]
    return ours, _record(connection, read)


def _record(connection: Connection, all_read: Sequence[_Read]) -> dict[str, int]:
    read = [each for each in all_read if each.kind is not Kind.LEFT or each.look.outcome.retry_after_seconds]
    _record_sightings(connection, [each for each in read if each.is_again])
    record_snapshots(
        connection,
        [
            (each.document, capture_of(each.look.outcome, sha256=each.sha256, source=Source.LIVE))
            for each in read
            if each.sha256 and not each.is_again
        ],
    )
    for each in read:
        if each.moved_to:
            add_address(connection, each.document, each.moved_to, since_at=each.look.outcome.fetched_at)
    record_good_looks(connection, [(each.document, each.look.outcome.fetched_at) for each in read if _good(each)])
    failures = {each.document.id: _record_failure(connection, each) for each in read if each.kind is Kind.FAILED}
    for each in read:
        _keep_pause(connection, each.look.outcome)
    changes = changes_of_all(connection, [each.document.id for each in read])
    record_nexts(connection, [_next(each, changes, failures) for each in read])
    return failures


def _store_body(archive: Archive, look: Look) -> _Read:
    outcome, held = look.outcome, look.held
    if not outcome.was_asked:
        return _Read(look, Kind.LEFT, None)
    is_kept = outcome.error_kind in (None, ErrorKind.HTTP, ErrorKind.RATE_LIMITED, ErrorKind.NO_BROWSER)
    sha256 = None
    if outcome.body is not None and is_kept:
        nearest = held.sha256 if held else None
        sha256 = store_body(archive, outcome.body, look.document, at=outcome.fetched_at, nearest=nearest)
    read = _Read(look, Kind.NEW, sha256)
    is_page = outcome.error_kind is None and (sha256 is not None or (outcome.is_unchanged and held is not None))
    if not is_page:
        return _Read(look, Kind.FAILED, sha256)
    return _Read(look, Kind.AGAIN, sha256) if read.is_again else read


def _record_sightings(connection: Connection, read: Sequence[_Read]) -> None:
    sightings = [
        Sighting(each.document, each.look.held.id, each.look.outcome.fetched_at) for each in read if each.look.held
    ]
    standings = standings_of(
        connection, [each.snapshot for each in sightings], normaliser=differ.REVISION, differ=DIFFER_REVISION
    )
    resting = {}
    for each in sightings:
        standing = standings.get(each.snapshot)
        if standing and standing.version and is_resting(standing) and each.at > standing.seen_at:
            resting[each.snapshot] = standing.version
    record_sightings(connection, sightings, resting=resting)


def is_resting(standing: Standing) -> bool:
    """Whether nothing is decided anew where the snapshot is seen once more: the newest of its document, believed,
    confirmed if there is another before it, and too steady to rotate if there are several."""
    if not standing.is_settled or not standing.is_newest or standing.version is None:
        return False
    needed = {0: 0, 1: CONFIRMING_SIGHTINGS}.get(standing.others, STANDING_SIGHTINGS)
    return standing.sightings >= needed


def _good(read: _Read) -> bool:
    """Whether a page that has been read was seen again; of a new page ``settle`` says."""
    held = read.look.held
    return read.kind is Kind.AGAIN and held is not None and held.version is not None


def _record_failure(connection: Connection, read: _Read) -> int:
    """How many looks failed in a row, this one among them."""
    document, outcome = read.document, read.look.outcome
    reason = outcome.error or f"answered {outcome.status} without a page"
    if outcome.status in GONE and (known := get_watch(connection, document).failure):
        reason += search_said(known.reason)
    return record_failure(
        connection, document, at=outcome.fetched_at, kind=outcome.error_kind or ErrorKind.INCOMPLETE,
        status=outcome.status, reason=reason,
    )  # fmt: skip


def search_said(reason: str) -> str:
    """What the reason of a failure says of a search for the page, from SEARCHED on; empty if there was none."""
    _, mark, said = reason.partition(SEARCHED)
    return mark + said


def _next(read: _Read, changes: dict[str, Changes], failures: dict[str, int]) -> Next:
    """When to look again, and with which validators."""
    document, outcome = read.document, read.look.outcome
    if read.kind is Kind.LEFT:
        return Next(document.id, _after_pause(document, outcome), document.etag, document.last_modified)
    changed = changes.get(document.id, Changes(newest_at=None, versions=0))
    interval = interval_of(
        document, text_since_at=changed.newest_at, has_changed=changed.versions > 1, now=outcome.fetched_at
    )
    due_at = next_look_at(
        document.id, looked_at=outcome.fetched_at, interval=interval, failures=failures.get(document.id, 0),
        pause_seconds=outcome.retry_after_seconds,
    )  # fmt: skip
    etag, last_modified = _validators(read)
    return Next(document.id, due_at, etag, last_modified)


def _keep_pause(connection: Connection, outcome: Outcome) -> None:
    """What a site asked of one crawl holds for the next ones, and for its other documents."""
    if outcome.was_asked and outcome.error_kind is ErrorKind.RATE_LIMITED and outcome.retry_after_seconds:
        until_at = outcome.fetched_at + timedelta(seconds=outcome.retry_after_seconds)
        keep_pause(connection, site_of(outcome.url), until_at=until_at, now=outcome.fetched_at)


def _after_pause(document: Document, outcome: Outcome) -> datetime:
    """When a document is due that was not asked for, because its site wanted a pause: then, or as it was if later."""
    until_at = outcome.fetched_at + timedelta(seconds=outcome.retry_after_seconds or 0.0)
    return max(until_at, document.due_at or until_at)


def _validators(read: _Read) -> tuple[str | None, str | None]:
    """Those of the page that is held from now on; none where an error was kept in its place."""
    document, outcome, held = read.document, read.look.outcome, read.look.held
    if read.kind is Kind.FAILED and read.sha256 is not None:
        return None, None
    if read.kind is Kind.FAILED or outcome.status == 304:
        return document.etag, document.last_modified
    # where the clock was set back, the newest snapshot is another than this one: a 304 would be taken for it
    is_newest = held is None or outcome.fetched_at > held.seen_at
    headers = outcome.headers if is_newest else {}
    return headers.get("etag"), headers.get("last-modified")


def _words(read: _Read) -> str:
    outcome = read.look.outcome
    if read.kind is Kind.LEFT:
        return f"not looked at: {outcome.error}"
    if read.kind is Kind.FAILED:
        kept = " (kept as a fault)" if read.sha256 else ""
        return f"{outcome.error}{kept}" if kept else f"{outcome.error_kind}: {outcome.error}"
    if outcome.status == 304:
        words = "not modified"
    elif read.kind is Kind.AGAIN:
        words = "the same bytes"
    else:
        words = f"new snapshot, {len(outcome.body or b''):,} bytes"
    return f"{words}, moved to {read.moved_to}" if read.moved_to else words
