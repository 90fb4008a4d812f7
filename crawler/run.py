"""Runs a batch of fetches in a child process, because a reactor runs once and a crawl may leak or crash.

The parent keeps the records: the child gets no settings but what the plan says, and no database.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from clausewatch.clock import steady_seconds
from clausewatch.settings import Settings
from crawler.begun import read_begun
from crawler.child_log import tell_again
from crawler.children import Child, Children, FreshChildren
from crawler.dispatcher import LaneDispatcher
from crawler.folders import folder_for_bodies
from crawler.lanes import Lanes
from crawler.outcomes import ErrorKind, Fetch, FetchKind, Outcome, Plan, read_outcome, write_plan
from crawler.settings import FETCH_TIMEOUT_SECONDS, MAX_BYTES, agent_of

log = logging.getLogger(__name__)

_SPIDERS = {FetchKind.LIVE: "live", FetchKind.RENDERED: "rendered"}  # all others are the Wayback Machine's
_LOG_TAIL_BYTES = 2000
_LULL_SECONDS = 0.2  # a transaction for each page that trickles in would cost more than the page
_READ_BYTES = 1 << 16  # what a pipe holds
_LOOK_SECONDS = 0.1  # how often a watch looks whether it is to stop
_LAST_BREATH_SECONDS = 10  # what a child that has closed its output may take to end


def run_batch(
    requests: Sequence[Fetch],
    *,
    settings: Settings,
    on_outcome: Callable[[Outcome], None],
    timeout_seconds: float,
    on_lull: Callable[[], None] = lambda: None,
    fetch_timeout_seconds: float = FETCH_TIMEOUT_SECONDS,
    max_bytes: int = MAX_BYTES,
    allowed_delay_seconds: float = 0.0,
    stop: threading.Event | None = None,
    turns_fd: int | None = None,
    lanes: Lanes | None = None,
    children: Children | None = None,
) -> None:
    """Fetch all of it; ``on_outcome`` is called in this thread, once for every fetch, as the answers come.

    ``on_lull`` is called where nothing more came for a moment, and at the end. Live fetches and those of the Wayback
    Machine do not mix in one batch; ids are unique within it. After ``timeout_seconds`` the child is killed, and what
    had no outcome gets one with an error; so it is if the child crashes. Of these only what was begun ``was_asked``. An
    exception from ``on_outcome``, or Ctrl-C, ends the child and passes on. ``stop``, once set, ends it within a second,
    and what had no outcome by then gets none: it was not looked at. The operator's hosts are asked without a rest, or
    with ``allowed_delay_seconds`` at a pace as any other. ``turns_fd`` is handed on to the child, which asks on it for
    its turns. With ``lanes`` no host is asked whose lane another crawl holds. ``children`` says how the child is
    started, and which robots.txt need not be asked for; else it is from scratch, and asks for all.
    """
    stop, children = stop or threading.Event(), children or FreshChildren()
    if not requests or stop.is_set():
        return
    left = _by_id(requests)
    with ExitStack() as stack:
        folder = stack.enter_context(folder_for_bodies())
        stderr = stack.enter_context(tempfile.TemporaryFile())
        plan = _plan(
            requests, settings, str(folder), fetch_timeout_seconds=fetch_timeout_seconds, max_bytes=max_bytes,
            turns_fd=turns_fd, allowed_delay_seconds=allowed_delay_seconds,
        )  # fmt: skip
        plan = replace(plan, rules=children.rules.of(_addresses(requests), now=steady_seconds()))
        if lanes:
            plan = _with_lanes(plan, lanes, stack)
        fds = [fd for fd in (plan.turns_fd, plan.lanes_fd) if fd is not None]
        child = children.start(str(folder), stderr=stderr, fds=fds)
        deadline = _Deadline(child, timeout_seconds, stop)
        try:
            _send(child, write_plan(plan, requests))
            for outcome in _outcomes(child, folder, on_lull):
                if left.pop(outcome.id, None):
                    on_outcome(outcome)
        except BaseException:
            child.kill()
            raise
        finally:
            deadline.cancel()
            _end(child)
            if plan.spider == "rendered":
                _end_browser(folder)
        children.rules.learn(Path(folder))
        tail, begun = _read_log(stderr), read_begun(folder, [fetch.id for fetch in requests])
        for fetch in [] if stop.is_set() else left.values():
            on_outcome(_unanswered(fetch, deadline, child.returncode, tail=tail, was_asked=fetch.id in begun))
        on_lull()


def _by_id(requests: Sequence[Fetch]) -> dict[str, Fetch]:
    found = {fetch.id: fetch for fetch in requests}
    if len(found) < len(requests):
        raise ValueError("two fetches of a batch have one id")
    return found


def _addresses(requests: Sequence[Fetch]) -> Iterator[str]:
    """Those that will be asked for, as far as that is known."""
    for fetch in requests:
        yield fetch.url
        if fetch.held_url:
            yield fetch.held_url


def _with_lanes(plan: Plan, lanes: Lanes, stack: ExitStack) -> Plan:
    """The plan of a crawl that holds lanes, and is given more where it asks for them."""
    return replace(
        plan, lanes_fd=stack.enter_context(LaneDispatcher(lanes)).fd, hosts=lanes.hosts, lanes_until=lanes.sure_until,
        paused_seconds=lanes.paused_seconds(),
    )  # fmt: skip


def _outcomes(child: Child, folder: Path, on_lull: Callable[[], None]) -> Iterator[Outcome]:
    """What the child says, as it comes."""
    assert child.stdout is not None
    for lines in _arrivals(child.stdout):
        yield from (read_outcome(line, folder) for line in lines)
        if not lines:
            on_lull()


def _plan(
    requests: Sequence[Fetch], settings: Settings, folder: str, *, fetch_timeout_seconds: float, max_bytes: int,
    turns_fd: int | None, allowed_delay_seconds: float,
) -> Plan:  # fmt: skip
    spiders = {_SPIDERS.get(fetch.kind, "wayback") for fetch in requests}
    if len(spiders) > 1:
        raise ValueError("fetches for several spiders do not mix in one batch")
    return Plan(
        spider=spiders.pop(), agent=agent_of(settings), folder=folder, allow_hosts=settings.allow_hosts,
        wayback_url=settings.wayback_url, fetch_timeout_seconds=fetch_timeout_seconds, max_bytes=max_bytes,
        chromium=settings.chromium, turns_fd=turns_fd, allowed_delay_seconds=allowed_delay_seconds,
    )  # fmt: skip


class _Deadline:
    """Kills the child when its time is over, or when it is to stop."""

    def __init__(self, child: Child, timeout_seconds: float, stop: threading.Event) -> None:
        self.timeout_seconds = timeout_seconds
        self.has_passed = False
        self._child, self._stop, self._is_over = child, stop, threading.Event()
        self._watch = threading.Thread(target=self._wait, name="deadline of a batch", daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        until = time.monotonic() + self.timeout_seconds
        while not self._is_over.wait(_LOOK_SECONDS):
            self.has_passed = time.monotonic() >= until
            if self.has_passed or self._stop.is_set():
                self._child.kill()
                return

    def cancel(self) -> None:
        self._is_over.set()
        self._watch.join()


def _send(child: Child, data: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(data)
        child.stdin.flush()  # and left open: its end tells the child that we are gone
    except BrokenPipeError:
        log.debug("the crawl process ended before it read its plan")


def _arrivals(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """The lines of the child, each time all that are there; none where nothing came for a moment. Half a line at the
    end was cut off by a kill."""
    rest = b""
    while True:
        if not select.select([stream], [], [], _LULL_SECONDS)[0]:
            yield []
            continue
        if not (data := os.read(stream.fileno(), _READ_BYTES)):
            return
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            yield lines


def _end(child: Child) -> None:
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.close()
    try:
        child.wait(timeout=_LAST_BREATH_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()


def _end_browser(folder: Path) -> None:
    from crawler.browser.process import kill_left  # Scrapy's errors come with it

    kill_left(folder)


def _read_log(stderr: IO[bytes]) -> str:
    stderr.seek(0)
    text = stderr.read().decode(errors="replace")
    tell_again(text)
    return text[-_LOG_TAIL_BYTES:]


def _unanswered(fetch: Fetch, deadline: _Deadline, exit_code: int | None, *, tail: str, was_asked: bool) -> Outcome:
    if deadline.has_passed:
        kind, error = ErrorKind.TIMEOUT, f"the batch took longer than {deadline.timeout_seconds:g} seconds"
    else:
        last = tail.strip().splitlines()[-1:] or ["it said nothing"]
        kind, error = ErrorKind.CRASHED, f"the crawl process ended with {exit_code}; its last words: {last[0]}"
    return Outcome(fetch.id, fetch.url, datetime.now(UTC), error=error, error_kind=kind, was_asked=was_asked)
