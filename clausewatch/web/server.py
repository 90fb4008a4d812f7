"""The process that serves: a socket, uvicorn and the app. Says nothing by itself but by the log."""

from __future__ import annotations

import gc
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from archive import open_archive
from clausewatch import logs
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.survivors import surviving_workers
from clausewatch.settings import Settings
from clausewatch.web import create_app
from clausewatch.web.making import Makers
from clausewatch.web.oneoff import SharedResults
from clausewatch.web.workers import run_workers

GRACE_SECONDS = 5  # for answers under way when it is told to stop
MADE_BEFORE_COLLECTING = 10_000
"""Objects: a page makes some thousands and drops them all. Python's 700 had it look at them a dozen times a page."""


def serve(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8000, workers: int = 1,
    on_ready: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Serve until SIGINT or SIGTERM. ``on_ready`` is told the address once connections are taken; port 0 picks one.

    With ``workers`` more than one, that many processes serve. Raises UsageError for a public bind without secret and
    public address, ClausewatchError where the port is taken.
    """
    check_bind(settings, host)
    check_port(host, port)
    with ExitStack() as stack:
        listeners = [stack.enter_context(_listening(host, port, is_shared=workers > 1))]
        port = listeners[0].getsockname()[1]
        listeners += [stack.enter_context(_listening(host, port, is_shared=True)) for _ in range(workers - 1)]
        say = on_ready or (lambda _address: None)
        with open_archive(settings) as archive:
            if workers == 1:
                with _until_told_to_stop():
                    say(_address(host, port))
                    _run(create_app(settings, archive), listeners[0])
                return
        # not while the archive is closed, which Ctrl-C would break off with a trace
        with _until_told_to_stop():
            say(_address(host, port))
            run_workers(_serve_beside_others, settings, listeners, grace_seconds=GRACE_SECONDS)


@contextmanager
def _until_told_to_stop() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block, and that is all. Uvicorn raises the signal again after it stopped in order."""
    with _sigterm_as_ctrl_c(), suppress(KeyboardInterrupt):
        yield


def _serve_beside_others(settings: Settings, listener: socket.socket, folder: Path) -> None:
    """Serve in a process that is one of several, until SIGTERM. What they must all know lies in the folder."""
    logs.begin(settings.log, level=settings.log_level)
    with open_archive(settings) as archive:
        app = create_app(settings, archive, results=SharedResults(folder))  # until then SIGTERM ends it at once
        with _until_told_to_stop():
            _run(app, listener)


def _run(app: FastAPI, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # addresses of visitors, and links that act, are not for logs
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    gc.collect()
    gc.freeze()  # modules and templates stay: no collection need look at them again, and each page causes some
    gc.set_threshold(MADE_BEFORE_COLLECTING)
    with surviving_workers(1) as executor:  # started when two days are compared first
        app.state.makers = Makers(executor)
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Otherwise SIGTERM would end the process before what runs beside the pages has stopped."""
    if threading.current_thread() is not threading.main_thread():  # the only one that may say how signals are taken
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_bind(settings: Settings, host: str) -> None:
    """Refuse to serve others with links that anyone could sign, or that lead nowhere. Raises UsageError."""
    if is_loopback(host):
        return
    missing = []
    if not settings.secret:
        missing.append("CLAUSEWATCH_SECRET (what signs the links)")
    if is_loopback(urlsplit(settings.public_url).hostname or ""):
        missing.append("CLAUSEWATCH_PUBLIC_URL (where visitors reach the pages)")
    if missing:
        raise UsageError(f"{host}: is a public bind; set {' and '.join(missing)}, or serve on 127.0.0.1")


def check_port(host: str, port: int) -> None:
    """Raises ClausewatchError where something listens there already, also who would share it; UsageError."""
    with _listening(host, port, is_shared=False):
        pass


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it. A name other than localhost counts as public."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """A socket that listens. Several that are shared may listen on one port: each new visitor comes to one of them."""
    if not 0 <= port <= 65535:
        raise UsageError(f"{port}: is no port; choose one from 1 to 65535, or 0 for any that is free")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host.strip("[]"), port), family=family, reuse_port=is_shared)
    except (OSError, ValueError) as error:  # ValueError: this system shares no ports
        reason = error.strerror if isinstance(error, OSError) else "only one --workers is possible here"
        raise ClausewatchError(
            f"{_address(host, port)}: cannot be listened on ({reason}); choose another --host or --port"
        ) from error
    # what it accepts inherits it; asyncio does not see that these are TCP, and each answer waited for 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{port}"
