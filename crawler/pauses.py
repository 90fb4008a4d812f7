"""A site that asks for a pause is not asked again in the same batch; what is left of it comes back as rate-limited."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from clausewatch.clock import utc_now
from crawler.failures import HostPaused, NotAsked
from crawler.outcomes import DEFAULT_PAUSE_SECONDS, read_retry_after
from crawler.spiders.batch import BatchSpider, pause_key

BLOCK_SECONDS = 3600.0  # the first block of the Internet Archive lasts an hour (edgi wayback, issue 137)


def is_pause(response: Response) -> bool:
    """Whether the host itself asks for a pause; an archived 429 (with Memento-Datetime) is somebody else's."""
    if "Memento-Datetime" in response.headers:
        return False
    return response.status == 429 or (response.status == 503 and "Retry-After" in response.headers)


def pause_seconds(response: Response) -> float:
    """How long the pause is to be. A moment that the host names is by its own clock, which its answer tells."""
    asked = read_retry_after(_header(response, "Retry-After"), now=_answered_at(response))
    return DEFAULT_PAUSE_SECONDS if asked is None else asked


def _answered_at(response: Response) -> datetime:
    try:
        answered_at = parsedate_to_datetime(_header(response, "Date"))
    except ValueError:
        return utc_now()
    return answered_at.replace(tzinfo=answered_at.tzinfo or UTC)


def _header(response: Response, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def note_pause(crawler: Crawler, request: Request, response: Response) -> None:
    """Remembers the pause that the answer asks for, if it does."""
    if is_pause(response):
        _pauses(crawler)[pause_key(request)] = pause_seconds(response)


def note_block(crawler: Crawler, request: Request) -> None:
    """The Wayback Machine refuses connections: that is how it shuts out who asked too fast. Raises HostPaused."""
    if "pauses_with" in request.meta:
        _pauses(crawler)[pause_key(request)] = BLOCK_SECONDS
        raise HostPaused("the archive refuses connections")


def check_pause(crawler: Crawler, request: Request) -> None:
    """Raises NotAsked if the request's site has asked for a pause in this batch."""
    if pause_key(request) in _pauses(crawler):
        raise NotAsked("not asked: the host wants a pause")


def _pauses(crawler: Crawler) -> dict[str, float]:
    assert isinstance(crawler.spider, BatchSpider)
    return crawler.spider.pauses
