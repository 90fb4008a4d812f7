"""Store the bodies of the archive again as short as can be, while others use it.

Killed anywhere, every body is readable, and the next run goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from archive import Archive
from archive.blobs import NEAR, Taken
from archive.documents import list_documents
from archive.snapshots import list_snapshots
from clausewatch.errors import Damaged, NotFound
from clausewatch.model import Document


@dataclass
class Compacted:
    """What a run came to."""

    before: Taken
    after: Taken
    bodies: int = 0  # of the documents of this database
    gathered: int = 0  # put together in files
    faults: list[str] = field(default_factory=list)  # bodies that cannot be read


def compact(archive: Archive, *, on_progress: Callable[[str], None] | None = None) -> Compacted:
    """Compact document by document, then put small bodies together. Raises ArchiveError where it cannot be written."""
    blobs = archive.blobs
    blobs.reach()
    blobs.erase_all({})  # what a killed takedown left to do
    done = Compacted(before := blobs.taken(), before)
    with archive.read() as connection:
        documents = list_documents(connection)
    for document in documents:
        saved = _compact_document(archive, document, done)
        if on_progress and saved > 0:
            on_progress(f"{document.name}: {saved:,} bytes less")
    with blobs.alone():
        done.gathered = blobs.gather()
    done.after = blobs.taken()
    return done


def _compact_document(archive: Archive, document: Document, done: Compacted) -> int:
    with archive.read() as connection:
        snapshots = list_snapshots(connection, document)
    names = list(dict.fromkeys(snapshot.sha256 for snapshot in snapshots))
    saved = 0
    with archive.blobs.alone():
        for sha256, near in _in_turn(archive, names):
            done.bodies += 1
            try:
                saved += archive.blobs.compact(sha256, near=near)
            except (Damaged, NotFound) as error:
                done.faults.append(f"{document.name}: {error}")
    return saved


def _in_turn(archive: Archive, names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Bodies of format 1 in the order of their capture, then the others by rank: what one leans on comes before it."""
    ranks: dict[str, int] = {}
    for name in names:
        rank = archive.blobs.rank(name)
        if rank is not None:
            ranks[name] = rank
    order = sorted(range(len(names)), key=lambda at: (ranks.get(names[at], 0), at))
    for at in order:
        if names[at] in ranks:
            yield names[at], _beside(names, at, ranks)


def _beside(names: Sequence[str], at: int, ranks: dict[str, int]) -> list[str]:
    """The nearest in time of what comes earlier, those before and after in turn."""
    own = ranks[names[at]]
    near: list[str] = []
    for distance in range(1, len(names)):
        for other in (at - distance, at + distance):
            if not 0 <= other < len(names) or names[other] not in ranks:
                continue
            if ranks[names[other]] < own or (own == 0 and other < at):
                near.append(names[other])
        if len(near) >= NEAR:
            break
    return near[:NEAR]
