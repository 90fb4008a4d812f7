"""An HTTP server on loopback that answers from the same process: one request in, one reply out, all of it logged.

The vendor site and the Wayback stand-in say what to answer; sockets, threads and the log are here.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.02  # how often the accepting thread looks whether it is to stop


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. ``headers`` is looked up without regard to case."""

    method: str
    target: str  # as sent: path and query, not decoded
    headers: Message
    body: bytes
    at: datetime

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Names and values in order, decoded once."""
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server sends. The length is added, the rest is yours."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()  # pairs: a name may come twice
    delay_seconds: float = 0.0  # waited before the first byte; stopping the server cuts it short
    claimed_length: int | None = None  # a Content-Length that is not the body's; the connection closes after the body


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A request that was answered, in order of answers."""

    method: str
    path: str  # with its query, as sent
    headers: Mapping[str, str]  # names in lower case
    status: int
    at: datetime
    body: bytes = b""


@dataclass
class LoopbackServer:
    """A context manager around the server; a subclass says in ``respond`` what to answer.

    ``clock`` is asked once a request. An answer that raises closes the connection; the error is raised again
    when the server stops, so that no test passes over it.
    """

    clock: Callable[[], datetime] = utc_now
    port: int = 0  # 0: any free one
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    stopping: threading.Event = field(default_factory=threading.Event, repr=False)
    _log: list[LogEntry] = field(default_factory=list, repr=False)
    _server: _Server | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def respond(self, request: Request) -> Reply:
        """The reply to one request; runs in the thread of its connection."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        """``127.0.0.1:port``, as CLAUSEWATCH_ALLOW_HOSTS takes it."""
        if self._server is None:
            raise RuntimeError("the server has no address before it is started; use it in a with statement")
        return f"{LOOPBACK}:{self._server.server_port}"

    @property
    def root(self) -> str:
        """``http://127.0.0.1:port``, without a slash at the end."""
        return f"http://{self.host}"

    @property
    def requests(self) -> tuple[LogEntry, ...]:
        """Everything answered so far, oldest first."""
        with self.lock:
            return tuple(self._log)

    def forget_requests(self) -> None:
        """Empties the access log."""
        with self.lock:
            self._log.clear()

    def record(self, request: Request, status: int) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self.lock:
            self._log.append(LogEntry(request.method, request.target, headers, status, request.at, request.body))

    def start(self) -> Self:
        """Binds and serves from now on. May be started again after a stop."""
        self.stopping.clear()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name=type(self).__name__, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends open connections and joins every thread. Raises what an answer raised meanwhile."""
        if self._server is None or self._thread is None:
            return
        server = self._server
        self.stopping.set()
        server.shutdown()
        self._thread.join()
        server.end_connections()
        server.server_close()
        self._server = self._thread = None
        if server.failures:
            raise server.failures[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = False  # so that server_close joins them
    allow_reuse_address = False

    def __init__(self, owner: LoopbackServer) -> None:
        self.owner = owner
        self.failures: list[BaseException] = []
        self._open: set[socket.socket] = set()
        super().__init__((LOOPBACK, owner.port), _Connection)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for the host's name, which can take seconds without a network
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.owner.lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.owner.lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wakes the threads of kept-alive connections, which would wait for a next request for ever."""
        with self.owner.lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):  # the client went away
            self.failures.append(error)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed by the client meanwhile


class _Connection(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # head and body go in two writes; waiting between them costs 40 ms an answer
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        owner = self.server.owner
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, self.headers, self.rfile.read(length), owner.clock())
        reply = owner.respond(request)
        if reply.delay_seconds:
            owner.stopping.wait(reply.delay_seconds)
        owner.record(request, reply.status)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        has_body = self.command != "HEAD" and reply.status not in (204, 304)
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.claimed_length is not None:
            self.send_header("Connection", "close")  # http.server closes after it
            self.send_header("Content-Length", str(reply.claimed_length))
        elif reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if has_body:
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the access log is ``LoopbackServer.requests``."""
