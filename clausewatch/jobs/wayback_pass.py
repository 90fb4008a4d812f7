"""The weekly pass: what the Wayback Machine got of each watched document since it was asked last.

Documents are asked for one by one, each at a moment of its own in the week, so that the load is even.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from archive import Archive
from archive.coverage import coverages
from archive.documents import list_documents
from archive.watches import Watch, list_watches, mark_asked
from clausewatch.errors import CrawlError, RateLimited
from clausewatch.jobs.backfill import backfill_documents
from clausewatch.jobs.pace import next_look_at, patience
from clausewatch.model import Document
from clausewatch.settings import Settings

EVERY = timedelta(days=7)
EVERY_UNSEEN = timedelta(days=1)
"""Where the live page is not seen, what others archived stands in for it."""
OVERLAP = timedelta(days=14)
"""What was archived may be listed days later, and is looked for so far back again; what is known is not asked for."""


@dataclass
class Asked:
    """What a pass came to."""

    documents: int = 0
    new: int = 0  # snapshots
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """A document whose turn it is, and since when its captures are asked for."""

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

    Where the Wayback Machine wants a pause the pass ends, and goes on from there the next time. ``stop``, once set,
    ends it after the document under way.
    """
    with archive.read() as connection:
        turns = due_turns(connection, now())
    asked = Asked()
    for turn in turns:
        if stop and stop.is_set():
            break
        try:
            _ask(archive, turn, asked, settings=settings, now=now(), on_progress=on_progress)
        except RateLimited as error:
            on_progress(f"the pass waits: {error}")
            break
    return asked


def due_turns(connection: Connection, now: datetime) -> list[Turn]:
    """The documents whose turn it is, the longest due first. One that no live look found yet has none."""
    watches, covered = list_watches(connection), coverages(connection, now=now)
    turns = []
    for document in list_documents(connection):
        begun_at = covered[document.id].watched_from_at
        if document.url is None or document.due_at is None or begun_at is None:
            continue
        turn = turn_of(document, watches.get(document.id, Watch()), begun_at=begun_at, now=now)
        if turn.due_at <= now:
            turns.append(turn)
    return sorted(turns, key=lambda each: (each.due_at, each.document.id))


def turn_of(document: Document, watch: Watch, *, begun_at: datetime, now: datetime) -> Turn:
    """The document's next turn: in its own place of the week, or of the day while it is not seen."""
    # an instant ahead was noted by a clock that was wrong
    asked_at = min(watch.wayback_at or begun_at, now)
    failing_since = watch.failure.since_at if watch.failure else None
    is_unseen = failing_since is not None and now - failing_since >= patience(document)
    every = EVERY_UNSEEN if is_unseen else EVERY
    due_at = next_look_at(document.id, looked_at=asked_at, interval=every)
    since_at = max(begun_at, asked_at - OVERLAP)
    return Turn(document, since_at=since_at, due_at=due_at)


def _ask(
    archive: Archive,
    turn: Turn,
    asked: Asked,
    *,
    settings: Settings,
    now: datetime,
    on_progress: Callable[[str], None],
) -> None:
    try:
        filled = backfill_documents(
            archive, turn.document.name, from_at=turn.since_at, to_at=None, every="change", settings=settings,
            on_progress=on_progress,
        )  # fmt: skip
    except RateLimited:
        raise
    except CrawlError as error:
        asked.failed += 1
        on_progress(f"{turn.document.name}: {error}")
    else:
        asked.documents += 1
        asked.new += filled.new
    # after a failure too: it is asked for again in its next turn, which goes back further than this one did
    with archive.write() as connection:
        mark_asked(connection, turn.document, at=now)
