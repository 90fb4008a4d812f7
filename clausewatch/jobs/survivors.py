"""Worker processes that are replaced when one is ended: only the piece of work that ends its process fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any, TypeVar

from clausewatch.errors import ClausewatchError
from clausewatch.jobs.cluster import EndsWorkers
from clausewatch.jobs.workers import worker_processes

TRIES_ALONE = 2
"""A process may be ended by something else; a piece that ends two of its own in a row is at fault."""

WORTH_WORKERS = 8
"""Fewer pieces of work than this are done here while no worker process runs: each takes a second to start."""
JOBS_AT_ONCE = 3  # handed to a worker

T = TypeVar("T")
Job = TypeVar("Job")
Result = TypeVar("Result")


@contextmanager
def surviving_workers(count: int | None = None) -> Iterator[Executor]:
    """As ``worker_processes``, but where a worker is ended the pieces that were under way are done again, one by one in
    a process of their own. What ends that too raises EndsWorkers, which leaves as a ClausewatchError."""
    try:
        with ExitStack() as stack:
            survivors = Survivors(count, stack)
            try:
                yield survivors
            finally:
                survivors.end()
    except EndsWorkers as error:
        raise ClausewatchError(f"{error}; what was done is kept, try again") from error


class Survivors(Executor):
    """Pools of processes, one after the other as they break, and one of a single process for what is in doubt."""

    def __init__(self, count: int | None, stack: ExitStack) -> None:
        self._count, self._stack = count, stack
        self._pool: Executor | None = None
        self._lone: Executor | None = None
        self._pools, self._alone = threading.Lock(), threading.Lock()
        self._is_over = False

    @property
    def is_running(self) -> bool:
        """Whether a worker was started: then little work may as well be given to it."""
        return self._pool is not None

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """As any executor. The future raises EndsWorkers where the piece ends the process that does it."""
        answer: Future[T] = Future()

        def piece(pool: Executor) -> Future[T]:
            return pool.submit(fn, *args, **kwargs)

        pool, doing = self._start(piece)
        doing.add_done_callback(lambda done: self._hand_on(done, pool, piece, answer))
        return answer

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """As any executor, in batches of ``chunksize``; of a batch whose worker is ended each piece is done alone."""
        pieces = zip(*iterables, strict=False)
        batches = iter(lambda: list(islice(pieces, chunksize)), [])
        waiting = [(batch, self.submit(_apply, fn, batch)) for batch in batches]

        def results() -> Iterator[T]:
            for batch, done in waiting:
                try:
                    yield from done.result(timeout)
                except EndsWorkers:
                    for piece in batch:
                        yield self.submit(fn, *piece).result(timeout)

        return results()

    def end(self) -> None:
        """Nothing is tried again from now on."""
        self._is_over = True

    def _start(self, piece: Callable[[Executor], Future[T]]) -> tuple[Executor, Future[T]]:
        with self._pools:
            for _ in range(TRIES_ALONE):
                pool = self._pool = self._pool or self._stack.enter_context(worker_processes(self._count))
                try:
                    return pool, piece(pool)
                except BrokenProcessPool:
                    self._pool = None
        raise EndsWorkers("worker processes are ended as soon as they are started")

    def _hand_on(
        self, done: Future[T], pool: Executor, piece: Callable[[Executor], Future[T]], answer: Future[T]
    ) -> None:
        try:
            answer.set_result(done.result())
        except BrokenProcessPool:
            with self._pools:
                if self._pool is pool:
                    self._pool = None
            threading.Thread(target=self._again, args=(piece, answer)).start()
        except BaseException as error:  # whoever waits for it is told, whatever it is
            answer.set_exception(error)

    def _again(self, piece: Callable[[Executor], Future[T]], answer: Future[T]) -> None:
        try:
            answer.set_result(self._done_alone(piece))
        except BaseException as error:
            answer.set_exception(error)

    def _done_alone(self, piece: Callable[[Executor], Future[T]]) -> T:
        for _ in range(TRIES_ALONE):
            with self._alone:
                if self._is_over:
                    break
                if self._lone is None:
                    with self._pools:
                        self._lone = self._stack.enter_context(worker_processes(1))
                try:
                    return piece(self._lone).result()
                except BrokenProcessPool:
                    self._lone = None
        raise EndsWorkers("a piece of work ends the process that does it, for want of memory perhaps")


def each_of(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    executor: Executor | None,
    instead: Callable[[Job], Result] | None = None,
) -> list[Result]:
    """What the function makes of each, in order; ``instead`` says what to take for one that ends its worker.

    Raises EndsWorkers where nothing is to be taken instead.
    """
    if executor is None or (len(jobs) < WORTH_WORKERS and not getattr(executor, "is_running", True)):
        return list(map(function, jobs))
    try:
        return list(executor.map(function, jobs, chunksize=JOBS_AT_ONCE))
    except EndsWorkers:
        if instead is None:
            raise
    return [_one(function, job, executor, instead) for job in jobs]


def _one(function: Callable[[Job], Result], job: Job, executor: Executor, instead: Callable[[Job], Result]) -> Result:
    try:
        return executor.submit(function, job).result()
    except EndsWorkers:
        return instead(job)


def _apply(function: Callable[..., T], batch: list[tuple[Any, ...]]) -> list[T]:
    return [function(*piece) for piece in batch]
