"""A few pieces of work at once, in threads, for what mostly waits: while one is written, others are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def overlapping(function: Callable[[T], R], pieces: Sequence[T], *, at_once: int) -> Iterator[tuple[T, R]]:
    """Each piece with what the function makes of it, in their order, ``at_once`` under way; with 1, without threads.

    What the function raises is raised; pieces under way then end by themselves, and nobody waits for them: whoever owns
    what they wait for ends that.
    """
    if at_once == 1:
        for piece in pieces:
            yield piece, function(piece)
        return
    with threads(at_once) as several:
        waiting: deque[tuple[T, Future[R]]] = deque()
        for piece in pieces:
            waiting.append((piece, several.submit(function, piece)))
            if len(waiting) >= at_once:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)


def _first(waiting: deque[tuple[T, Future[R]]]) -> tuple[T, R]:
    piece, future = waiting.popleft()
    return piece, future.result()


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """So many threads until the block ends. Where an error ends it nobody waits for them, and nothing more is begun."""
    several = ThreadPoolExecutor(count, "overlap")
    try:
        yield several
    except BaseException:
        several.shutdown(wait=False, cancel_futures=True)
        raise
    several.shutdown()
