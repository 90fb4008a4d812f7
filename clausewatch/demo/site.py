"""A web site on loopback with the pages of fictional vendors, scripted from the same process.

What the pages say comes from elsewhere (``demo.story``, tests); answers out of the ordinary are in ``demo.answers``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from clausewatch.demo.server import LoopbackServer, Reply, Request

Answer = Callable[[Request], Reply]

HTML = "text/html; charset=utf-8"
ALLOW_ALL = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class Page:
    """What lies at a path: a body with validators made from it."""

    body: bytes
    content_type: str
    status: int
    published_at: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    @property
    def last_modified(self) -> str:
        return format_datetime(self.published_at.astimezone(UTC), usegmt=True)


@dataclass
class VendorSite(LoopbackServer):
    """Serves what was published, 404 elsewhere. ETag, Last-Modified and 304 come by themselves.

    A test writes::

        with VendorSite() as site:
            site.publish("/skyforge/privacy", "<h1>Privacy</h1>...")
            fetch(site.url("/skyforge/privacy"))
            assert site.requests[-1].status == 200
    """

    _pages: dict[str, Page | Answer] = field(default_factory=dict, repr=False)

    def url(self, path: str) -> str:
        """The address of a path."""
        return self.root + path

    def publish(self, path: str, body: str | bytes, *, content_type: str = HTML, status: int = 200) -> None:
        """Puts a page at a path, in place of what was there. Text goes out as UTF-8 whatever ``content_type`` says.

        The same body again keeps its Last-Modified.
        """
        data = body.encode() if isinstance(body, str) else body
        with self.lock:
            old = self._pages.get(path)
            is_same = isinstance(old, Page) and (old.body, old.content_type, old.status) == (data, content_type, status)
            if not is_same:
                self._pages[path] = Page(data, content_type, status, self.clock())

    def answer(self, path: str, answer: Answer) -> None:
        """Has a function answer every request to a path, of any method."""
        with self.lock:
            self._pages[path] = answer

    def withdraw(self, path: str) -> None:
        """Takes a page away: 404 from now on."""
        with self.lock:
            self._pages.pop(path, None)

    def set_robots(self, text: str) -> None:
        """Sets /robots.txt, which allows everything at first."""
        self.publish("/robots.txt", text, content_type="text/plain; charset=utf-8")

    def start(self) -> VendorSite:
        if "/robots.txt" not in self._pages:
            self.set_robots(ALLOW_ALL)
        super().start()
        return self

    def respond(self, request: Request) -> Reply:
        with self.lock:
            page = self._pages.get(request.target) or self._pages.get(request.path)
        if page is None:
            return Reply(404, b"<!doctype html><title>Not found</title><h1>Not found</h1>", (("Content-Type", HTML),))
        if not isinstance(page, Page):
            return page(request)
        if request.method == "POST":
            return Reply(405, b"", (("Allow", "GET, HEAD"),))
        return serve_page(page, request)


def serve_page(page: Page, request: Request) -> Reply:
    """The page, or 304 without a body where the client's validators still hold."""
    validators = (("ETag", page.etag), ("Last-Modified", page.last_modified))
    if page.status == 200 and is_fresh(page, request):
        return Reply(304, b"", validators)
    headers = (("Content-Type", page.content_type), *(validators if page.status == 200 else ()))
    return Reply(page.status, page.body, headers)


def is_fresh(page: Page, request: Request) -> bool:
    """Whether the client holds this very page. If-None-Match is decisive where both are sent (RFC 9110, 13.2.2)."""
    if (tags := request.headers.get("If-None-Match")) is not None:
        names = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return "*" in names or page.etag in names
    if (since := request.headers.get("If-Modified-Since")) is not None:
        try:
            return page.published_at.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (TypeError, ValueError):
            return False  # a date that is none is ignored
    return False
