"""Serves a policy at any path on every loopback address, fast, in a process of its own:
``python -m benchmarks.page_server BYTES (304|200)`` prints its port and ends with its standard input."""

from __future__ import annotations

import asyncio
import random
import sys

from benchmarks.policies import policy
from clausewatch.model import BlockKind

ROBOTS = b"User-agent: *\nAllow: /\n"
ETAG = b'"as-it-was"'
_PADDING = "<script>lamps.push('{:08d}')</script>\n"


def page_of(size: int) -> tuple[bytes, bytes]:
    """The page around the place where its own address stands: text as long as in real ones, the rest is scripts."""
    text = policy(random.Random(1), sections=4 if size < 100_000 else 18)
    tags = {BlockKind.HEADING: "h2", BlockKind.ITEM: "li"}
    blocks = [f"<{tags.get(each.kind, 'p')}>{each.text}</{tags.get(each.kind, 'p')}>" for each in text.blocks]
    head = '<!doctype html><html lang="en"><head><title>Privacy Policy</title><link rel="canonical" href="'
    tail = f'"></head><body><main>{"".join(blocks)}</main>'
    padding = "".join(map(_PADDING.format, range(size // len(_PADDING))))
    tail += padding[: max(size - len(head) - len(tail) - 100, 0)]
    return head.encode(), f"{tail}</script></body></html>".encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection; a request fits into what arrives with its last line."""

    page = (b"", b"")
    is_conditional = False  # answers 304 to whoever holds the page

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._left = transport, b""

    def data_received(self, data: bytes) -> None:
        *requests, self._left = (self._left + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        if path == b"/robots.txt":
            return answer(ROBOTS)
        if self.is_conditional and b"\r\nif-none-match:" in request.lower():
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n"
        return answer(path.join(self.page), etag=ETAG if self.is_conditional else None)


def answer(body: bytes, *, etag: bytes | None = None) -> bytes:
    """A whole HTTP answer."""
    tag = b"ETag: " + etag + b"\r\n" if etag else b""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + tag
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def serve(size: int, *, is_conditional: bool) -> None:
    """Serve until standard input ends."""
    Connection.page, Connection.is_conditional = page_of(size), is_conditional
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "0.0.0.0", 0)  # 127.0.0.1 to .100 are its hosts
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), is_conditional=sys.argv[2] == "304"))
