"""Documents settled while others are still looked at: worker processes read a page from when it arrives and compare
what is new in it, while this one records and writes.

What it leaves, because it fails, because much is to be done for it or because it was killed, stays unsettled, for
``settle`` to do and to say.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import differ
from archive import Archive
from archive.changes import note_changes
from archive.documents import unsettled_among
from archive.readings import Read, known_readings
from archive.stirs import mark_stirred
from archive.texts import stored_looks, unread_snapshots_of
from clausewatch.errors import Damaged
from clausewatch.jobs.derivation import Derived, derive
from clausewatch.jobs.reading_ahead import ReadingAhead
from clausewatch.jobs.settle import (
    Made,
    Readings,
    Settled,
    Work,
    arrival_of,
    finish,
    load_texts,
    make,
    steadied,
    still_unread,
    store_readings,
    work_of,
)
from clausewatch.logs import about
from clausewatch.model import Document, Snapshot, Source
from crawler.captures import capture_of
from crawler.outcomes import Outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from notifier.outbox import Queue

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Documents written in one transaction, where only one process can write: so long another one waits for it."""
MOST_UNREAD = 8
"""A document with more snapshots to read is left to ``settle``: the crawl that goes on has no time for it."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A document whose readings are stored, and whose comparisons are being made."""

    document: Document
    found: Derived
    read: list[str]
    made: Future[Made]


@dataclass(frozen=True, slots=True)
class _Written:
    """What became of documents in one transaction."""

    settled: list[Settled] = field(default_factory=list)
    derived: list[tuple[Document, Derived, Work, list[str]]] = field(default_factory=list)  # and what was read of them
    again: dict[str, tuple[Document, list[Snapshot]]] = field(default_factory=dict)  # and what arrived meanwhile


class Flow:
    """Give it what arrives and what was recorded, and call ``advance`` now and then; ``finish`` waits for the rest."""

    def __init__(
        self,
        archive: Archive,
        executor: Executor | None,
        *,
        now: Callable[[], datetime],
        queue: Queue,
        on_settled: Callable[[Settled], None] = lambda settled: None,
    ) -> None:
        self._archive, self._executor, self._now, self._queue = archive, executor, now, queue
        self._on_settled = on_settled
        self._ahead = ReadingAhead(executor)
        self._waiting: dict[str, Document] = {}
        self._unread: dict[str, list[Snapshot]] = {}  # of those
        self._begun: list[_Begun] = []
        self._at_once = AT_ONCE if archive.has_one_writer else 1

    def expect(self, held: Mapping[str, Snapshot]) -> None:
        """Answers of documents are to come, of which these are the newest live snapshots, by document."""
        ids = [snapshot.id for snapshot in held.values()]
        with suppress(Damaged), self._archive.read() as connection:  # whoever needs what is damaged says so
            self._ahead.recall(known_readings(connection, ids, normaliser=differ.REVISION))

    def arrived(self, document: Document, outcome: Outcome) -> None:
        """An answer came, and is about to be recorded."""
        if outcome.body is not None and outcome.error_kind is None:
            sha256 = hashlib.sha256(outcome.body).hexdigest()
            self._ahead.begin(document, outcome.body, capture_of(outcome, sha256=sha256, source=Source.LIVE))

    def glance(self, document: Document) -> Read | None:
        """What came of the document was read as, if that is known by now."""
        return self._ahead.glance(document)

    def recorded(self, documents: Sequence[Document]) -> None:
        """Looks at these documents were recorded: those that are unsettled now are to be settled."""
        with self._archive.read() as connection:
            ids = [document.id for document in documents]
            found = {each.id: each for each in unsettled_among(connection, ids, normaliser=differ.REVISION)}
            unread = unread_snapshots_of(connection, found, normaliser=differ.REVISION) if found else {}
        for document in documents:
            if document.id not in found or len(unread.get(document.id, ())) > MOST_UNREAD:
                self._ahead.forget(document)
                continue
            self._waiting[document.id] = found[document.id]
            self._unread[document.id] = unread.get(document.id, [])
            for snapshot in self._unread[document.id]:
                self._ahead.ask(document, snapshot, self._body_of(snapshot))

    def advance(self) -> None:
        """Do what can be done without waiting for a worker process."""
        while True:
            waiting = [each for each in self._waiting.values() if self._ahead.is_ready(each)][: self._at_once]
            begun = [each for each in self._begun if each.made.done()][: self._at_once - len(waiting)]
            if not waiting and not begun:
                return
            self._settle(waiting, begun)

    def finish(self) -> None:
        """Settle all that was recorded, but for what is left to ``settle``."""
        self.advance()
        while self._waiting or self._begun:
            pending: list[Future[Any]] = [*self._ahead.underway(), *(each.made for each in self._begun)]
            wait(pending, return_when=FIRST_COMPLETED)
            self.advance()

    def _settle(self, waiting: Sequence[Document], begun: Sequence[_Begun]) -> None:
        """Settle them in one transaction; one by one where that fails, and then without those that it fails for."""
        try:
            self._write_all(waiting, begun)
        except Exception as error:  # whatever a page trips: settle meets it again, and says so
            if len(waiting) + len(begun) == 1:
                document = waiting[0] if waiting else begun[0].document
                with about(document=document.name):
                    log.debug("left to be settled by itself: %r", error)
                self._forget(waiting, begun)
                return
            for document in waiting:
                self._settle([document], [])
            for one in begun:
                self._settle([], [one])

    def _forget(self, waiting: Sequence[Document], begun: Sequence[_Begun]) -> None:
        for document in waiting:
            self._waiting.pop(document.id, None)
            self._unread.pop(document.id, None)
            self._ahead.forget(document)
        self._begun = [each for each in self._begun if each not in begun]

    def _write_all(self, waiting: Sequence[Document], begun: Sequence[_Begun]) -> None:
        readings = {document.id: self._readings_of(document) for document in waiting}
        written = _Written()
        ids = [document.id for document in (*waiting, *(each.document for each in begun))]
        with self._archive.write_beside(*ids) as connection:
            unread = unread_snapshots_of(connection, ids, normaliser=differ.REVISION)
            arrivals = [arrival_of(each, unread.get(each.id, ()), readings[each.id]) for each in waiting]
            steady = steadied(connection, [each for each in arrivals if each])
            written.settled.extend(steady.values())
            for document in waiting:
                if document.id not in steady:
                    self._derive(connection, document, readings[document.id], unread.get(document.id, ()), written)
            for each in begun:
                if unread.get(each.document.id) or stored_looks(connection, each.document) != each.found.stored:
                    written.again[each.document.id] = each.document, unread.get(each.document.id, [])
                else:
                    written.settled.append(
                        self._end(connection, each.document, each.found, each.made.result(), read=each.read)
                    )
            mark_stirred(connection, [*written.again, *(document.id for document, *_ in written.derived)])
            if written.settled:
                note_changes(connection, [each.document.vendor for each in written.settled])
        self._forget(waiting, begun)
        self._go_on(written)

    def _derive(
        self, connection: Connection, document: Document, readings: Readings, unread: Sequence[Snapshot],
        written: _Written,
    ) -> None:  # fmt: skip
        store_readings(connection, readings)
        if more := still_unread(unread, readings):
            written.again[document.id] = document, more
            return
        found = derive(connection, document)
        work = work_of(connection, document, found)
        read = [snapshot for snapshot, _ in readings]
        if work.texts:
            written.derived.append((document, found, work, read))
        else:
            written.settled.append(self._end(connection, document, found, Made(), read=read))

    def _go_on(self, written: _Written) -> None:
        for document, unread in written.again.values():
            self._waiting[document.id], self._unread[document.id] = document, unread
        for document, found, work, read in written.derived:
            self._begun.append(_Begun(document, found, read, self._making(document, work)))
        for settled in written.settled:
            self._on_settled(settled)

    def _end(
        self, connection: Connection, document: Document, found: Derived, made: Made, *, read: Sequence[str]
    ) -> Settled:
        return finish(connection, document, found, made, read=read, queue=self._queue, now=self._now())

    def _readings_of(self, document: Document) -> Readings:
        return [
            (snapshot.id, self._ahead.take(document, snapshot, self._body_of(snapshot)))
            for snapshot in self._unread[document.id]
        ]

    def _body_of(self, snapshot: Snapshot) -> Callable[[], bytes]:
        return partial(self._archive.blobs.read, snapshot.sha256)

    def _making(self, document: Document, work: Work) -> Future[Made]:
        made: Future[Made] = Future()
        try:
            with self._archive.read() as connection:
                texts = load_texts(connection, work)
            if self._executor and self._ahead.is_running:
                return self._executor.submit(make, texts, document, work)
            made.set_result(make(texts, document, work))
        except Exception as error:  # as what a worker process raises: for whoever asks for what was made
            made.set_exception(error)
        return made
