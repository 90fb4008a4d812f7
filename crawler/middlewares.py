"""What we add to Scrapy's manners: robots.txt that cannot be read closes the site, a pause asked for is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from clausewatch.clock import steady_seconds
from crawler.failures import RobotsDisallow, RobotsPaused, RobotsUnreachable, RobotsUnreadable
from crawler.outcomes import Plan
from crawler.pace import Pace, ask_slowly
from crawler.pauses import check_pause, is_pause
from crawler.rules import note_rules, robots_of
from crawler.settings import LONGEST_DELAY_SECONDS, MAX_ROBOTS_BYTES
from crawler.spiders.batch import BatchSpider, note_begun


class Robots(RobotsTxtMiddleware):
    """Scrapy's middleware, with the answers for a robots.txt that is not there (RFC 9309, 2.3.1).

    A 4xx is no rules, whatever its page says; a 5xx closes the whole site for now, and so does a host that does not
    answer, or that asks for a pause instead. Crawl-delay slows the host down. What the plan brings of earlier batches
    is not asked for again.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._rules: dict[str, asyncio.Task[RobotParser]] = {}
        self._known: dict[str, RobotParser] = {}  # of earlier batches

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's site: of several requests that wait for them, each gets them, and http and https
        have their own, both of which are otherwise in Scrapy 2.19. Raises RobotsUnreachable."""
        site = robots_of(request.url)
        if site not in self._rules:
            if kept := self._kept(site):
                return kept
            note_begun(self.crawler, request)  # rules that end this process are asked for on its behalf
            self._rules[site] = asyncio.ensure_future(self._fetch_rules(site))
        return await asyncio.shield(self._rules[site])

    def _kept(self, site: str) -> RobotParser | None:
        """The rules of an earlier batch, as long as they hold."""
        rules = self._plan.rules.get(site)
        if rules is None or steady_seconds() >= rules.until:
            return None
        if site not in self._known:
            self._known[site] = self._parsed(rules.body)
        return self._known[site]

    @property
    def _plan(self) -> Plan:
        assert isinstance(self.crawler.spider, BatchSpider)
        return self.crawler.spider.plan

    async def _fetch_rules(self, url: str) -> RobotParser:
        assert self.crawler.engine is not None
        asked = steady_seconds()
        meta = {"dont_obey_robotstxt": True}
        asking = Request(url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(asking)
        except Exception as error:  # whatever it was, the spider explains it: no page of the site is asked for
            raise RobotsUnreachable(error) from error
        if is_pause(response):
            raise RobotsUnreachable(RobotsPaused(f"answered {response.status}"))
        if response.status >= 500:
            raise RobotsUnreachable(RobotsUnreadable(f"answered {response.status}"))
        body = response.body[:MAX_ROBOTS_BYTES] if response.status < 400 else b""
        rules = self._parsed(body)
        note_rules(Path(self._plan.folder), url, body, asked=asked)
        return rules

    def _parsed(self, body: bytes) -> RobotParser:
        rules: RobotParser = build_from_crawler(self._parserimpl, self.crawler, body)
        return rules

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        assert rp is not None
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RobotsDisallow(str(error)) from error
        if delay := rp.crawl_delay(str(self._robotstxt_useragent)):
            ask_slowly(self.crawler, request, min(delay, LONGEST_DELAY_SECONDS))


class Pauses:
    """Stops requests to a host that asked for a pause before they wait in its lane."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Pauses:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        check_pause(self.crawler, request)

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, DownloadTimeoutError) and (pace := self.crawler.get_extension(Pace)):
            pace.slow_down(request)


class Retries(RetryMiddleware):
    """Scrapy's middleware, but a pause that was asked for and an archived error are not tried again."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        if "Memento-Datetime" in response.headers or is_pause(response):
            return response
        return super().process_response(request, response)
