"""Answers what the child process of a batch asks of the database, which it has not: turns at the Wayback Machine, and
lanes of hosts. The child's ends are ``crawler.turns`` and ``crawler.permits``."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from types import TracebackType
from typing import Any, Self

from clausewatch.errors import ClausewatchError, RateLimited
from crawler.lanes import Lanes
from crawler.limiter import Limiter

_LOOK_SECONDS = 0.5  # how often who has no connection asks whether one is free
_LONG_WAIT_SECONDS = 1.0  # after a wait as long as this the archive may have asked for a pause meanwhile


class Dispatcher:
    """A thread that answers the child of one batch, as long as its ``with`` block lasts: a line of JSON for a line."""

    def __init__(self, name: str) -> None:
        self._ours, self._childs = socket.socketpair()
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def answer(self, asked: str) -> dict[str, Any]:
        """What to answer; runs in the thread."""
        raise NotImplementedError

    @property
    def fd(self) -> int:
        """The end that the child inherits."""
        return self._childs.fileno()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._childs.close()
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._ours.close()

    def _serve(self) -> None:
        with self._ours.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                self._send(self.answer(line.decode().strip()))

    def _send(self, answer: dict[str, Any]) -> None:
        with self._lock, contextlib.suppress(OSError):  # the child may have ended
            self._ours.sendall(json.dumps(answer).encode() + b"\n")


class TurnDispatcher(Dispatcher):
    """Hands out turns: a line with a slot's name, and how many connections are in use, asks for a window.

    ``told`` lets the child begin another fetch: no more than a few are begun and not recorded, so that a kill costs no
    more than these.
    """

    def __init__(self, limiter: Limiter) -> None:
        super().__init__("turns of a batch")
        self.problem: ClausewatchError | None = None
        self._limiter = limiter

    def told(self) -> None:
        """An outcome was recorded."""
        self._send({"told": 1})

    def answer(self, asked: str) -> dict[str, Any]:
        slot, _, in_use = asked.partition(" ")
        try:
            connections = self._connections(int(in_use))
            window = self._limiter.reserve(slot)
            if window is None:
                return {"is_free": True}
            wait_seconds = (window.start_at - self._limiter.now()).total_seconds()
            self._is_over.wait(max(wait_seconds, 0.0))
            if wait_seconds > _LONG_WAIT_SECONDS:
                self._limiter.check()
        except RateLimited as error:
            return {"closed": error.retry_after_seconds}
        except ClausewatchError as error:  # the database; the batch ends, and its caller says why
            self.problem = error
            return {"closed": 0.0}
        return {
            "start": self._limiter.here(window.start_at), "until": self._limiter.here(window.until_at),
            "interval": window.interval, "connections": connections,
        }  # fmt: skip

    def _connections(self, in_use: int) -> int | None:
        """How many the child may use; waits as long as other processes have them all."""
        while (connections := self._limiter.share(in_use)) == 0 and not self._is_over.wait(_LOOK_SECONDS):
            self._limiter.check()
        return connections

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._limiter.give_up_share()


class LaneDispatcher(Dispatcher):
    """Takes lanes for the child: a line with a host's name asks for its lane. Says by itself how long all are sure."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__("lanes of a batch")
        self._lanes = lanes

    def answer(self, asked: str) -> dict[str, Any]:
        return {"host": asked, "is_ours": self._lanes.take(asked)}

    def __enter__(self) -> Self:
        self._listening = self._lanes.listening(lambda sure_until: self._send({"sure_until": sure_until}))
        self._listening.__enter__()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)
