"""Scrapy alone, without a delay: ``python -m benchmarks.bare_scrapy FILE [ITEMS]`` gets all addresses in it. ITEMS are
the tasks that it starts for what an answer gives; its own default is a hundred."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response


class Bare(Spider):
    """Asks for every address and drops what comes."""

    name = "bare"
    urls: list[str]
    pages = 0

    async def start(self) -> AsyncIterator[Any]:
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response, **named: Any) -> None:
        self.pages += len(response.body) > 0


def main(name: str, items: str = "100") -> None:
    """Crawl, and fail where a page is missing."""
    urls = Path(name).read_text().split()
    process = AsyncCrawlerProcess({"DOWNLOAD_DELAY": 0, "LOG_LEVEL": "ERROR", "CONCURRENT_ITEMS": int(items)})
    crawler = process.create_crawler(Bare)
    process.crawl(crawler, urls=urls)
    process.start(install_signal_handlers=False)
    assert isinstance(crawler.spider, Bare)
    if crawler.spider.pages != len(urls):
        raise SystemExit(f"{len(urls) - crawler.spider.pages} pages did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
