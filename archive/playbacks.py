"""What the Wayback Machine was asked for and gave no page of its own time for, so that it is not asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from archive.tables import playbacks
from clausewatch.model import Document

LONGEST_REASON = 500
ELSEWHERE = "elsewhere"
"""The kind of a playback that gave a page of another time or address: the snapshot does not tell of the row."""


@dataclass(frozen=True, slots=True)
class Playback:
    """A capture that was asked for, by the address and the time (14 digits) of its row in the index."""

    url: str
    timestamp: str
    kind: str  # crawler.outcomes.ErrorKind, or ELSEWHERE
    reason: str


def record_playback(connection: Connection, document: Document, playback: Playback, *, asked_at: datetime) -> None:
    """Keep what became of the playback; a later one of the same row takes its place."""
    values = {"kind": playback.kind, "reason": playback.reason[:LONGEST_REASON], "asked_at": asked_at}
    key = {"document": document.id, "url": playback.url, "timestamp": playback.timestamp}
    is_it = (playbacks.c[name] == value for name, value in key.items())
    if not connection.execute(update(playbacks).where(*is_it).values(**values)).rowcount:
        connection.execute(insert(playbacks).values(**key, **values))


def forget_playback(connection: Connection, document: Document, *, url: str, timestamp: str) -> None:
    """The row gave its page after all: the snapshot tells of it."""
    is_it = (playbacks.c.document == document.id, playbacks.c.url == url, playbacks.c.timestamp == timestamp)
    connection.execute(delete(playbacks).where(*is_it))


def playbacks_of(connection: Connection, document: Document) -> list[Playback]:
    """The document's playbacks that gave no page of their own time, oldest first."""
    rows = connection.execute(
        select(playbacks).where(playbacks.c.document == document.id).order_by(playbacks.c.timestamp, playbacks.c.url)
    )
    return [Playback(row.url, row.timestamp, row.kind, row.reason) for row in rows]
