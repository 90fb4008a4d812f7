"""The child process of a batch: plan and fetches on standard input, outcomes on standard output, log on stderr.

It needs no database, and it ends when its parent does: standard input stays open as long as the parent lives. Its one
argument is the folder for bodies, which it removes then.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

from scrapy.crawler import AsyncCrawlerProcess

from crawler.outcomes import read_fetch, read_plan
from crawler.pipelines import OUTCOMES_FD
from crawler.settings import scrapy_settings
from crawler.spiders.batch import BatchSpider
from crawler.spiders.live import LiveSpider
from crawler.spiders.rendered import RenderedSpider
from crawler.spiders.wayback import WaybackSpider

SPIDERS: dict[str, type[BatchSpider]] = {spider.name: spider for spider in (LiveSpider, RenderedSpider, WaybackSpider)}
ORPHANED = 3
_TRIES, _TRY_SECONDS = 50, 0.02  # a browser writes to the folder until it finds its driver gone


def main() -> None:
    """Crawls one batch, in a process that was started afresh for it."""
    crawl_batch(sys.argv[1])


def crawl_batch(bodies: str) -> None:
    """Crawls what standard input says; bodies go to that folder. A process can do it once."""
    # a service that is stopped tells all its processes at once; this one's parent says when it is to end
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    folder = Path(bodies)
    lines = _read(sys.stdin.buffer)
    if lines is None:
        _end_orphaned(folder)
    plan, fetches = read_plan(lines[0]), [read_fetch(line) for line in lines[1:]]
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(), folder), daemon=True).start()
    outcomes_fd = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an outcome
    process = AsyncCrawlerProcess(scrapy_settings(plan) | {OUTCOMES_FD: outcomes_fd})
    process.crawl(SPIDERS[plan.spider], plan=plan, fetches=fetches)
    process.start(install_signal_handlers=False)


def _read(stream: BinaryIO) -> list[bytes] | None:
    """What comes before an empty line; None where the parent ended before it had said all."""
    lines = []
    while (line := stream.readline()).strip():
        lines.append(line)
    return lines if line else None


def _end_with_parent(fd: int, folder: Path) -> None:
    while os.read(fd, 4096):
        pass
    _end_orphaned(folder)


def _end_orphaned(folder: Path) -> NoReturn:
    """Ends at once, and does what a parent that was killed cannot."""
    for _ in range(_TRIES):  # a body that is just written may come between
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(_TRY_SECONDS)
    os._exit(ORPHANED)  # a reactor in full flight has no gentler end that is certain


if __name__ == "__main__":
    main()
