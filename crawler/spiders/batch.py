"""What both spiders share: the fetches of a batch, and an outcome for each of them, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.begun import Begun
from crawler.failures import explain, was_asked
from crawler.guard import refusal
from crawler.hosts import site_of
from crawler.outcomes import ErrorKind, Fetch, Hop, Outcome, Plan
from crawler.permits import Permits

_LOOK_SECONDS = 0.02


class BatchSpider(Spider):
    """Asks for every fetch of its batch; a subclass says how to ask and what an answer means."""

    def __init__(self, plan: Plan, fetches: Sequence[Fetch], **names: Any) -> None:
        super().__init__(**names)
        self.plan = plan
        self.fetches = fetches
        self.pauses = dict(plan.paused_seconds)  # who asked for a pause, and for how many seconds
        self.permits = None if plan.lanes_fd is None else Permits(plan)
        self.begun = Begun(Path(plan.folder), [fetch.id for fetch in fetches])
        self.floors: dict[str, float] = {}  # who asked for a rest between requests, and for how many seconds

    async def start(self) -> AsyncIterator[Any]:
        if self.permits:
            await self.permits.open()
        for fetch in self.fetches:
            await self.ready()
            yield self.begin(fetch)
        # Only after a request does Scrapy 2.19 see at once that all is done. What was refused without one is handed
        # over in a thread, and seen to be done when its heart beats, every five seconds
        while not self._has_handed_over():
            await asyncio.sleep(_LOOK_SECONDS)

    def _has_handed_over(self) -> bool:
        assert self.crawler.engine is not None
        slot = self.crawler.engine.scraper.slot
        return slot is None or slot.is_idle()

    async def ready(self) -> None:
        """Waits until the next fetch may begin; here, not at all."""

    def closed(self, reason: str) -> None:
        """Scrapy is done with the batch."""
        if self.permits:
            self.permits.close()

    def begin(self, fetch: Fetch) -> Request | Outcome:
        """The first request of a fetch, or its outcome if there is nothing to ask."""
        raise NotImplementedError

    def receive(self, response: Response, fetch: Fetch, hops: tuple[Hop, ...], **state: Any) -> Request | Outcome:
        """The next request of a fetch, or its outcome."""
        raise NotImplementedError

    def request(
        self,
        fetch: Fetch,
        url: str,
        *,
        hops: tuple[Hop, ...],
        headers: Mapping[str, str] | None = None,
        meta: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
    ) -> Request | Outcome:
        """A request whose answer goes to ``receive``, or the outcome if the guard refuses the address."""
        if reason := refusal(url, self.plan.allow_hosts):
            return self.failed(fetch, url, ErrorKind.FORBIDDEN, error=reason, hops=hops)
        return Request(
            url,
            callback=self._received,
            errback=self._failed,
            headers=dict(headers or {}),
            meta={"handle_httpstatus_all": True, "dont_redirect": True, **(meta or {})},
            cb_kwargs={"fetch": fetch, "hops": hops, **(state or {})},
            dont_filter=True,
        )

    def _received(self, response: Response, **state: Any) -> Iterator[Request | Outcome]:
        yield self.receive(response, **state)

    def _failed(self, failure: Failure) -> Iterator[Outcome]:
        request = getattr(failure, "request")  # noqa: B009  # Scrapy adds it to Twisted's class
        fetch, hops = request.cb_kwargs["fetch"], request.cb_kwargs["hops"]
        kind, error = explain(failure.value)
        pause = self.pauses.get(pause_key(request)) if kind is ErrorKind.RATE_LIMITED else None
        yield self.failed(
            fetch, request.url, kind, error=error, hops=hops, retry_after_seconds=pause,
            was_asked=was_asked(failure.value),
        )  # fmt: skip

    def failed(
        self, fetch: Fetch, url: str, kind: ErrorKind, *, error: str, hops: tuple[Hop, ...] = (), **more: Any
    ) -> Outcome:
        """An outcome without a page."""
        return Outcome(
            fetch.id, url, datetime.now(UTC), hops=hops, error=" ".join(error.split()), error_kind=kind, **more
        )


def pause_key(request: Request) -> str:
    """What shares a pause: the site, or what the spider named (all of the Wayback Machine)."""
    return str(request.meta.get("pauses_with") or site_of(request.url))


def note_begun(crawler: Crawler, request: Request) -> None:
    """The page of the request is about to be asked for; of robots.txt nothing is noted."""
    assert isinstance(crawler.spider, BatchSpider)
    if (fetch := request.cb_kwargs.get("fetch")) is not None:
        crawler.spider.begun.note(fetch.id)


def headers_of(response: Response) -> dict[str, str]:
    """The headers with names in lower case; a header that came several times is joined by commas."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
