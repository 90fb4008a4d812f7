"""A process that has imported what the child of a batch needs, and forks one when it is asked to.

It starts no thread and no reactor, so that what it forks is as good as new. ``crawler.children`` asks; each request
brings files: where to tell how the child ended, its standard input, output and error, and those it inherits. It ends
with the process that started it.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from crawler.child import crawl_batch
from crawler.download import tls_of
from crawler.outcomes import Plan
from crawler.settings import scrapy_settings

MADE_BEFORE_COLLECTING = 10_000
"""Objects: a page that is asked for makes thousands and drops them all, and Python's 700 are few."""
_LONGEST = 65_536  # bytes of a request: a path and some numbers
_MOST_FDS = 16
_CHAINS = ("DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES", "SPIDER_MIDDLEWARES")
_OURS = 64  # numbers that all files of ours are below
_ANY_PLAN = Plan(
    spider="live", agent="", folder="", allow_hosts=(), wayback_url="", fetch_timeout_seconds=1.0, max_bytes=1
)


def main() -> None:
    """Forks until whoever asks is gone."""
    # a service that is stopped tells all its processes at once; this one ends with its parent
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    _import_all()
    gc.collect()
    gc.freeze()  # what children only read they share with us
    gc.set_threshold(MADE_BEFORE_COLLECTING)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    asks = socket.socket(fileno=int(sys.argv[1]))
    running: dict[int, int] = {}  # where to tell how a child ended, by its process
    while True:
        ready = select.select([asks.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, _LONGEST)
            _tell_ends(running)
        if asks.fileno() in ready:
            asked, fds, _, _ = socket.recv_fds(asks, _LONGEST, _MOST_FDS)
            if not asked:
                return
            _fork(asks, json.loads(asked), fds, running)


def _import_all() -> None:
    """What a child would import once it knows its plan, but for the browser: Scrapy's settings name it."""
    settings = Settings(scrapy_settings(_ANY_PLAN))
    named = [value for name, value in settings.items() if name not in _CHAINS]
    for name in _CHAINS:  # classes with their places, or the other way round
        named += [
            each for key, value in settings.getwithbase(name).items() if value is not None for each in (key, value)
        ]
    for each in named:
        if isinstance(each, str) and each.startswith(("scrapy.", "crawler.")):
            load_object(each)
    tls_of(settings)
    import_module("concurrent.futures.thread")
    import_module("encodings.idna")


def _fork(asks: socket.socket, asked: Mapping[str, object], fds: Sequence[int], running: dict[int, int]) -> None:
    status, *given = fds
    pid = os.fork()
    if pid == 0:
        asks.detach()  # closed with all other files of ours
        _become_child(asked, given)
    for fd in given:
        os.close(fd)
    running[pid] = status
    asks.sendall(str(pid).encode())


def _become_child(asked: Mapping[str, object], given: Sequence[int]) -> NoReturn:
    """As if it was started afresh: in a session of its own, with the files it was given and no other."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        inherited = asked["fds"]
        assert isinstance(inherited, list)
        above = max([_OURS, *inherited]) + 1
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, above) for fd in given]
        os.closerange(0, above)
        for fd, number in zip(moved, [0, 1, 2, *inherited], strict=True):
            os.dup2(fd, number)
            os.close(fd)
        crawl_batch(str(asked["folder"]))
        code = 0
    except BaseException:  # as an interpreter that ends with it: the parent reads the last words
        traceback.print_exc()
    finally:
        os._exit(code)


def _tell_ends(running: dict[int, int]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with os.fdopen(running.pop(pid), "wb", buffering=0) as said:
                try:
                    said.write(str(os.waitstatus_to_exitcode(status)).encode())
                except BrokenPipeError:
                    continue  # whoever asked for it is no longer interested


if __name__ == "__main__":
    main()
