"""What holds for every answer, whoever made it: secure headers, and HEAD as GET without a body."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # links to manage a subscription stand in the address
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
BEHIND_TOKENS = ("/manage/", "/confirm/", "/unsubscribe/", "/api/v1/subscriptions/")
"""Pages about one subscriber: no cache, shared or the browser's own, is to hold them."""

INDEXABLE = ("/vendors", "/documents/", "/versions/", "/comparisons/", "/companies", "/legal", "/static/")


def secure(headers: MutableHeaders) -> None:
    """Add the headers that the answer does not set itself."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def _may_be_indexed(path: str) -> bool:
    return path == "/" or path.startswith(INDEXABLE)


class SecureHeaders:
    """Adds the headers to every answer, 404s and static files too. With ``is_indexed`` search engines may list what
    vendors published, and nothing else."""

    def __init__(self, app: ASGIApp, *, is_indexed: bool = False) -> None:
        self.app = app
        self._is_indexed = is_indexed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secure(headers)
                if any(part in scope["path"] for part in BEHIND_TOKENS):
                    headers["Cache-Control"] = "no-store"
                    del headers["ETag"]
                if self._is_indexed and message["status"] == 200 and _may_be_indexed(scope["path"]):
                    del headers["X-Robots-Tag"]
            await send(message)

        await self.app(scope, receive, send_secured if scope["type"] == "http" else send)


class HeadAsGet:
    """Answers HEAD on every route that answers GET, with its headers and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)
