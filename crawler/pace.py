"""How long a host rests between two requests: Scrapy's AutoThrottle, with bounds that robots.txt can raise and longer
rests for a host in trouble. Hosts with a pace of their own, the operator's and the Wayback Machine's, keep that."""

from __future__ import annotations

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from crawler.spiders.batch import BatchSpider

TROUBLE = 2.0
"""An error of the server or no answer in time makes the rest so many times as long."""


class Pace(AutoThrottle):
    """A rest of a few times as long as the host took to answer: who answers slowly is asked slowly.

    It shrinks by half of the difference at each good answer, grows at once, and never goes below what robots.txt asks.
    """

    def _get_slot(self, request: Request, spider: Spider) -> tuple[str | None, Slot | None]:
        key, slot = super()._get_slot(request, spider)
        return (None, None) if key in self._downloader.per_slot_settings else (key, slot)

    @property
    def _downloader(self) -> Downloader:
        assert self.crawler.engine is not None
        return self.crawler.engine.downloader

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        before = slot.delay
        super()._adjust_delay(slot, latency, response)
        if response.status >= 500:
            slot.delay = max(slot.delay, self._longer(before))

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if slot is not None:
            slot.delay = max(slot.delay, floors_of(self.crawler).get(key or "", 0.0))

    def slow_down(self, request: Request) -> None:
        """The host gave no answer in time."""
        assert isinstance(self.crawler.spider, BatchSpider)
        slot = self._get_slot(request, self.crawler.spider)[1]
        if slot is not None:
            slot.delay = self._longer(slot.delay)

    def _longer(self, delay_seconds: float) -> float:
        return min(delay_seconds * TROUBLE, self.maxdelay)


def ask_slowly(crawler: Crawler, request: Request, delay_seconds: float) -> None:
    """The request's host wants so long a rest, whatever the pace is."""
    assert crawler.engine is not None
    key, slot = crawler.engine.downloader._get_slot(request)
    floors_of(crawler)[key] = delay_seconds
    slot.delay = max(slot.delay, delay_seconds)


def floors_of(crawler: Crawler) -> dict[str, float]:
    """The rests that robots.txt files ask for, by the lane."""
    assert isinstance(crawler.spider, BatchSpider)
    return crawler.spider.floors
