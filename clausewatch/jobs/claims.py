"""Claims documents and the lanes of their hosts before they are looked at, so that no two crawls look at one document
or ask one host at once, whoever began them."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import due_documents, get_documents_by_id
from archive.leases import give_up_all, held_leases, prolong_all, take_leases
from clausewatch.clock import steady_seconds
from clausewatch.errors import ArchiveError
from clausewatch.model import Document
from crawler.hosts import host_of
from crawler.lanes import Lanes, take_lanes

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

CLAIM_SECONDS = 60.0
"""What a crawl that was killed had claimed is free for others after so long."""
_RENEWALS = 3  # in that time: one or two may fail because the database is busy


def holder_of_this_process() -> str:
    """A name for what is held by this process, that no other has: a number of a process comes again."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Documents that nobody else looks at."""

    documents: list[Document]
    holder: str
    lanes: Lanes  # of their hosts, and of those to which pages lead

    def still_holds(self, connection: Connection, documents: Collection[str]) -> set[str]:
        """Those of the documents, by id, that are claimed still: a process that was held up for long lost them."""
        names = {_name(id): id for id in documents}
        return {names[name] for name in held_leases(connection, names, holder=self.holder)}


@contextmanager
def claimed(
    archive: Archive,
    documents: Sequence[Document],
    *,
    is_due_only: bool,
    now: Callable[[], datetime],
    seconds: float | None = None,
) -> Iterator[Claim]:
    """Those of the documents that nobody else looks at, as they are now; nobody else does until the block ends, nor
    asks their hosts for anything. A document whose host another crawl asks is left to it, or to a later one.

    With ``is_due_only`` those are left out that somebody looked at since they were found due. ``now`` is the clock that
    all processes share. Raises ClockApart where that of this machine is another: it would date what it finds.
    """
    archive.clock.check()
    holder, lasts = holder_of_this_process(), timedelta(seconds=seconds or CLAIM_SECONDS)
    with archive.write() as connection:
        began = steady_seconds()
        hosts = take_lanes(
            connection, {host_of(each.url or "") for each in documents}, holder=holder, now=now(),
            seconds=lasts.total_seconds(),
        )  # fmt: skip
        askable = [each for each in documents if host_of(each.url or "") in hosts]
        got = take_leases(
            connection, [_name(each.id) for each in askable], holder=holder, now=now(), seconds=lasts.total_seconds()
        )
        ids = [each.id for each in askable if _name(each.id) in got]
        if is_due_only:
            current = {each.id: each for each in due_documents(connection, now(), among=ids)}
        else:
            current = get_documents_by_id(connection, ids)
    mine = [current[id] for id in ids if id in current]
    lanes = Lanes(archive, hosts, holder=holder, now=now, seconds=lasts.total_seconds(), began=began)
    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(archive, holder, lanes, done), kwargs={"now": now, "lasts": lasts})
    keeper.start()
    try:
        yield Claim(mine, holder, lanes)
    finally:
        done.set()
        keeper.join()
        _give_up(archive, holder)


def _name(document: str) -> str:
    return f"look {document}"


def _keep(
    archive: Archive, holder: str, lanes: Lanes, done: threading.Event, *, now: Callable[[], datetime], lasts: timedelta
) -> None:
    while not done.wait(lasts.total_seconds() / _RENEWALS):
        try:
            with archive.write() as connection:
                began = steady_seconds()
                prolong_all(connection, holder=holder, until_at=now() + lasts)
                are_held = lanes.are_held(connection)
        except ArchiveError as error:  # the crawl itself will say what becomes of it
            log.warning("the claims of a crawl are not prolonged: %s", error)
            continue
        if not are_held:
            lanes.lose()
            return
        lanes.renew(began)


def _give_up(archive: Archive, holder: str) -> None:
    try:
        with archive.write() as connection:
            give_up_all(connection, holder=holder)
    except ArchiveError as error:
        log.warning("the claims of a crawl end by themselves: %s", error)
