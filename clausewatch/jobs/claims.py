"""Claims documents before they are looked at, so that no two crawls look at one at once, whoever began them."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from archive import Archive
from archive.documents import FARTHEST_DUE, get_documents_by_id
from archive.leases import give_up_leases, take_leases
from clausewatch.errors import ArchiveError
from clausewatch.model import Document

log = logging.getLogger(__name__)

CLAIM_SECONDS = 60.0
"""What a crawl that was killed had claimed is free for others after so long."""
_RENEWALS = 3  # in that time: one or two may fail because the database is busy


def holder_of_this_process() -> str:
    """A name for what is held by this process, that no other has: a number of a process comes again."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


@contextmanager
def claimed(
    archive: Archive,
    documents: Sequence[Document],
    *,
    is_due_only: bool,
    now: Callable[[], datetime],
    seconds: float = CLAIM_SECONDS,
) -> Iterator[list[Document]]:
    """Those of the documents that nobody else looks at, as they are now; nobody else does until the block ends.

    With ``is_due_only`` those are left out that somebody looked at since they were found due.
    """
    holder, names = holder_of_this_process(), {_name(each): each for each in documents}
    with archive.write() as connection:
        got = take_leases(connection, list(names), holder=holder, now=now(), seconds=seconds)
        current = get_documents_by_id(connection, [names[name].id for name in got])
    mine = [current[each.id] for each in documents if each.id in current]
    if is_due_only:
        mine = [each for each in mine if _is_due(each, now())]
    done = threading.Event()
    keeper = threading.Thread(
        target=_keep, args=(archive, sorted(got), holder, now), kwargs={"seconds": seconds, "done": done}, daemon=True
    )
    keeper.start()
    try:
        yield mine
    finally:
        done.set()
        keeper.join()
        _give_up(archive, sorted(got), holder)


def _name(document: Document) -> str:
    return f"look {document.id}"


def _is_due(document: Document, now: datetime) -> bool:
    return document.due_at is not None and not now < document.due_at <= now + FARTHEST_DUE


def _keep(
    archive: Archive,
    names: Sequence[str],
    holder: str,
    now: Callable[[], datetime],
    *,
    seconds: float,
    done: threading.Event,
) -> None:
    while not done.wait(seconds / _RENEWALS):
        try:
            with archive.write() as connection:
                take_leases(connection, names, holder=holder, now=now(), seconds=seconds)
        except ArchiveError as error:  # the crawl itself will say what becomes of it
            log.warning("claims of %d documents are not prolonged: %s", len(names), error)


def _give_up(archive: Archive, names: Sequence[str], holder: str) -> None:
    try:
        with archive.write() as connection:
            give_up_leases(connection, names, holder=holder)
    except ArchiveError as error:
        log.warning("claims of %d documents end by themselves: %s", len(names), error)
