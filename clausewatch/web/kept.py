"""Pages that were made are kept for a while: the next visitor gets them as long as nothing in the archive changed."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clausewatch.errors import ArchiveError

MOST_BYTES = 64_000_000  # of bodies together
LARGEST = 4_000_000  # bytes of one body: a larger one would push out many
LONGEST_SECONDS = 60.0
"""Pages tell of gaps that last until now: so long may they be behind."""
PAGES = ("/vendors", "/documents/", "/versions/", "/comparisons/", "/compare/", "/search", "/companies", "/timemap/",
         "/feeds/changes", "/feeds/vendors/", "/feeds/documents/", "/feeds/kinds/")  # fmt: skip
"""What is the same for every visitor. Nothing else is kept: no link that acts, nothing behind a token, no call that is
counted."""


@dataclass(frozen=True, slots=True)
class _Page:
    start: Message
    body: bytes
    state: object  # of the archive, before it was made
    until: float


class KeptPages:
    """Keeps whole answers to GET. ``state`` gives something that changes whenever the archive does."""

    def __init__(self, app: ASGIApp, state: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._state = state
        self._clock = clock
        self._pages: OrderedDict[tuple[str, bytes], _Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_for_all(scope):
            await self.app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        try:
            state = await run_in_threadpool(self._state)
        except ArchiveError:  # the page says so
            await self.app(scope, receive, send)
            return
        page = self._pages.get(key)
        if page and page.state == state and self._clock() < page.until:
            await send({**page.start, "headers": list(page.start["headers"])})
            await send({"type": "http.response.body", "body": page.body})
            return
        await self.app(scope, receive, _Keeping(self, key, state, send).take)

    def keep(self, key: tuple[str, bytes], start: Message, body: bytes, *, state: object) -> None:
        """Keep a page in place of an older one; what was kept for longest goes, so that memory stays bounded."""
        with self._lock:
            if old := self._pages.pop(key, None):
                self._bytes -= len(old.body)
            self._pages[key] = _Page(start, body, state, self._clock() + LONGEST_SECONDS)
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone.body)


class _Keeping:
    """Passes an answer on, and keeps it if it is a whole page."""

    def __init__(self, pages: KeptPages, key: tuple[str, bytes], state: object, send: Send) -> None:
        self._pages, self._key, self._state, self._send = pages, key, state, send
        self._start: Message | None = None
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            no_store = "no-store" in Headers(raw=message["headers"]).get("cache-control", "")
            if message["status"] == 200 and not no_store:
                # a copy: what is outside adds headers to the list that it is given
                self._start = {**message, "headers": list(message["headers"])}
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if len(self._body) > LARGEST:
                self._start = None
            elif not message.get("more_body"):
                self._pages.keep(self._key, self._start, self._body, state=self._state)
        await self._send(message)


def _is_for_all(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = scope["path"]
    return (path == "/" or path.startswith(PAGES)) and "authorization" not in Headers(scope=scope)
