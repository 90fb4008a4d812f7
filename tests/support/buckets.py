"""A real server that speaks S3 on loopback, in an environment of its own beside ours."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from tests.support.ports import free_port

SERVER = Path(sys.prefix) / "moto" / "bin" / "moto_server"
IS_THERE = SERVER.exists()
START_SECONDS = 60.0  # of a loaded machine
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "harbor", "AWS_SECRET_ACCESS_KEY": "kites", "AWS_REGION": "us-east-1"}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server without any bucket, until the block ends; credentials stand in the environment."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(SERVER), "-H", "127.0.0.1", "-p", str(port)]
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    os.environ.update(CREDENTIALS)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value else {})


def make_bucket(address: str, name: str) -> str:
    """Make a bucket; what CLAUSEWATCH_BLOBS is set to for a prefix in it."""
    urllib.request.urlopen(urllib.request.Request(f"{address}/{name}", method="PUT"), timeout=30).close()
    return f"s3://{name}/some/prefix?endpoint={address}&allow_http=true"


@contextmanager
def relay_to(server: str) -> Iterator[tuple[str, threading.Event]]:
    """Another address of the server, which neither answers nor ends while it is cut."""
    is_cut, target = threading.Event(), urlsplit(server)
    sockets = [socket.create_server(("127.0.0.1", 0))]
    threads: list[threading.Thread] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                while is_cut.is_set():
                    time.sleep(0.02)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                ours, _ = sockets[0].accept()
                theirs = socket.create_connection((target.hostname, target.port))
                sockets.extend((ours, theirs))
                begin(pump, ours, theirs)
                begin(pump, theirs, ours)

    def begin(do: Callable[..., None], *given: socket.socket) -> None:
        threads.append(threading.Thread(target=do, args=given))
        threads[-1].start()

    begin(serve)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}", is_cut
    finally:
        is_cut.clear()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for each in sockets:
            each.close()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with suppress(URLError, HTTPError, OSError):
            urllib.request.urlopen(f"{address}/moto-api/", timeout=10).close()
            return
        time.sleep(0.05)
    raise RuntimeError("the server that speaks S3 does not answer")
