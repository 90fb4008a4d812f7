"""Hands outcomes to the parent as they come: the body into a file, the rest as a line on standard output."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from pathlib import Path

from scrapy.crawler import Crawler

from crawler.outcomes import Outcome, write_outcome
from crawler.spiders.batch import BatchSpider

OUTCOMES_FD = "CLAUSEWATCH_OUTCOMES_FD"


class HandOver:
    """A parent that records slowly slows the crawl down, without stopping its clock: writing waits in a thread."""

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
        await asyncio.to_thread(self._write, item, Path(self._crawler.spider.plan.folder))
        return item

    def _write(self, outcome: Outcome, folder: Path) -> None:
        with self._lock:
            name = None
            if outcome.body is not None:
                name = f"{next(self._numbers)}.body"
                (folder / name).write_bytes(outcome.body)
            line = memoryview(write_outcome(outcome, body_name=name))
            while line:
                line = line[os.write(self._fd, line) :]
