"""A network between processes and a PostgreSQL that can be cut: nothing comes through, and nobody is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_CHUNK = 1 << 16


class Proxy:
    """Passes on what comes to a port of its own to the server of the URL. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        (folder,) = parse_qs(self._url.query)["host"]
        self._server = str(Path(folder) / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """The same database, by way of this."""
        address = f"{self._url.username}@127.0.0.1:{self._listener.getsockname()[1]}"
        return f"{self._url.scheme}://{address}{self._url.path}"

    def cut(self) -> None:
        self._is_whole.clear()

    def heal(self) -> None:
        """What was on its way arrives."""
        self._is_whole.set()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_whole.set()
        for each in list(self._sockets):
            _shut(each)
        for thread in list(self._threads):
            thread.join()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                theirs, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                self._sockets += [theirs, server]
                server.connect(self._server)
            except OSError:
                return
            self._start(partial(self._pass_on, theirs, server))
            self._start(partial(self._pass_on, server, theirs))

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(_CHUNK):
                self._is_whole.wait()
                other.sendall(data)
        except OSError:
            pass
        self._is_whole.wait()
        _shut(one)
        _shut(other)

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()


def _shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was closed at its other end
        return
