"""The child's end of the lanes of hosts: no request leaves for a host whose lane another crawl holds.

The parent, which has the database, answers on a socket: ``crawler.dispatcher``.
"""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler

from clausewatch.clock import steady_seconds
from crawler.failures import LaneTaken
from crawler.hosts import host_of
from crawler.outcomes import Plan


class Permits:
    """What the parent holds, and what it said of other hosts. It is asked once a host in a batch."""

    def __init__(self, plan: Plan) -> None:
        assert plan.lanes_fd is not None
        self._fd, self._held, self._sure_until = plan.lanes_fd, set(plan.hosts), plan.lanes_until
        self._said: dict[str, asyncio.Future[bool]] = {}
        self._news = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Listen to what the parent says. Before the first ``has``."""
        reader, self._writer = await asyncio.open_connection(sock=socket.socket(fileno=self._fd))
        self._listening = asyncio.ensure_future(self._listen(reader))

    async def has(self, host: str) -> bool:
        """Whether the host may be asked now."""
        assert self._writer is not None
        if host not in self._held and host not in self._said:
            self._said[host] = asyncio.get_running_loop().create_future()
            self._writer.write(f"{host}\n".encode())
        is_ours = host in self._held or await asyncio.shield(self._said[host])
        return is_ours and await self._is_sure()

    async def _is_sure(self) -> bool:
        """Whether nobody else can have the lanes. Where our parent is late to prolong them, it waits for its word."""
        while 0 < self._sure_until <= steady_seconds():
            self._news.clear()
            await self._news.wait()
        return self._sure_until > 0

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            answer = json.loads(line)
            if "sure_until" in answer:
                self._sure_until = answer["sure_until"]
                self._news.set()
            else:
                self._said[answer["host"]].set_result(answer["is_ours"])

    def close(self) -> None:
        if self._listening and self._writer:
            self._listening.cancel()
            self._writer.close()


async def check_lane(crawler: Crawler, request: Request) -> None:
    """To be called when the request's turn has come, which may be long after it was made. Raises LaneTaken."""
    spider: Any = crawler.spider
    if spider.permits and not await spider.permits.has(host_of(request.url)):
        raise LaneTaken("not asked: another crawl asks its host")
