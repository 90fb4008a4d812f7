"""Worker processes for what takes time: reading and comparing. They end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait

from clausewatch.errors import ClausewatchError

ORPHANED = 3


@contextmanager
def worker_processes(count: int | None = None) -> Iterator[Executor]:
    """An executor with a process for each core, or ``count``; each is started when there is work for it.

    Raises ClausewatchError where a worker was ended from outside.
    """
    # spawn: a forked child would share the parent's database connections
    context = multiprocessing.get_context("spawn")
    workers = ProcessPoolExecutor(count or os.cpu_count() or 1, mp_context=context, initializer=_end_with_parent)
    try:
        with workers:
            yield workers
    except BrokenProcessPool as error:
        raise ClausewatchError(
            "a worker process was ended from outside, for want of memory perhaps; what was done is kept, try again"
        ) from error


def _end_with_parent() -> None:
    """Have this worker end when its parent is killed: it would wait for the next piece of work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(ORPHANED)
