"""Pages that are read by worker processes from the moment they arrive, before anything is recorded of them.

What was read and is not asked for, by a kill or because another settled the document, is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future

from archive.readings import Known, Read
from clausewatch.jobs.cluster import EndsWorkers
from clausewatch.jobs.reading import Answer, read_from, read_snapshot, unreadable
from clausewatch.jobs.survivors import WORTH_WORKERS
from clausewatch.model import Document, Snapshot

MOST_AHEAD = 256
"""Readings that nobody asked for yet: a text is a few hundred kilobytes in memory. Beyond, pages are read when it is
their turn."""

log = logging.getLogger(__name__)

_Key = tuple[object, ...]


class ReadingAhead:
    """Readings that are under way, or done and not asked for yet."""

    def __init__(self, executor: Executor | None) -> None:
        self._executor = executor
        self._begun: dict[str, dict[_Key, Future[Read]]] = {}
        self._known: dict[str, Known] = {}
        self._count = self._arrived = 0

    def recall(self, known: Mapping[str, Known]) -> None:
        """What these documents, by id, were read as last: what says the same is not read to the end."""
        self._known.update(known)

    def begin(self, document: Document, body: bytes, answer: Answer) -> None:
        """Have a page read that has come."""
        self._arrived += 1
        if self._executor and self._count < MOST_AHEAD and (self._arrived >= WORTH_WORKERS or self.is_running):
            self._submit(self._executor, document, body, answer)

    @property
    def is_running(self) -> bool:
        """Whether worker processes are there: then little work may as well be given to them."""
        return self._executor is not None and getattr(self._executor, "is_running", True)

    def is_ready(self, document: Document) -> bool:
        """Whether nothing of the document is under way."""
        return all(each.done() for each in self._begun.get(document.id, {}).values())

    def glance(self, document: Document) -> Read | None:
        """What the document's only page was read as, if that is known by now."""
        begun = list(self._begun.get(document.id, {}).values())
        if len(begun) != 1 or not begun[0].done() or begun[0].exception():
            return None
        return begun[0].result()

    def underway(self) -> list[Future[Read]]:
        return [future for each in self._begun.values() for future in each.values() if not future.done()]

    def ask(self, document: Document, snapshot: Snapshot, body: Callable[[], bytes]) -> None:
        """Have a snapshot read, unless that was begun, where worker processes are there."""
        if self._executor and self.is_running and _key(document, snapshot) not in self._begun.get(document.id, {}):
            self._submit(self._executor, document, body(), snapshot)

    def take(self, document: Document, snapshot: Snapshot, body: Callable[[], bytes]) -> Read:
        """What the snapshot was read as; waits for it, and reads it here if it was not begun."""
        future = self._begun.get(document.id, {}).get(_key(document, snapshot))
        if future is None:
            return read_snapshot((body(), snapshot, document, self._known.get(document.id)))
        try:
            return future.result()
        except EndsWorkers:
            return unreadable((b"", snapshot, document, None))

    def forget(self, document: Document) -> None:
        """The document's readings are stored, or are left to somebody else."""
        self._known.pop(document.id, None)
        self._count -= len(self._begun.pop(document.id, {}))

    def _submit(self, executor: Executor, document: Document, body: bytes, answer: Answer) -> None:
        try:
            future = executor.submit(read_snapshot, (body, answer, document, self._known.get(document.id)))
        except (EndsWorkers, RuntimeError) as error:  # it is over, or was ended from outside
            log.warning("pages are read without worker processes: %s", error)
            self._executor = None
            return
        begun = self._begun.setdefault(document.id, {})
        self._count += _key(document, answer) not in begun
        begun[_key(document, answer)] = future


def _key(document: Document, answer: Answer) -> _Key:
    """All that the reading depends on."""
    return document.type, document.include, document.exclude, *read_from(answer)
