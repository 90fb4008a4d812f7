"""Several processes that serve the same pages, each with a socket of its own on one port; one that dies is replaced."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path

from clausewatch.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0  # before one that died is replaced: what kills it may do so again at once
_MORE_SECONDS = 5.0  # beyond its own grace, until a process that does not end is ended

Serving = Callable[[Settings, socket.socket, Path], None]


def run_workers(
    serving: Serving, settings: Settings, listeners: Sequence[socket.socket], *, grace_seconds: float
) -> None:
    """Run a process for each listener that serves it, until an exception ends the waiting: KeyboardInterrupt.

    ``serving`` is a function of a module. It is given a folder that all of them share while they run.
    """
    with tempfile.TemporaryDirectory(prefix="clausewatch-") as folder:
        running: dict[socket.socket, BaseProcess] = {}

        def start(listener: socket.socket) -> None:
            # no daemon: these may start no processes of their own
            process = multiprocessing.get_context("spawn").Process(
                target=_work, args=(serving, settings, listener, Path(folder))
            )
            with _ctrl_c_waits():
                process.start()
                running[listener] = process  # within: one that nobody knows of would not be ended

        try:
            for listener in listeners:
                start(listener)
            while True:
                multiprocessing.connection.wait([process.sentinel for process in running.values()])
                threading.Event().wait(PAUSE_SECONDS)
                for listener, process in running.items():
                    if not process.is_alive():
                        log.error("a process that serves ended with %s; another takes its place", process.exitcode)
                        start(listener)
        finally:
            _end(running.values(), seconds=grace_seconds + _MORE_SECONDS)


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """What is started within is started whole, and learns of Ctrl-C once it knows what to do about it: until then
    Python would end it with a trace."""
    resource_tracker.ensure_running()  # it would let signals through again
    came = threading.Event()
    before = {number: signal.signal(number, lambda *_: came.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the new process inherits
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, taken in before.items():
            signal.signal(number, taken)
    if came.is_set():
        raise KeyboardInterrupt


def _end(processes: Collection[BaseProcess], *, seconds: float) -> None:
    """Have them end in order, or be ended: when the time is up, or where somebody presses Ctrl-C again."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + seconds
    try:
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
    finally:
        for process in processes:
            process.kill()
            process.join()


def _work(serving: Serving, settings: Settings, listener: socket.socket, folder: Path) -> None:
    """In the new process. Ctrl-C reaches it too, but the one that started it says when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serving(settings, listener, folder)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
