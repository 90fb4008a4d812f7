"""Derive everything anew from the snapshots: texts, versions, comparisons. Tells nobody of what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from archive import Archive
from archive.documents import list_documents, mark_rebuilding
from archive.texts import forget_readings
from clausewatch.jobs.settle import Settled, settle


def rebuild_documents(
    archive: Archive,
    name: str | None,
    *,
    now: datetime,
    executor: Executor | None,
    on_progress: Callable[[str], None],
) -> list[Settled]:
    """Read all snapshots again and settle each document; killed anywhere, the next ``settle`` or rebuild goes on."""
    with archive.read() as connection:
        documents = list_documents(connection, name)
    done = []
    for number, document in enumerate(documents, 1):
        with archive.write() as connection:
            forget_readings(connection, document)
            mark_rebuilding(connection, document.id)
        done.append(settle(archive, document, now=now, executor=executor))
        on_progress(
            f"[{number}/{len(documents)}] {document.name}: {done[-1].read} snapshots, {done[-1].versions} versions"
        )
    return done
