"""What we add to Scrapy's manners: robots.txt that cannot be read closes the site, a pause asked for is kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from twisted.internet.defer import Deferred

from crawler.failures import RobotsDisallow, RobotsUnreachable, RobotsUnreadable
from crawler.pauses import check_pause, is_pause

LONGEST_CRAWL_DELAY_SECONDS = 60.0  # a Crawl-delay beyond a minute would let no batch end


class Robots(RobotsTxtMiddleware):
    """Scrapy's middleware, with the answers for a robots.txt that is not there (RFC 9309, 2.3.1).

    A 4xx is no rules, whatever its page says; a 5xx closes the whole site for now, and so
    does a host that does not answer. Crawl-delay slows the host down.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unreachable: dict[str, Exception] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        # Of several requests that wait for one robots.txt, Scrapy 2.19 gives the rules to the first alone and
        # lets the others pass without; by now the rules are in the table for all of them
        await super().robot_parser(request)
        parser = self._parsers[urlsplit(request.url).netloc]
        return None if isinstance(parser, Deferred) else parser

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreachable[netloc] = exc
        super()._robots_error(exc, netloc)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500:
            raise RobotsUnreadable(f"answered {response.status}")
        if response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is None:
            raise RobotsUnreachable(self._unreachable[urlsplit(request.url).netloc])
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RobotsDisallow(str(error)) from error
        if delay := rp.crawl_delay(str(self._robotstxt_useragent)):
            self._slow_down(request, min(delay, LONGEST_CRAWL_DELAY_SECONDS))

    def _slow_down(self, request: Request, delay_seconds: float) -> None:
        assert self.crawler.engine is not None
        slot = self.crawler.engine.downloader._get_slot(request)[1]
        slot.delay = max(slot.delay, delay_seconds)


class Pauses:
    """Stops requests to a host that asked for a pause before they wait in its lane."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Pauses:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        check_pause(self.crawler, request)


class Retries(RetryMiddleware):
    """Scrapy's middleware, but a pause that was asked for and an archived error are not tried again."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        if "Memento-Datetime" in response.headers or is_pause(response):
            return response
        return super().process_response(request, response)
