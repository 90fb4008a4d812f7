"""Take down a document or one of its versions: bytes and words go, hashes, days and the reason stay."""

from __future__ import annotations

from datetime import datetime

from archive import Archive
from archive.blobs import Stone
from archive.scrubbing import scrub
from archive.takedowns import Taken, bodies_held, list_tombstones, stop_watching, take_down
from clausewatch.errors import UsageError
from clausewatch.jobs.settle import settle
from clausewatch.model import Document, Version

LONGEST_REASON = 500
"""Characters. The reason stands on public pages, in exports and in place of the body."""


def take_down_and_erase(
    archive: Archive, document: Document, version: Version | None, *, reason: str, now: datetime
) -> Taken:
    """Take down the version wherever its text stood in the document, or all of the document, which is not looked at
    any more then. Stopped anywhere, the same command finishes it.

    Raises UsageError where the reason says nothing, ArchiveError where the files cannot be rewritten.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise UsageError(f"a takedown needs a reason of 1 to {LONGEST_REASON} characters; visitors read it")
    with archive.write() as connection:
        taken = take_down(connection, document, version, reason=reason, on=now.date())
        if version is None:
            stop_watching(connection, document)
    scrub_again(archive, document, now=now)
    return taken


def scrub_again(archive: Archive, document: Document, *, now: datetime) -> None:
    """Erase what the tombstones say is gone, derive the document anew, and rewrite the database.

    Raises ArchiveError where the files cannot be rewritten.
    """
    erase_bodies(archive)
    settle(archive, document, now=now)
    scrub(archive.engine)


def erase_bodies(archive: Archive) -> int:
    """Erase the bodies that the database says are gone and that lie there still; how many tombstones there are.

    A body that a snapshot stands on stays, whatever tombstone an import brought.
    """
    with archive.read() as connection:
        stones = list_tombstones(connection)
        held = bodies_held(connection, [stone.sha256 for stone in stones])
    stones = [stone for stone in stones if stone.sha256 not in held]
    archive.blobs.erase_all({stone.sha256: Stone(stone.erased_on, stone.reason) for stone in stones})
    return len(stones)
