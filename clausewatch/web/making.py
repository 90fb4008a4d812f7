"""Comparisons of any two days, made for whoever asks: each pair once, in a process beside the pages where there is one.
What was made is kept in memory, packed, as long as there is room: the same two texts always give the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Executor, Future

from fastapi import HTTPException

from clausewatch.jobs.between import Made, Pair, Sides, compare_beside, make, make_beside
from clausewatch.jobs.sources import Given, compare_given
from clausewatch.model import Comparison

MOST_BYTES = 64_000_000  # of what is kept, packed: some hundreds of the longest policies, thousands of usual ones
MOST_WAITING = 30  # pairs: whoever asks for one more is asked to come again
RETRY_SECONDS = 5


class Makers:
    """Makes comparisons, each pair once however many ask for it, and keeps those asked for last. Safe from several
    threads. Without an executor whoever asks makes it."""

    def __init__(self, executor: Executor | None = None) -> None:
        self.executor = executor
        self._lock = threading.Lock()
        self._kept: OrderedDict[Sides, Made] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Sides, Future[Made]] = {}

    @property
    def waiting(self) -> int:
        """How many pairs are being made, or wait for it."""
        return len(self._under_way)

    def get(self, sides: Sides) -> Made | None:
        with self._lock:
            if sides in self._kept:
                self._kept.move_to_end(sides)
            return self._kept.get(sides)

    def make_here(self, pair: Pair) -> Made:
        return self._keep(pair.sides, make(pair))

    def compare(self, before: Given, after: Given) -> Comparison:
        """What lies between two texts that somebody gave; it is not kept."""
        if self.executor is None:
            return compare_given(before, after)
        return self.executor.submit(compare_beside, before, after).result()

    def begin(self, pair: Pair) -> Future[Made]:
        """Have the pair made by the executor. Raises 503 where too many others wait."""
        assert self.executor is not None
        with self._lock:
            if doing := self._under_way.get(pair.sides):
                return doing
            if len(self._under_way) >= MOST_WAITING:
                raise busy()
            doing = self._under_way[pair.sides] = self.executor.submit(make_beside, pair)
        doing.add_done_callback(lambda done: self._end(pair.sides, done))
        return doing

    def _end(self, sides: Sides, done: Future[Made]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._keep(sides, done.result())
        with self._lock:
            self._under_way.pop(sides, None)

    def _keep(self, sides: Sides, made: Made) -> Made:
        with self._lock:
            if sides not in self._kept:
                self._kept[sides] = made
                self._bytes += len(made)
            while self._bytes > MOST_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone)
        return made


def busy() -> HTTPException:
    """What whoever comes when all places are taken is told."""
    message = "Others are comparing right now; please try again in a moment."
    return HTTPException(503, message, headers={"Retry-After": str(RETRY_SECONDS)})
