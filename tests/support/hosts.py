"""Many hosts on loopback that take their time, and note how many requests each had under way at once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

ROBOTS = b"User-agent: *\nAllow: /\n"
HEAD = "HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"


@dataclass
class Hosts:
    """Serves at 127.0.0.2 and so on. ``page`` makes the body of a path, or None where there is none."""

    count: int
    page: Callable[[str], bytes | None]
    delay_seconds: float = 0.0
    fetched: Counter[str] = field(default_factory=Counter)  # by address
    most_at_once: Counter[str] = field(default_factory=Counter)  # by host
    _now: Counter[str] = field(default_factory=Counter)
    _ports: list[int] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """``host:port`` of each."""
        return tuple(f"127.0.0.{number + 2}:{port}" for number, port in enumerate(self._ports))

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="hosts")
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        servers = [await asyncio.start_server(self._answer, f"127.0.0.{number + 2}", 0) for number in range(self.count)]
        self._ports = [server.sockets[0].getsockname()[1] for server in servers]
        ready.set()
        await self._end.wait()
        for server in servers:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            host, port = writer.get_extra_info("sockname")[:2]
            path = request.split(b" ", 2)[1].decode()
            self._now[host] += 1
            self.most_at_once[host] = max(self.most_at_once[host], self._now[host])
            try:
                await asyncio.sleep(self.delay_seconds)
            finally:
                self._now[host] -= 1
            body = ROBOTS if path == "/robots.txt" else self.page(f"{host}:{port}{path}")
            self.fetched[f"{host}:{port}{path}"] += 1
            kind = "text/plain" if path == "/robots.txt" else "text/html; charset=utf-8"
            status = "404 Not Found" if body is None else "200 OK"
            writer.write(HEAD.format(status=status, type=kind, length=len(body or b"")).encode() + (body or b""))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client was killed
        finally:
            writer.close()
