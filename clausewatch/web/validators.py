"""Answers that did not change are not sent again: every page and every list carries an ETag, and a 304 answers it."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEPT_IN_304 = {"cache-control", "content-location", "date", "etag", "expires", "vary", "link", "memento-datetime"}
"""What RFC 9110, 15.4.5, wants of a 304, and what Memento adds; the headers of SecureHeaders come on top."""


class Validators:
    """Tags whole answers to GET by their bytes, unless they name a tag of their own. What must not be kept has none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        answer = _Answer(Headers(scope=scope).get("if-none-match", ""), send)
        await self.app(scope, receive, answer.take)


class _Answer:
    """An answer that is held back until its body is whole."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_ours(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
        else:
            await self._send(message)

    def _is_ours(self, start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        return start["status"] == 200 and "no-store" not in headers.get("cache-control", "")

    async def _finish(self, start: Message) -> None:
        headers = MutableHeaders(raw=start["headers"])
        headers.setdefault("ETag", f'"{hashlib.sha256(self._body).hexdigest()[:32]}"')
        headers.setdefault("Cache-Control", "no-cache")  # kept, and asked about each time
        if headers["ETag"].removeprefix("W/") in self._known or "*" in self._known:
            kept = [(name, value) for name, value in start["headers"] if name.decode("latin-1") in _KEPT_IN_304]
            await self._send({"type": "http.response.start", "status": 304, "headers": kept})
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})
