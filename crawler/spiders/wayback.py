"""Pages as the Wayback Machine holds them, and its lists of them. Pace and pauses are the archive's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.cdx import Playback, Verdict, is_exclusion, parse_playback, playback_url
from crawler.outcomes import ErrorKind, Fetch, FetchKind, Hop, Outcome
from crawler.pauses import is_pause, pause_seconds
from crawler.settings import INDEX_SLOT, PLAYBACK_SLOT
from crawler.spiders.batch import BatchSpider, headers_of
from crawler.turns import Turns, open_turns

MAX_HOPS = 5  # redirects and jumps within the archive; circles exist

_ERRORS = {
    Verdict.MISSING: (ErrorKind.MISSING, "nothing is archived within a day of that time"),
    Verdict.EXCLUDED: (ErrorKind.EXCLUDED, "the archive does not show this address"),
    Verdict.TROUBLE: (ErrorKind.ARCHIVE, "the archive answered with something that is no capture"),
}


class WaybackSpider(BatchSpider):
    """Index queries and playbacks. Redirects are followed by playback addresses of our own making alone."""

    name = "wayback"
    turns: Turns

    async def start(self) -> AsyncIterator[Any]:
        assert self.plan.turns_fd is not None
        self.turns = await open_turns(self.plan.turns_fd)
        async for request in super().start():
            yield request

    def closed(self, reason: str) -> None:
        """Scrapy is done with the batch, also with its redirects, which take turns too."""
        self.turns.close()

    async def ready(self) -> None:
        """A fetch begins when an earlier one was recorded, so that a kill costs few."""
        await self.turns.begin()

    def begin(self, fetch: Fetch) -> Request | Outcome:
        if fetch.kind is FetchKind.INDEX:
            return self.request(fetch, fetch.url, hops=(), meta=_meta(INDEX_SLOT))
        return self._play_back(fetch, fetch.url, fetch.timestamp or "", hops=(), first_at=None)

    def _play_back(
        self, fetch: Fetch, original: str, timestamp: str, *, hops: tuple[Hop, ...], first_at: datetime | None
    ) -> Request | Outcome:
        url = playback_url(self.plan.wayback_url, original, timestamp)
        state = {"asked": original, "timestamp": timestamp, "first_at": first_at}
        return self.request(fetch, url, hops=hops, meta=_meta(PLAYBACK_SLOT) | {"verbatim_url": True}, state=state)

    def receive(self, response: Response, fetch: Fetch, hops: tuple[Hop, ...], **state: Any) -> Request | Outcome:
        if is_pause(response):
            error = f"the archive answered {response.status}: asked too fast"
            pause = pause_seconds(response)
            return self.failed(
                fetch, fetch.url, ErrorKind.RATE_LIMITED, error=error, hops=hops, retry_after_seconds=pause
            )
        if fetch.kind is FetchKind.INDEX:
            return _index_outcome(response, fetch)
        playback = parse_playback(
            response.status, headers_of(response), body=response.body, archive=self.plan.wayback_url,
            asked=state["asked"], wanted=fetch.timestamp or "",
        )  # fmt: skip
        return self._judge(response, fetch, playback, hops=hops, **state)

    def _judge(
        self,
        response: Response,
        fetch: Fetch,
        playback: Playback,
        *,
        hops: tuple[Hop, ...],
        asked: str,
        timestamp: str,
        first_at: datetime | None,
    ) -> Request | Outcome:
        # A redirect was captured when its address was; where it leads may have been captured a moment later
        first_at = first_at or playback.captured_at
        if playback.verdict in (Verdict.REDIRECT, Verdict.JUMP):
            if playback.verdict is Verdict.REDIRECT:
                hops += (Hop(asked, response.status, playback.original),)
            steps = (*response.meta.get("steps", ()), (asked, timestamp))
            if len(steps) > MAX_HOPS or (playback.original, playback.timestamp) in steps:
                error = "redirects within the archive lead in a circle or too far"
                return self.failed(fetch, playback.original, ErrorKind.REDIRECTS, error=error, hops=hops)
            following = self._play_back(fetch, playback.original, playback.timestamp, hops=hops, first_at=first_at)
            if isinstance(following, Request):
                following.meta["steps"] = steps
            return following
        if playback.verdict is not Verdict.MEMENTO:
            kind, error = _ERRORS[playback.verdict]
            return self.failed(fetch, playback.original, kind, error=f"{error} ({response.status})", hops=hops)
        return replace(_page(response, fetch, hops), url=playback.original, captured_at=first_at)


def _meta(slot: str) -> dict[str, Any]:
    # robots.txt is for crawling the archive; the two interfaces used here are published for programs
    return {"download_slot": slot, "pauses_with": "wayback", "dont_obey_robotstxt": True}


def _page(response: Response, fetch: Fetch, hops: tuple[Hop, ...]) -> Outcome:
    """An archived response; one with an error status is a page too: that is what the site said then."""
    return Outcome(
        id=fetch.id, url=fetch.url, fetched_at=datetime.now(UTC), status=response.status,
        headers=headers_of(response), body=response.body, hops=hops,
    )  # fmt: skip


def _index_outcome(response: Response, fetch: Fetch) -> Outcome:
    outcome = _page(response, fetch, ())
    if is_exclusion(response.status, outcome.headers):
        return replace(outcome, error="the archive does not show this address", error_kind=ErrorKind.EXCLUDED)
    if response.status != 200:
        return replace(outcome, error=f"the archive answered {response.status}", error_kind=ErrorKind.ARCHIVE)
    return outcome
