"""The process that serves: a socket, uvicorn and the app. Says nothing by itself but by the log."""

from __future__ import annotations

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import uvicorn

from archive import open_archive
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.settings import Settings
from clausewatch.web import create_app

GRACE_SECONDS = 5  # for answers under way when it is told to stop


def serve(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8000, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM. ``on_ready`` is told the address once connections are taken; port 0 picks one.

    Raises UsageError for a public bind without secret and public address, ClausewatchError where the port is taken.
    """
    check_bind(settings, host)
    with open_archive(settings) as archive, _listening(host, port) as listener:
        config = uvicorn.Config(
            create_app(settings, archive),
            log_config=None,
            access_log=False,  # addresses of visitors, and links that act, are not for logs
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        if on_ready:
            on_ready(_address(host, listener.getsockname()[1]))
        # uvicorn raises the signal again after it has stopped in order
        with _sigterm_as_ctrl_c(), suppress(KeyboardInterrupt):
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


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it. A name other than localhost counts as public."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise UsageError(f"{port}: is no port; choose one from 1 to 65535, or 0 for any that is free")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise ClausewatchError(
            f"{_address(host, port)}: cannot be listened on ({error.strerror}); choose another --host or --port"
        ) from error


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{port}"
