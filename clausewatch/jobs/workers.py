"""Worker processes for what takes time: reading and comparing. They end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess

from clausewatch.errors import ClausewatchError

ORPHANED = 3


class _DeafProcess(SpawnProcess):
    """Does not hear Ctrl-C, which a terminal sends to all processes: the one that started it says when to end."""

    def start(self) -> None:
        # a child takes over what its parent blocks; a handler of its own would come too late, after its imports
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Context(SpawnContext):
    # spawn: a forked child would share the parent's database connections
    Process = _DeafProcess


@contextmanager
def worker_processes(count: int | None = None) -> Iterator[Executor]:
    """An executor with a process for each core, or ``count``; each is started when there is work for it.

    Where the block is left by an error or Ctrl-C, the workers end at once, whatever they are at. Raises
    ClausewatchError where a worker was ended from outside.
    """
    reader, writer = multiprocessing.Pipe(duplex=False)
    workers = ProcessPoolExecutor(
        count or os.cpu_count() or 1, mp_context=_Context(), initializer=_end_with_parent, initargs=(reader,)
    )
    try:
        yield workers
    except BrokenProcessPool as error:
        raise ClausewatchError(
            "a worker process was ended from outside, for want of memory perhaps; what was done is kept, try again"
        ) from error
    except BaseException:
        writer.close()  # the workers take it for the end
        raise
    finally:
        workers.shutdown(cancel_futures=True)
        writer.close()
        reader.close()


def _end_with_parent(said: Connection) -> None:
    """Have this worker end when its parent says so or is killed: it would wait for the next piece of work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=([parent.sentinel, said],), daemon=True).start()


def _end_after(signs: list[int | Connection]) -> None:
    wait(signs)
    os._exit(ORPHANED)
