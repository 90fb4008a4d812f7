"""The child's end of the lanes of hosts: no request leaves for a host whose lane another crawl holds.

The parent, which has the database, answers on a socket: ``crawler.dispatcher``.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Collection
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.failures import LaneTaken
from crawler.hosts import host_of


class Permits:
    """What the parent holds, and what it said of other hosts. It is asked once a host in a batch."""

    def __init__(self, fd: int, hosts: Collection[str]) -> None:
        self._fd = fd
        self._said: dict[str, asyncio.Future[bool]] = {}
        self._held = set(hosts)
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Future[None] | None = None
        self._opening = asyncio.Lock()

    async def has(self, host: str) -> bool:
        """Whether the host may be asked."""
        if host in self._held:
            return True
        if host not in self._said:
            self._said[host] = asyncio.get_running_loop().create_future()
            (await self._opened()).write(f"{host}\n".encode())
        return await asyncio.shield(self._said[host])

    async def _opened(self) -> asyncio.StreamWriter:
        async with self._opening:
            if self._writer is None:
                reader, self._writer = await asyncio.open_connection(sock=socket.socket(fileno=self._fd))
                self._listening = asyncio.ensure_future(self._listen(reader))
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            answer = json.loads(line)
            self._said[answer["host"]].set_result(answer["is_ours"])

    def close(self) -> None:
        if self._listening and self._writer:
            self._listening.cancel()
            self._writer.close()


class OneLane:
    """The middleware nearest to the downloader: redirects and robots.txt pass it too."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OneLane:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        spider: Any = self._crawler.spider
        if not await spider.permits.has(host_of(request.url)):
            raise LaneTaken("not asked: another crawl asks its host")
