"""Derive everything anew from the snapshots: texts, versions, comparisons. Tells nobody of what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from archive import Archive
from archive.documents import list_documents, mark_rebuilding
from archive.texts import forget_readings
from clausewatch.errors import ArchiveError, Damaged, NotFound
from clausewatch.jobs.settle import Settled, settle


def rebuild_documents(
    archive: Archive,
    name: str | None,
    *,
    now: datetime,
    executor: Executor | None,
    on_progress: Callable[[str], None],
) -> list[Settled]:
    """Read all snapshots again and settle each document; killed anywhere, the next ``settle`` or rebuild goes on.

    A document of which a body is gone or damaged is said, keeps its versions and waits; the others go on. Raises
    Damaged or NotFound where that left nothing to rebuild.
    """
    with archive.read() as connection:
        documents = list_documents(connection, name)
    done: list[Settled] = []
    damage: ArchiveError | None = None
    for number, document in enumerate(documents, 1):
        with archive.write() as connection:
            forget_readings(connection, document)
            mark_rebuilding(connection, document.id)
        try:
            done.append(settle(archive, document, now=now, executor=executor))
            said = f"{done[-1].read} snapshots, {done[-1].versions} versions"
        except (Damaged, NotFound) as error:
            damage = error
            said = f"waits: {error}"
        on_progress(f"[{number}/{len(documents)}] {document.name}: {said}")
    if damage and not done:
        raise damage
    return done
