"""Processes that start in an instant: a server that has imported everything forks one for every run.

``python -m tests.stress.forking`` reads what to run from standard input, a JSON line each, and says how it ended.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.stress import paths
from tests.stress.boundaries import Count, at, end_at
from tests.support import postgres

LONGEST_SECONDS = 120.0
_LEARNED = b"<main><h1>Privacy Policy</h1><p>We keep your personal data for 18 months after your last order.</p></main>"


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, and when to end it."""

    path: str  # the name of a write path
    home: str
    database: str
    other: str  # an empty database, or the name of one
    attempt: int = 0  # how often it was tried before
    boundary: int = 0  # kill it there; 0: nowhere
    seconds: float = 0.0  # kill it then; 0: never
    is_cut_off: bool = False  # at the boundary it loses its database, and is not killed
    most_bytes: int = 0  # that a file may have: the disk is full then; 0: any


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    is_killed: bool
    boundaries: int  # that it passed
    seconds: float
    fault: str  # what it said as it failed; empty where it came to its end or was killed


class Forks:
    """Runs orders, one after the other. Use it as a context manager."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.stress.forking"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, order: Order) -> Ending:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asdict(order)) + "\n")
        self._server.stdin.flush()
        return Ending(**json.loads(self._server.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate(timeout=LONGEST_SECONDS)


def serve() -> None:
    """Run what is ordered until standard input ends."""
    from differ import read

    read(_LEARNED, content_type="text/html", url="https://a.example/privacy", document_type="Privacy Policy")
    for line in sys.stdin:
        print(json.dumps(asdict(_forked(Order(**json.loads(line)), paths.PATHS))), flush=True)


def _forked(order: Order, known: dict[str, paths.Path]) -> Ending:
    count, started = Count(), time.monotonic()
    said = Path(order.home) / "said.txt"
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _run_and_exit(order, known, count, said=said)
    status = _waited(child, seconds=order.seconds or LONGEST_SECONDS)
    try:
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        fault = "" if is_killed or status == 0 else said.read_text() or f"ended with {status}"
        return Ending(is_killed, count.value, time.monotonic() - started, fault)
    finally:
        count.close()


def _run_and_exit(order: Order, known: dict[str, paths.Path], count: Count, *, said: Path) -> None:
    """Ends the process without the clean-up of the server that it is a copy of."""
    code = 1
    try:
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        if order.most_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (order.most_bytes, resource.RLIM_INFINITY))
        if order.is_cut_off:
            at(order.boundary, count, lambda: postgres.cut_off(order.database))
        else:
            end_at(order.boundary, count)
        known[order.path].run(paths.Place(Path(order.home), order.database, order.other, order.attempt))
        code = 0
    except BaseException:  # the parent says it; nothing may reach the loop that this copy stands in
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))  # to say it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited(child: int, *, seconds: float) -> int:
    """The status of the child, which is killed when its time is over."""
    handle = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([handle], [], [], seconds)
        if not ready:
            os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1]
    finally:
        os.close(handle)


if __name__ == "__main__":
    serve()
