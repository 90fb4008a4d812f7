"""Answers of the kind that web sites give instead of the document, for ``VendorSite.answer``.

Each function makes one: a redirect, a stall, a bot wall, a pause asked for, a lie about the charset.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

from clausewatch.demo.server import Reply, Request
from clausewatch.demo.site import HTML, Answer

BOT_WALL = """<!doctype html>
<html lang="en"><head><title>Just a moment...</title><meta name="robots" content="noindex">
<meta http-equiv="refresh" content="30"></head>
<body><main><h1>Checking your browser</h1>
<p>Please enable JavaScript and cookies to continue. We need to verify that you are a human before you proceed.</p>
<p>Ray ID: {ray}</p><noscript>This check needs JavaScript.</noscript></main></body></html>
"""


def always(reply: Reply) -> Answer:
    """The same reply to everyone."""
    return lambda request: reply


def redirect(to: str, *, status: int = 302) -> Answer:
    """A redirect to an address, absolute or not."""
    return always(Reply(status, b"", (("Location", to),)))


def stall(seconds: float, *, body: bytes = b"") -> Answer:
    """Nothing for so long, then a page. Stopping the site ends the wait."""
    return always(Reply(200, body, (("Content-Type", HTML),), delay_seconds=seconds))


def bot_wall(*, status: int = 403) -> Answer:
    """A page that asks for a browser, another one at each look, as such walls do; some come with status 200."""

    def answer(request: Request) -> Reply:
        ray = f"{int(request.at.timestamp() * 1000):x}"
        return Reply(status, BOT_WALL.format(ray=ray).encode(), (("Content-Type", HTML), ("Cache-Control", "no-store")))

    return answer


def too_many(*, retry_after: str | None = "2") -> Answer:
    """429, with a Retry-After in seconds or as an HTTP date unless None."""
    wait = (("Retry-After", retry_after),) if retry_after is not None else ()
    return always(Reply(429, b"Too many requests\n", (("Content-Type", "text/plain"), *wait)))


def gzipped(body: str | bytes, *, content_type: str = HTML) -> Answer:
    """The page compressed, whether asked for or not, as some sites do."""
    data = gzip.compress(body.encode() if isinstance(body, str) else body, mtime=0)
    return always(Reply(200, data, (("Content-Type", content_type), ("Content-Encoding", "gzip"))))


def mislabelled(text: str, *, encoding: str, claimed: str) -> Answer:
    """The text in one encoding under a Content-Type that claims another."""
    return always(Reply(200, text.encode(encoding), (("Content-Type", f"text/html; charset={claimed}"),)))


def cut_off(body: bytes, *, after: int) -> Answer:
    """The first bytes of a page whose whole length was promised; then the connection closes."""
    return always(Reply(200, body[:after], (("Content-Type", HTML),), claimed_length=len(body)))


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other, a look each; the last one stays."""
    left = list(answers)

    def answer(request: Request) -> Reply:
        chosen: Callable[[Request], Reply] = left.pop(0) if len(left) > 1 else left[0]
        return chosen(request)

    return answer
