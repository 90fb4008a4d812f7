"""The child process of a batch as its parent sees it: started afresh, or forked by a process that waits for it.

What a child is told, and what it says, is for ``crawler.run``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from crawler.rules import KeptRules

log = logging.getLogger(__name__)

_TRIES = 2  # a server that something ended is replaced once
_ANSWER_SECONDS = 60.0  # its imports take a second, on a machine that is busy some more
_LONGEST_ANSWER = 100  # bytes: a process id


class Child(Protocol):
    """What ``subprocess.Popen`` offers, as far as a batch needs it."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    returncode: int | None

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int | None: ...


class Children(Protocol):
    """Starts children, and remembers what they were told of sites."""

    @property
    def rules(self) -> KeptRules: ...

    def start(self, folder: str, *, stderr: IO[bytes], fds: Sequence[int]) -> Child:
        """A child that hands bodies over in the folder, logs to ``stderr``, and inherits these files."""
        ...


class FreshChildren:
    """Each child is a process from scratch, which imports what it needs: most of a second."""

    def __init__(self) -> None:
        self.rules = KeptRules()

    def start(self, folder: str, *, stderr: IO[bytes], fds: Sequence[int]) -> Child:
        """In a session of its own, so that Ctrl-C reaches the parent alone, which then ends it."""
        return subprocess.Popen(  # noqa: S603  # the folder is our own, just made
            [sys.executable, "-P", "-m", "crawler.child", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=_environment(),
            start_new_session=True,
            pass_fds=list(fds),
        )


@contextmanager
def forked_children() -> Iterator[Children]:
    """Children that are there at once: a process that has imported what they need waits while the block lasts, and is
    forked. It ends with this one, however that ends. Beyond Linux they are fresh ones: what macOS loads may not live
    through a fork."""
    if not sys.platform.startswith("linux"):
        yield FreshChildren()
        return
    children = _ForkedChildren()
    try:
        yield children
    finally:
        children.end()


class _ForkedChildren:
    def __init__(self) -> None:
        self.rules = KeptRules()
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def start(self, folder: str, *, stderr: IO[bytes], fds: Sequence[int]) -> Child:
        with self._lock:
            for _ in range(_TRIES):
                self._server = self._server or _Server()
                try:
                    return self._server.fork(folder, stderr=stderr, fds=fds)
                except OSError as error:
                    log.warning("what forks the children of crawls is replaced: %r", error)
                    self._server.end()
                    self._server = None
        return FreshChildren().start(folder, stderr=stderr, fds=fds)

    def end(self) -> None:
        with self._lock:
            if self._server:
                self._server.end()
                self._server = None


class _Server:
    """The process of ``crawler.forks``, and the socket on which it is asked for one child after the other."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # a module of ours
                [sys.executable, "-P", "-m", "crawler.forks", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        self._ours.settimeout(_ANSWER_SECONDS)

    def fork(self, folder: str, *, stderr: IO[bytes], fds: Sequence[int]) -> Child:
        """A forked child. Raises OSError where the server is gone, or does not answer."""
        stdin, stdout, status = os.pipe(), os.pipe(), os.pipe()
        ours, theirs = (stdin[1], stdout[0], status[0]), (stdin[0], stdout[1], status[1])
        try:
            asked = json.dumps({"folder": folder, "fds": list(fds)}).encode()
            socket.send_fds(self._ours, [asked], [theirs[2], theirs[0], theirs[1], stderr.fileno(), *fds])
            if not (answer := self._ours.recv(_LONGEST_ANSWER)):
                raise ConnectionError("it ended")
        except OSError:
            _close(ours)
            raise
        finally:
            _close(theirs)
        return _ForkedChild(int(answer), ours)

    def end(self) -> None:
        """It takes the end of its socket for its own; children that run end with theirs."""
        self._ours.close()
        self._process.kill()
        self._process.wait()


class _ForkedChild:
    """A process that is no child of ours: its parent tells how it ended."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    returncode: int | None = None

    def __init__(self, pid: int, fds: tuple[int, int, int]) -> None:
        self._pid, self._lock = pid, threading.Lock()
        self.stdin, self.stdout = os.fdopen(fds[0], "wb"), os.fdopen(fds[1], "rb", buffering=0)
        self._status: IO[bytes] | None = os.fdopen(fds[2], "rb")

    def kill(self) -> None:
        with self._lock:
            if self._has_ended(0) and self.returncode is not None:
                return  # its number may be another's by now
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int | None:
        """As ``Popen.wait``; None where whoever could tell how it ended is gone."""
        with self._lock:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired("crawler.child", timeout or 0.0)
        return self.returncode

    def _has_ended(self, timeout: float | None) -> bool:
        if self._status is None:
            return True
        if not select.select([self._status], [], [], timeout)[0]:
            return False
        told = self._status.read()
        self.returncode = int(told) if told else None
        self._status.close()
        self._status = None
        return True


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)


def _environment() -> dict[str, str]:
    """Ours, without secrets, proxies, and what would change Scrapy's settings."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("CLAUSEWATCH_", "SCRAPY_", "PYTHON", "SSLKEYLOGFILE"))
        and not name.upper().endswith("_PROXY")
    }
    return ours | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}  # a checkout that is not installed
