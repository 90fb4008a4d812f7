"""What a page may ask for and where it may go: each request is judged before it is sent, and the answer that brings
the page before it is read. Where names lead is the proxy's to judge.

A redirect to another site is not followed but handed back, so that robots.txt, lanes and the record of redirects hold
as for plain pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin

from clausewatch.public import host_port, refusal
from crawler.failures import RenderFailed
from crawler.outcomes import ErrorKind, Hop
from crawler.settings import LANGUAGES

MAX_NAVIGATIONS = 5  # to another page of the site; pages that check for cookies go to themselves once
MAX_REQUESTS = 500

REDIRECTS = (301, 302, 303, 307, 308)
NOT_LOADED = {"Image", "Media", "Font", "TextTrack", "Ping", "Manifest", "CSPViolationReport", "Prefetch"}
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass
class Visited:
    """What came of a visit. Without a body it is a redirect (``location``), or no page but a file."""

    url: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes | None = None
    location: str | None = None
    hops: tuple[Hop, ...] = ()  # within the site


class Gate:
    """The requests of one visit, as the DevTools protocol tells of them."""

    def __init__(
        self,
        url: str,
        *,
        allow_hosts: Collection[str],
        may_visit: Callable[[str], Awaitable[bool]],
        on_host: Callable[[str], None],
    ) -> None:
        """``may_visit`` asks robots.txt about a further page of the site; ``on_host`` hears what is let through."""
        self.visited = Visited(url)
        self.is_over = asyncio.Event()  # there is nothing to wait for: a redirect, a file, a failure
        self.failure: RenderFailed | None = None
        self.is_locked = False  # from when on the page may not go elsewhere
        self.under_way: set[str] = set()  # requests that have no answer yet
        self.frame = ""  # the page's own, of all frames
        self._allow_hosts, self._may_visit, self._on_host = allow_hosts, may_visit, on_host
        self._document = ""  # the request that brings the page
        self._navigations = 0
        self._requests = 0

    def fail(self, kind: ErrorKind, error: str) -> None:
        self.failure = self.failure or RenderFailed(kind, error)
        self.is_over.set()

    def note_end(self, event: dict[str, Any]) -> None:
        self.under_way.discard(event["requestId"])

    def note(self, event: dict[str, Any]) -> None:
        if event.get("type") not in ("EventSource", "WebSocket"):
            self.under_way.add(event["requestId"])

    def note_failure(self, event: dict[str, Any]) -> None:
        self.under_way.discard(event["requestId"])
        if event["requestId"] == self._document and not event.get("canceled"):
            self.fail(ErrorKind.INCOMPLETE, f"the answer ended early ({event.get('errorText')})")

    async def judge(self, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """What to answer where a request is paused: a command of the protocol, and its parameters."""
        request = event["request"]
        is_own = event["resourceType"] == "Document" and event["frameId"] == self.frame
        is_answer = "responseStatusCode" in event or "responseErrorReason" in event
        if is_answer:
            is_wanted = not is_own or await self._take_answer(event)
        elif is_own:
            is_wanted = await self._take_request(request["url"])
        else:
            is_wanted = self._is_harmless(request["url"], event["resourceType"])
        if not is_wanted:
            return "Fetch.failRequest", {"errorReason": "Aborted"}
        self._on_host(request["url"])
        if is_own and not is_answer:
            return "Fetch.continueRequest", {"headers": _with_languages(request["headers"])}
        return "Fetch.continueRequest", {}

    def _is_harmless(self, url: str, kind: str) -> bool:
        self._requests += 1
        if url.startswith(("data:", "blob:", "about:")):
            return True  # nothing is asked of anybody
        return kind not in NOT_LOADED and self._requests <= MAX_REQUESTS and refusal(url, self._allow_hosts) is None

    async def _take_request(self, url: str) -> bool:
        """Whether the page itself may go to an address: the first one, and others of its site."""
        url = urldefrag(url).url
        self._navigations += 1
        if self._navigations == 1:
            return True
        if self.is_locked or self.is_over.is_set() or refusal(url, self._allow_hosts) is not None:
            return False
        if self._navigations > MAX_NAVIGATIONS:
            self.fail(ErrorKind.REDIRECTS, "it goes from page to page without end")
            return False
        if not _is_same_site(url, self.visited.url) or not await self._may_visit(url):
            self._hand_back(302, url)
            return False
        self.visited.hops += (Hop(self.visited.url, self.visited.status or 302, url),)
        self.visited.url = url
        return True

    async def _take_answer(self, event: dict[str, Any]) -> bool:
        """Notes what the page answered; whether it is a page to be looked at."""
        if "responseErrorReason" in event:
            return True
        status = event["responseStatusCode"]
        headers = _headers(event.get("responseHeaders", []))
        if status in REDIRECTS and "location" in headers:
            location = _joined(event["request"]["url"], headers["location"])
            if location and _is_same_site(location, self.visited.url) and await self._may_visit(location):
                self.visited.status = status
                return True  # and comes back as a request
            self._hand_back(status, headers["location"])
            return False
        self.visited.status, self.visited.headers = status, headers
        self._document = event.get("networkId", "")
        is_attached = headers.get("content-disposition", "").lower().startswith("attachment")
        if is_attached or not headers.get("content-type", "text/html").lower().startswith(_PAGES):
            self.is_over.set()
            return False
        return True

    def _hand_back(self, status: int, location: str) -> None:
        self.visited.status, self.visited.location = status, location
        self.visited.headers = {}
        self.is_over.set()


def _joined(base: str, location: str) -> str | None:
    try:
        return urldefrag(urljoin(base, location)).url
    except ValueError:
        return None  # the spider will say what is wrong with it


def _is_same_site(url: str, other: str) -> bool:
    return host_port(url) is not None and host_port(url) == host_port(other)


def _with_languages(headers: dict[str, str]) -> list[dict[str, str]]:
    """The browser tells the page itself its own language, whatever it was told to tell."""
    others = {name: value for name, value in headers.items() if name.lower() != "accept-language"}
    return [{"name": name, "value": value} for name, value in {**others, "Accept-Language": LANGUAGES}.items()]


def _headers(pairs: list[dict[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for pair in pairs:
        name = pair["name"].lower()
        headers[name] = f"{headers[name]}, {pair['value']}" if name in headers else pair["value"]
    return headers
