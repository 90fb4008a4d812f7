"""Store bodies beside the earlier ones of the same document, which they are much like."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from archive import Archive
from archive.blobs import NEAR
from archive.documents import slug_of
from archive.neighbours import bodies_near, bodies_of_type_near
from clausewatch.model import Document

MOST_NAMED = 5
"""Bodies that a command names where many are missing or damaged: what is wrong with them is the same thing."""


def store_body(archive: Archive, body: bytes, document: Document, *, at: datetime, nearest: str | None = None) -> str:
    """Store the body of a snapshot that is of that moment; its SHA-256. ``nearest`` is that of the snapshot before, if
    it is known. Raises ArchiveError."""
    return archive.blobs.write(body, near=_near(archive, document, at, nearest=nearest))


def _near(archive: Archive, document: Document, at: datetime, *, nearest: str | None) -> Iterator[str]:
    """Looked up only where the body is new, and not next to the same as the nearest."""
    if nearest:
        yield nearest
    with archive.read() as connection:
        found = bodies_near(connection, document.id, at=at, count=NEAR)
    yield from (each for each in found if each != nearest)


class Incoming:
    """Bodies that come one after the other, of many documents, before it is known which these are."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._last: dict[tuple[str, str], list[str]] = {}

    def store(self, body: bytes, *, vendor: str, type: str, at: datetime) -> str:
        """Store the body of a document of that vendor and type; its SHA-256. Raises ArchiveError."""
        last = self._last.setdefault((vendor, type), [])
        sha256 = self._archive.blobs.write(body, near=self._near(last, vendor, type, at))
        if sha256 in last:
            last.remove(sha256)
        last[:] = [sha256, *last][:NEAR]
        return sha256

    def _near(self, last: list[str], vendor: str, type: str, at: datetime) -> Iterator[str]:
        yield from last
        if len(last) < NEAR:
            with self._archive.read() as connection:
                found = bodies_of_type_near(connection, slug_of(vendor), type, at=at, count=NEAR)
            yield from found
