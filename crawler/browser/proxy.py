"""The guard for a browser: a proxy on loopback that connects to public addresses only, and the browser's only way out.

Each request is judged by its spelling, its name is resolved here once, and the connection goes to the very address
that was judged: whatever a page, a frame, a worker or a redirect asks for, and whatever its name resolves to later.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from collections.abc import Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clausewatch.public import Resolve, host_port, judged_places
from crawler.outcomes import ErrorKind

CONNECT_SECONDS = 10.0
MAX_HEAD_BYTES = 64 * 1024
MAX_BYTES_A_PAGE = 100_000_000  # both ways, over all that one page loads; pictures and films are not loaded
REFUSED = "x-clausewatch-refused"
"""A header of answers that are this proxy's, not the site's."""
MAX_CONNECTIONS = 64  # at once; a browser holds 32 to one proxy
MAX_HOSTS = 60  # of one page: its own, and those of its scripts
RESOLVERS = 8
_PIECE_BYTES = 64 * 1024
_HOP_BY_HOP = (b"proxy-", b"connection:", b"keep-alive:", b"te:", b"upgrade:")


class _Refused(Exception):
    """Why a request is not passed on."""

    def __init__(self, kind: ErrorKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class _Head:
    """A request to the proxy: ``CONNECT host:port``, or a method with a whole address."""

    method: str
    url: str
    version: str
    lines: tuple[bytes, ...]  # of headers

    @property
    def judged_url(self) -> str:
        return f"https://{self.url}/" if self.method == "CONNECT" else self.url

    def header(self, name: bytes) -> bytes | None:
        found = (line.partition(b":") for line in self.lines)
        return next((value.strip() for key, _, value in found if key.strip().lower() == name), None)


@dataclass
class GuardProxy:
    """Runs in the loop of the child process; ``failures`` has what was not reached, by host and port, and why.

    Only hosts that were announced by ``expect`` are reached: a browser has errands of its own, to whoever made it.
    """

    allow_hosts: Collection[str]
    resolve: Resolve = socket.getaddrinfo
    failures: dict[str, tuple[ErrorKind, str]] = field(default_factory=dict)
    bytes_left: int = MAX_BYTES_A_PAGE
    _expected: set[str | None] = field(default_factory=set)
    # names that stall hold up other names of the page, but nothing else in the process
    _resolvers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(RESOLVERS, "names of a page"))
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> int:
        """Binds to a free port of loopback and gives it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def begin_page(self) -> None:
        """A new page: connections of the last one end, its failures are forgotten, its bytes no longer count."""
        for task in self._tasks:
            task.cancel()
        self.failures.clear()
        self._expected.clear()
        self.bytes_left = MAX_BYTES_A_PAGE

    def expect(self, url: str) -> None:
        """The page asks for this address; its host may be connected to until the next page, if it is public."""
        if len(self._expected) < MAX_HOSTS:
            self._expected.add(host_port(url))

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        self.begin_page()
        self._resolvers.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) <= MAX_CONNECTIONS:
                await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # one of both sides went away, or spoke no HTTP: the browser sees the connection end
        except asyncio.CancelledError:
            pass  # by begin_page; nobody waits for this task
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = _read_head(await reader.readuntil(b"\r\n\r\n"))
        try:
            up_reader, up_writer = await self._connect(head.judged_url)
        except _Refused as refused:
            self._note(head.judged_url, refused)
            await _answer(writer, refused)
            return
        try:
            if head.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _both(self._pump(reader, up_writer), self._pump(up_reader, writer))
            else:
                up_writer.write(_head_for_origin(head))
                await self._send_body(head, reader, up_writer)
                await self._pump(up_reader, writer)
        finally:
            up_writer.transport.abort()

    def _note(self, url: str, refused: _Refused) -> None:
        if (place := host_port(url)) is not None and place in self._expected:
            self.failures[place] = (refused.kind, str(refused))

    async def _connect(self, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.bytes_left <= 0:
            raise _Refused(ErrorKind.TOO_LARGE, f"the page loads more than {MAX_BYTES_A_PAGE // 1_000_000} MB")
        if host_port(url) not in self._expected:
            raise _Refused(ErrorKind.FORBIDDEN, "no request of the page leads there")
        if known := self.failures.get(host_port(url) or ""):
            raise _Refused(*known)  # a page asks often, and names without an address take their time
        try:
            judge = functools.partial(judged_places, url, self.allow_hosts, resolve=self.resolve)
            places = await asyncio.get_running_loop().run_in_executor(self._resolvers, judge)
        except PermissionError as error:
            raise _Refused(ErrorKind.FORBIDDEN, error.strerror or str(error)) from error
        except (OSError, UnicodeError) as error:
            raise _Refused(ErrorKind.DNS, f"the host has no address: {error}") from error
        last: Exception | None = None
        for family, _, protocol, place in places:
            try:
                return await asyncio.wait_for(
                    asyncio.open_connection(
                        place[0], place[1], family=family, proto=protocol, flags=socket.AI_NUMERICHOST
                    ),
                    CONNECT_SECONDS,
                )
            except (OSError, TimeoutError) as error:
                last = error
        raise _Refused(ErrorKind.CONNECT, f"no connection: {last or 'the host has no address'}")

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            self.bytes_left -= len(piece)
            if self.bytes_left <= 0:
                raise ConnectionAbortedError
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _send_body(self, head: _Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As many bytes as were announced: what comes after them is another request, which is not for this host."""
        left = int(head.header(b"content-length") or 0)
        while left > 0 and (piece := await reader.read(min(left, _PIECE_BYTES))):
            left -= len(piece)
            self.bytes_left -= len(piece)
            writer.write(piece)
            await writer.drain()


def _read_head(data: bytes) -> _Head:
    first, *lines = data[:-4].split(b"\r\n")
    method, url, version = first.decode("ascii").split(" ")
    if any(line[:1] in b" \t" or b"\n" in line or b"\r" in line for line in lines):
        raise ValueError("a header that can be read in two ways")
    return _Head(method, url, version, tuple(lines))


def _head_for_origin(head: _Head) -> bytes:
    """The request as the host itself takes it. One request a connection, so that none goes to another's host."""
    if head.header(b"transfer-encoding"):
        raise ValueError("a body of unknown length")  # browsers announce it
    parts = urlsplit(head.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.encode("ascii")
    lines = [line for line in head.lines if not line.lower().startswith(_HOP_BY_HOP) and line[:5].lower() != b"host:"]
    first = f"{head.method} {target} HTTP/1.1".encode("ascii")
    return b"\r\n".join([first, b"Host: " + host, *lines, b"Connection: close", b"", b""])


async def _both(*pumps: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _answer(writer: asyncio.StreamWriter, refused: _Refused) -> None:
    status = "403 Forbidden" if refused.kind is ErrorKind.FORBIDDEN else "502 Bad Gateway"
    writer.write(
        f"HTTP/1.1 {status}\r\n{REFUSED}: {refused.kind}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    await writer.drain()
