"""Worker processes for what takes time: reading and comparing. They end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import ParamSpec, TypeVar

from clausewatch.errors import ClausewatchError

ORPHANED = 3

P = ParamSpec("P")
T = TypeVar("T")


class _Workers(ProcessPoolExecutor):
    """Workers that do not hear Ctrl-C, which a terminal sends to all processes: their parent says when to end."""

    @property
    def is_running(self) -> bool:
        """Whether a worker was started: then little work may as well be given to it."""
        return bool(self._processes)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # where needed a worker is started here, and takes over what is blocked; a handler of its own would come too
        # late, after its imports. Nor must we be stopped between starting it and noting that it runs
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(function, *args, **kwargs)
        except BrokenProcessPool:
            raise
        except RuntimeError as error:  # a thread that had not heard of the end yet
            raise BrokenProcessPool(str(error)) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextmanager
def worker_processes(count: int | None = None) -> Iterator[Executor]:
    """An executor with a process for each core, or ``count``; each is started when there is work for it.

    Where the block is left by an error or Ctrl-C, the workers end at once, whatever they are at. Raises
    ClausewatchError where a worker was ended from outside.
    """
    reader, writer = multiprocessing.Pipe(duplex=False)
    # spawn: a forked child would share the parent's database connections
    context = multiprocessing.get_context("spawn")
    workers = _Workers(count or os.cpu_count() or 1, context, initializer=_end_with_parent, initargs=(reader,))
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
