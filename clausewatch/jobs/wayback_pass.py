"""The weekly pass: what the Wayback Machine got of each watched document since it was asked last.

Documents are asked for one by one, each at a moment of its own in the week, so that the load is even.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import list_documents
from archive.tallies import watched_since
from archive.watches import Watch, list_watches, mark_asked
from clausewatch.errors import CrawlError, RateLimited
from clausewatch.jobs.backfill import fill_since
from clausewatch.jobs.pace import next_look_at, patience
from clausewatch.model import Document
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

EVERY = timedelta(days=7)
EVERY_UNSEEN = timedelta(days=1)
"""Where the live page is not seen, what others archived stands in for it."""
OVERLAP = timedelta(days=14)
"""What was archived may be listed days later, and is looked for so far back again; what is known is not asked for."""
FOR_ONE_NEVER_SEEN = timedelta(days=90)
"""So far back is looked for what stands in for a document that no live look ever found."""
TROUBLES = 3
"""After so many documents in a row that could not be asked for, it is the archive that is in trouble: the pass ends."""


@dataclass
class Asked:
    """What a pass came to."""

    documents: int = 0
    new: int = 0  # snapshots
    failed: int = 0  # documents that could not be asked for


@dataclass(frozen=True, slots=True)
class Turn:
    """A document's turn: since when its captures are asked for, and when."""

    document: Document
    since_at: datetime
    due_at: datetime


def ask_due(
    archive: Archive,
    *,
    settings: Settings,
    now: Callable[[], datetime],
    on_progress: Callable[[str], None],
    stop: threading.Event | None = None,
) -> Asked:
    """Ask for what was archived of the documents whose turn it is, the longest due first.

    Where the Wayback Machine wants a pause, or is in trouble, the pass ends, and goes on from there the next time.
    ``stop``, once set, ends it; the turn of the document under way stays.
    """
    with archive.read() as connection:
        turns = due_turns(connection, now())
    asked, in_a_row = Asked(), 0
    for turn in turns:
        if (stop and stop.is_set()) or in_a_row >= TROUBLES:
            break
        try:
            was_asked = _ask(archive, turn, asked, settings=settings, now=now(), on_progress=on_progress, stop=stop)
        except RateLimited as error:
            on_progress(f"the pass waits: {error}")
            break
        in_a_row = 0 if was_asked else in_a_row + 1
    return asked


def due_turns(connection: Connection, now: datetime) -> list[Turn]:
    """The documents whose turn it is, the longest due first. One that was never looked at has none."""
    watches, begun = list_watches(connection), watched_since(connection)
    turns = []
    for document in list_documents(connection):
        watch = watches.get(document.id, Watch())
        first_at, failing_at = begun.get(document.id), watch.failure.since_at if watch.failure else None
        begun_at = first_at or failing_at
        if document.url is None or document.due_at is None or begun_at is None:
            continue
        turn = turn_of(document, watch, begun_at=begun_at, now=now)
        if first_at is None and watch.wayback_at is None:
            turn = replace(turn, since_at=begun_at - FOR_ONE_NEVER_SEEN)
        turns.append(turn)
    return sorted((turn for turn in turns if turn.due_at <= now), key=lambda each: (each.due_at, each.document.id))


def turn_of(document: Document, watch: Watch, *, begun_at: datetime, now: datetime) -> Turn:
    """The document's next turn: in its own place of the week, or of the day while it is not seen.

    The first is within a week after it was first seen, at ``begun_at``: what lies before is for a backfill.
    """
    asked_at = watch.wayback_at or begun_at
    if asked_at > now:  # noted by a clock that was ahead: of what it missed nothing is known
        asked_at = begun_at
    failing_since = watch.failure.since_at if watch.failure else None
    is_unseen = failing_since is not None and now - failing_since >= patience(document)
    due_at = next_look_at(document.id, looked_at=asked_at, interval=EVERY_UNSEEN if is_unseen else EVERY)
    return Turn(document, since_at=max(begun_at, asked_at - OVERLAP), due_at=due_at)


def _ask(
    archive: Archive, turn: Turn, asked: Asked, *, settings: Settings, now: datetime,
    on_progress: Callable[[str], None], stop: threading.Event | None,
) -> bool:  # fmt: skip
    """Whether it could be asked for. Where it could not for a reason that passes, its turn stays."""
    try:
        filled = fill_since(
            archive, turn.document, turn.since_at, settings=settings, on_progress=on_progress, stop=stop
        )
    except RateLimited:
        raise
    except CrawlError as error:
        asked.failed += 1
        on_progress(f"{turn.document.name}: {error}")
        if error.retryable:
            return False
    else:
        asked.documents += 1
        asked.new += filled.new
    if stop and stop.is_set():
        return False
    with archive.write() as connection:
        mark_asked(connection, turn.document, at=now)
    return True
