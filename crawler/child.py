"""The child process of a batch: plan and fetches on standard input, outcomes on standard output, log on stderr.

It needs no database, and it ends when its parent does: standard input stays open as long as the parent lives.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from typing import BinaryIO

from scrapy.crawler import AsyncCrawlerProcess

from crawler.outcomes import Fetch, Plan, read_fetch, read_plan
from crawler.pipelines import OUTCOMES_FD
from crawler.settings import scrapy_settings
from crawler.spiders.batch import BatchSpider
from crawler.spiders.live import LiveSpider
from crawler.spiders.rendered import RenderedSpider
from crawler.spiders.wayback import WaybackSpider

SPIDERS: dict[str, type[BatchSpider]] = {spider.name: spider for spider in (LiveSpider, RenderedSpider, WaybackSpider)}
ORPHANED = 3


def main() -> None:
    """Crawls one batch."""
    plan, fetches = _read(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(), plan.folder), daemon=True).start()
    outcomes_fd = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an outcome
    process = AsyncCrawlerProcess(scrapy_settings(plan) | {OUTCOMES_FD: outcomes_fd})
    process.crawl(SPIDERS[plan.spider], plan=plan, fetches=fetches)
    process.start(install_signal_handlers=False)


def _read(stream: BinaryIO) -> tuple[Plan, list[Fetch]]:
    plan = read_plan(stream.readline())
    fetches = []
    while line := stream.readline().strip():
        fetches.append(read_fetch(line))
    return plan, fetches


def _end_with_parent(fd: int, folder: str) -> None:
    while os.read(fd, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)  # a parent that was killed cannot
    os._exit(ORPHANED)  # a reactor in full flight has no gentler end that is certain


if __name__ == "__main__":
    main()
