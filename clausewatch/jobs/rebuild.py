"""Derive everything anew from the snapshots: texts, versions, comparisons. Tells nobody of what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from archive import Archive
from archive.documents import list_documents, mark_outdated, mark_rebuilding, rebuilding_documents
from archive.texts import forget_readings
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError
from clausewatch.jobs.overlap import overlapping
from clausewatch.jobs.settle import DOCUMENTS_AT_ONCE, Settled, settle_or_problem
from clausewatch.logs import about
from clausewatch.model import Document


def rebuild_documents(
    archive: Archive,
    name: str | None,
    *,
    now: datetime,
    executor: Executor | None,
    on_progress: Callable[[str], None],
) -> list[Settled]:
    """Read all snapshots again and settle each document. Where an earlier rebuild of these documents, or of more, was
    stopped, this one goes on with what that had left of them; so does the next ``settle``.

    A document that cannot be settled is said, keeps its versions and waits; the others go on. Raises what keeps the
    last of them waiting where that left nothing to rebuild.
    """
    documents = documents_to_rebuild(archive, name, on_progress=on_progress)
    done: list[Settled] = []
    problem: ClausewatchError | None = None

    def settle_one(document: Document) -> Settled | ClausewatchError:
        with about(document=document.name):
            return settle_or_problem(archive, document, now=now, executor=executor)

    all_settled = overlapping(settle_one, documents, at_once=DOCUMENTS_AT_ONCE if executor else 1)
    for number, (document, settled) in enumerate(all_settled, 1):
        if isinstance(settled, Settled):
            done.append(settled)
            said = f"{counted(settled.read, 'snapshot')}, {counted(settled.versions, 'version')}"
        else:
            problem = settled
            said = f"waits: {problem}"
            with archive.write() as connection:
                mark_outdated(connection, document.id)
        on_progress(f"[{number}/{len(documents)}] {document.name}: {said}")
    if problem and not done:
        raise problem
    return done


def documents_to_rebuild(archive: Archive, name: str | None, *, on_progress: Callable[[str], None]) -> list[Document]:
    """Mark the documents of that name, or all, so that they are made anew when they are settled next; or give those
    that an earlier rebuild of these, or of more, has left."""
    with archive.write() as connection:
        if left := rebuilding_documents(connection, name):
            on_progress(f"going on with a rebuild that was stopped: {counted(len(left), 'document')} left")
            return left
        documents = list_documents(connection, name)
        for document in documents:
            forget_readings(connection, document)
            mark_rebuilding(connection, document.id, name=name)
    return documents
