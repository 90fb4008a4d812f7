"""The child's end of the limiter: no request to the Wayback Machine leaves out of turn.

The parent, which has the database, answers on a socket: ``crawler.dispatcher``.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from crawler.failures import NotAsked
from crawler.settings import ARCHIVE_CONNECTIONS

MOST_BEGUN = ARCHIVE_CONNECTIONS
"""Fetches that are begun and not recorded yet: what a kill costs at most, and as many as there are connections."""


class Turns:
    """What the parent granted. ``open_turns`` makes it; ``close`` ends it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._room = asyncio.Semaphore(MOST_BEGUN)
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._next = asyncio.Lock()
        self._in_use, self._connections = 0, MOST_BEGUN
        self._freed = asyncio.Event()
        self._window: dict[str, Any] | None = None
        self._last_at = 0.0
        self._listening = asyncio.ensure_future(self._listen(reader))

    async def begin(self) -> None:
        """Waits until another fetch may begin."""
        await self._room.acquire()

    @asynccontextmanager
    async def turn(self, slot: str) -> AsyncIterator[None]:
        """Waits until a request may leave; while the block lasts it has a connection. Raises Closed where the archive
        wants a pause."""
        async with self._next:
            while not await self._leave():
                self._writer.write(f"{slot} {self._in_use}\n".encode())
                self._window = await self._answers.get()
                if (seconds := self._window.get("closed")) is not None:
                    self._window = None
                    raise Closed(seconds)
                self._connections = self._window.get("connections") or MOST_BEGUN
            self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1
            self._freed.set()

    async def _leave(self) -> bool:
        """Waits for the next moment of the window, if there is one left, and for a connection."""
        if self._window is None:
            return False
        while self._in_use >= self._connections:
            self._freed.clear()
            await self._freed.wait()
        if self._window.get("is_free"):
            return True
        now = self._clock()
        at = max(now, self._window["start"], self._last_at + self._window["interval"])
        if at > self._window["until"]:
            return False
        await asyncio.sleep(at - now)
        self._last_at = self._clock()
        return bool(self._last_at <= self._window["until"])  # or we were asleep for too long

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            answer = json.loads(line)
            if "told" in answer:
                self._room.release()
            else:
                self._answers.put_nowait(answer)
        self._answers.put_nowait({"closed": 0.0})  # the parent is done with us

    def close(self) -> None:
        self._listening.cancel()
        self._writer.close()


class Closed(NotAsked):
    """The parent knows that the archive wants a pause of so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("not asked: the archive wants a pause")
        self.seconds = seconds


async def open_turns(fd: int) -> Turns:
    """The turns that the parent hands out on this socket."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd))
    return Turns(reader, writer)
