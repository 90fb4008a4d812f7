"""Derive everything anew from the snapshots: texts, versions, comparisons. Tells nobody of what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from archive import Archive
from archive.documents import list_documents, mark_outdated, mark_rebuilding, rebuilding_documents
from archive.texts import forget_readings
from clausewatch.errors import ArchiveError, Damaged, NotFound
from clausewatch.jobs.settle import Settled, settle
from clausewatch.model import Document


def rebuild_documents(
    archive: Archive,
    name: str | None,
    *,
    now: datetime,
    executor: Executor | None,
    on_progress: Callable[[str], None],
) -> list[Settled]:
    """Read all snapshots again and settle each document. Where an earlier rebuild was stopped, this one goes on with
    what that had left; so does the next ``settle``.

    A document of which a body is gone or damaged is said, keeps its versions and waits; the others go on. Raises
    Damaged or NotFound where that left nothing to rebuild.
    """
    documents = _to_rebuild(archive, name, on_progress=on_progress)
    done: list[Settled] = []
    damage: ArchiveError | None = None
    for number, document in enumerate(documents, 1):
        try:
            done.append(settle(archive, document, now=now, executor=executor))
            said = f"{done[-1].read} snapshots, {done[-1].versions} versions"
        except (Damaged, NotFound) as error:
            damage = error
            said = f"waits: {error}"
            with archive.write() as connection:
                mark_outdated(connection, document.id)
        on_progress(f"[{number}/{len(documents)}] {document.name}: {said}")
    if damage and not done:
        raise damage
    return done


def _to_rebuild(archive: Archive, name: str | None, *, on_progress: Callable[[str], None]) -> list[Document]:
    with archive.write() as connection:
        if left := rebuilding_documents(connection, name):
            on_progress(f"going on with a rebuild that was stopped: {len(left)} documents are left")
            return left
        documents = list_documents(connection, name)
        for document in documents:
            forget_readings(connection, document)
            mark_rebuilding(connection, document.id)
    return documents
