"""Pages that were made are kept for a while: the next visitor gets them as long as nothing that they show changed."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from anyio import CapacityLimiter, Event
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clausewatch.errors import ArchiveError

MOST_BYTES = 64_000_000  # of bodies together
LARGEST = 4_000_000  # bytes of one body: a larger one would push out many
LONGEST_SECONDS = 60.0
"""Pages tell of gaps that last until now: so long may they be behind."""
PAGES = ("/vendors", "/documents/", "/versions/", "/comparisons/", "/compare/", "/search", "/companies", "/timemap/",
         "/feeds/changes", "/feeds/vendors/", "/feeds/documents/", "/feeds/kinds/", "/feeds/search")  # fmt: skip
"""What is the same for every visitor. Nothing else is kept: no link that acts, nothing behind a token, no call that is
counted."""
_OF_VENDOR = re.compile("/(?:vendors|documents|compare|feeds/vendors|feeds/documents)/([a-z0-9-]+)")
"""Addresses that name the vendor whose pages they are; others say it by ``tell_vendor``, or show several."""

Changes = Callable[[str | None], tuple[int, int]]
"""How often anything was changed, and how often something of the vendor."""


def tell_vendor(request: Request, vendor: str) -> None:
    """The page that is being made shows this vendor alone: changes to others leave it true."""
    request.state.vendor = vendor


@dataclass(frozen=True, slots=True)
class _Page:
    start: Message
    body: bytes
    vendor: str | None  # whom alone it shows
    changes: int  # of the vendor, or of all, before it was made
    until: float


class KeptPages:
    """Keeps whole answers to GET, each until something that it shows changes."""

    def __init__(self, app: ASGIApp, changes: Changes, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.changes = changes
        self._clock = clock
        self._pages: OrderedDict[tuple[str, bytes], _Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._askers = CapacityLimiter(1)  # its own: what is kept need not wait for pages that are made
        self._under_way: dict[tuple[str, bytes], Event] = {}  # pages that are being made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_for_all(scope):
            await self.app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        try:
            for _ in range(2):
                known = self._pages.get(key)
                page, vendor, counted = await self._look(key)
                if page is None and (made := self._under_way.get(key)):
                    await made.wait()  # many ask at once for what just changed: it is made for the first
                elif page or self._pages.get(key) is known:
                    break  # else it was made while we looked
        except ArchiveError:  # the page says so
            await self.app(scope, receive, send)
            return
        if page:
            await send({**page.start, "headers": list(page.start["headers"])})
            await send({"type": "http.response.body", "body": page.body})
            return
        made = self._under_way[key] = Event()
        scope.setdefault("state", {})
        try:
            await self.app(scope, receive, _Keeping(self, scope, send, made=made, vendor=vendor, counted=counted).take)
        finally:
            made.set()
            if self._under_way.get(key) is made:
                del self._under_way[key]

    async def _look(self, key: tuple[str, bytes]) -> tuple[_Page | None, str | None, tuple[int, int]]:
        """The page as it was kept, if it is true still; whom alone it shows, and ``changes`` of that. Raises
        ArchiveError."""
        page = self._pages.get(key)
        named = _OF_VENDOR.match(key[0])
        vendor = page.vendor if page else named and named.group(1)
        counted = await self.count(vendor)
        if page and page.changes == counted[vendor is not None] and self._clock() < page.until:
            return page, vendor, counted
        return None, vendor, counted

    async def count(self, vendor: str | None) -> tuple[int, int]:
        """``changes``, in a thread. Raises ArchiveError."""
        return await run_sync(self.changes, vendor, limiter=self._askers)

    def keep(self, key: tuple[str, bytes], start: Message, body: bytes, *, vendor: str | None, changes: int) -> None:
        """Keep a page in place of an older one; what was kept for longest goes, so that memory stays bounded."""
        with self._lock:
            if old := self._pages.pop(key, None):
                self._bytes -= len(old.body)
            self._pages[key] = _Page(start, body, vendor, changes, self._clock() + LONGEST_SECONDS)
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone.body)


class _Keeping:
    """Passes an answer on, and keeps it if it is a whole page. ``made`` is set before anything is sent that a slow
    reader could hold up."""

    def __init__(
        self, pages: KeptPages, scope: Scope, send: Send, *, made: Event, vendor: str | None, counted: tuple[int, int]
    ) -> None:  # fmt: skip
        self._pages, self._scope, self._send, self._made = pages, scope, send, made
        self._vendor, self._counted = vendor, counted
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            no_store = "no-store" in Headers(raw=message["headers"]).get("cache-control", "")
            if message["status"] == 200 and not no_store:
                # a copy: what is outside adds headers to the list that it is given
                self._start = {**message, "headers": list(message["headers"])}
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body.append(message.get("body", b""))
            if sum(map(len, self._body)) > LARGEST:
                self._start = None
            elif not message.get("more_body"):
                await self._keep(self._start)
                self._made.set()
        if self._start is None:
            self._made.set()
        await self._send(message)

    async def _keep(self, start: Message) -> None:
        of_all, changes = self._counted
        told: str | None = self._scope["state"].get("vendor")
        if told is not None and told != self._vendor:
            now_of_all, changes = await self._pages.count(told)
            if now_of_all != of_all:  # of the vendor perhaps, and before it was shown or after
                return
            self._vendor = told
        key = (self._scope["path"], self._scope["query_string"])
        self._pages.keep(key, start, b"".join(self._body), vendor=self._vendor, changes=changes)


def _is_for_all(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = scope["path"]
    return (path == "/" or path.startswith(PAGES)) and "authorization" not in Headers(scope=scope)
