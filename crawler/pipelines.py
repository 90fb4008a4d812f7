"""Hands outcomes to the parent as they come: the body into a file, the rest as a line on standard output."""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import threading
from pathlib import Path

from scrapy.crawler import Crawler

from crawler.outcomes import Outcome, write_outcome
from crawler.spiders.batch import BatchSpider

OUTCOMES_FD = "CLAUSEWATCH_OUTCOMES_FD"


class HandOver:
    """A parent that records slowly slows the crawl down, without stopping its clock: what must wait waits in a
    thread."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._fd = crawler.settings.getint(OUTCOMES_FD)
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HandOver:
        return cls(crawler)

    async def process_item(self, item: Outcome) -> Outcome:
        assert isinstance(self._crawler.spider, BatchSpider)
        line = self._put(item, Path(self._crawler.spider.plan.folder))
        if not self._is_written_at_once(line):
            await asyncio.to_thread(self._write, line)
        return item

    def _put(self, outcome: Outcome, folder: Path) -> bytes:
        """The line of an outcome whose body lies in its file."""
        name = None
        if outcome.body is not None:
            name = f"{next(self._numbers)}.body"
            (folder / name).write_bytes(outcome.body)
        return write_outcome(outcome, body_name=name)

    def _is_written_at_once(self, line: bytes) -> bool:
        """Whether the line went out without waiting: it is short, the pipe has room for it, and none is being written.
        A thread for each would take longer than the line."""
        if len(line) > select.PIPE_BUF or not self._lock.acquire(blocking=False):
            return False
        try:
            if not select.select([], [self._fd], [], 0)[1]:
                return False
            os.write(self._fd, line)  # all of it: so short a write to a pipe is done whole
            return True
        finally:
            self._lock.release()

    def _write(self, line: bytes) -> None:
        with self._lock:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
