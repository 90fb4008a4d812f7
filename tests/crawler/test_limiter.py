"""The Wayback Machine is asked at one pace by all processes on one database, and left alone when it wants to be."""

from __future__ import annotations

import asyncio
import doctest
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive import open_archive
from clausewatch.demo.server import Reply, Request
from clausewatch.errors import ArchiveError, RateLimited
from clausewatch.settings import Settings
from crawler import limiter as limiters
from crawler.cdx import Row
from crawler.limiter import Rate, open_limiter, rates_of
from crawler.settings import ARCHIVE_CONNECTIONS, INDEX_SLOT, PLAYBACK_SLOT
from crawler.turns import Closed, Turns
from crawler.wayback import list_captures, play_back
from tests.support import WaybackStandIn, postgres
from tests.support.scenario import NOW

URL = "https://www.skyforge.example/privacy"
IA = "https://web.archive.org"
ONE_PROCESS = """
import sys
from pathlib import Path
from clausewatch.settings import load
from crawler.wayback import list_captures, play_back
settings = load()
rows = list_captures(sys.argv[1], settings=settings)
play_back(rows, settings=settings, on_outcome=lambda played: print(played.outcome.error or "page"))
"""


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation whose database is there."""
    settings = Settings(home=tmp_path / "home")
    open_archive(settings).close()
    return settings


@pytest.fixture
def wayback() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as wayback:
        yield wayback


def paced(settings: Settings, wayback: WaybackStandIn, index: int, playbacks: int) -> Settings:
    """The stand-in is limited too, where that is set."""
    return replace(
        settings, allow_hosts=(wayback.host,), wayback_url=wayback.url, wayback_pace=(index, playbacks)
    )  # fmt: skip


# --- how fast -------------------------------------------------------------------------------------------------


def test_no_span_holds_a_request_too_many_however_late_each_leaves() -> None:
    for rate in (Rate(8, 1.0), Rate(24, 60.0), Rate(1, 1.0), Rate(1, 60.0)):
        # the first of so many and one leaves as late as it may, the last one at once
        assert rate.count * rate.interval - rate.slack >= rate.seconds
        assert rate.at_once * rate.interval <= 1.1 or rate.at_once == 1
    assert Rate(8, 1.0).at_once >= 7


def test_public_archives_are_asked_as_they_wish_whatever_is_set() -> None:
    usual = {INDEX_SLOT: Rate(24, 60.0), PLAYBACK_SLOT: Rate(8, 1.0)}
    assert rates_of(Settings()) == usual
    assert rates_of(Settings(wayback_pace=(600, 100))) == usual
    assert rates_of(Settings(wayback_pace=(12, 4))) == {INDEX_SLOT: Rate(12, 60.0), PLAYBACK_SLOT: Rate(4, 1.0)}


def test_an_archive_of_ones_own_is_limited_only_where_that_is_set() -> None:
    own = Settings(allow_hosts=("127.0.0.1:8080",), wayback_url="http://127.0.0.1:8080/coll")
    assert rates_of(own) is None
    assert rates_of(replace(own, wayback_pace=(600, 100))) == {
        INDEX_SLOT: Rate(600, 60.0),
        PLAYBACK_SLOT: Rate(100, 1.0),
    }
    with open_limiter(own) as limiter:
        assert limiter.reserve(PLAYBACK_SLOT) is None
        assert limiter.close(None) == 60


def test_windows_of_all_processes_follow_one_another(settings: Settings) -> None:
    with open_limiter(settings, now=lambda: NOW) as one, open_limiter(settings, now=lambda: NOW) as other:
        windows = [limiter.reserve(PLAYBACK_SLOT) for limiter in (one, other, one, other)]
    starts = [window.start_at for window in windows if window]
    rate = Rate(8, 1.0)
    assert starts[0] == NOW
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(seconds=rate.at_once * rate.interval)}


def test_a_window_is_told_by_the_clock_of_this_machine_whose_time_is_another(settings: Settings) -> None:
    def shared_now() -> datetime:
        return datetime.now(UTC) - timedelta(minutes=4)

    with open_limiter(settings, now=shared_now) as limiter:
        window = limiter.reserve(PLAYBACK_SLOT)
        assert window
        assert abs(window.start_at - shared_now()) < timedelta(seconds=60)
        assert abs(limiter.here(window.start_at) - time.time()) < 60


def test_the_index_and_playback_do_not_wait_for_each_other(settings: Settings) -> None:
    with open_limiter(settings, now=lambda: NOW) as limiter:
        found = [limiter.reserve(slot) for slot in (PLAYBACK_SLOT, INDEX_SLOT)]
    assert [window and window.start_at for window in found] == [NOW, NOW]


def test_a_pause_closes_both_in_every_process(settings: Settings) -> None:
    now = NOW
    with open_limiter(settings, now=lambda: now) as one, open_limiter(settings, now=lambda: now) as other:
        assert one.close(None) == 60
        for slot in (PLAYBACK_SLOT, INDEX_SLOT):
            with pytest.raises(RateLimited, match="try again in 60 seconds"):
                other.reserve(slot)
        with pytest.raises(RateLimited):
            other.check()
        now = NOW + timedelta(seconds=60)
        other.check()
        assert other.close(None) == 120


def test_a_one_off_makes_no_archive_and_keeps_the_pause(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path / "home")
    with open_limiter(nowhere) as limiter:
        limiter.close(None)
    with open_limiter(nowhere) as limiter, pytest.raises(RateLimited):
        limiter.check()
    assert not nowhere.home.exists()


@pytest.mark.sqlite
def test_a_database_that_cannot_be_used_is_no_reason_to_count_anew(settings: Settings) -> None:
    (settings.home / "clausewatch.db").write_bytes(b"no database")
    with pytest.raises(ArchiveError), open_limiter(settings):
        pass


def test_the_examples_in_the_docstrings_hold() -> None:
    results = doctest.testmod(limiters)
    assert (results.failed, results.attempted > 0) == (0, True)


# --- in the child ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def turns_of(answer: Callable[[str], dict[str, object]], clock: Callable[[], float]) -> AsyncIterator[Turns]:
    """Turns whose parent gives these answers."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    asked, answers = await asyncio.open_connection(sock=theirs)

    async def serve() -> None:
        while line := await asked.readline():
            answers.write(json.dumps(answer(line.decode().strip())).encode() + b"\n")
        answers.close()

    serving = asyncio.ensure_future(serve())
    turns = Turns(reader, writer, clock=clock)
    try:
        yield turns
    finally:
        turns.close()
        await asyncio.gather(serving, writer.wait_closed(), answers.wait_closed())


def test_a_window_is_used_to_its_end_and_no_further() -> None:
    asked: list[str] = []
    now = 100.0

    def answer(slot: str) -> dict[str, object]:
        asked.append(slot)
        return {"start": now, "until": now + 0.02, "interval": 0.01}

    async def leave() -> list[int]:
        nonlocal now
        windows = []
        async with turns_of(answer, lambda: now) as turns:
            for step in (0.0, 0.005, 0.02, 0.0, 5.0):
                now += step
                async with turns.turn("playback"):
                    windows.append(len(asked))
        return windows

    # at once; a moment later in the same window; the window is over; nothing waited; long over
    assert asyncio.run(leave()) == [1, 1, 2, 2, 3]


def test_a_pause_is_told_and_an_archive_of_ones_own_asked_for_once() -> None:
    answers: list[dict[str, object]] = [{"closed": 42.0}, {"is_free": True}]
    asked: list[str] = []

    def answer(slot: str) -> dict[str, object]:
        asked.append(slot)
        return answers.pop(0)

    async def leave() -> float:
        async with turns_of(answer, lambda: 100.0) as turns:
            with pytest.raises(Closed) as closed:
                async with turns.turn("index"):
                    pass
            for _ in range(20):
                async with turns.turn("index"):
                    pass
        return closed.value.seconds

    assert asyncio.run(leave()) == 42.0
    assert asked == ["index 0", "index 0"]


def test_no_more_requests_are_under_way_than_there_are_connections() -> None:
    under_way: list[int] = []

    async def ask(turns: Turns, ends: asyncio.Event) -> None:
        async with turns.turn("playback"):
            under_way.append(1)
            await ends.wait()
            under_way.append(-1)

    def answer(slot: str) -> dict[str, object]:
        return {"start": 100.0, "until": 200.0, "interval": 0.0, "connections": 2}

    async def leave() -> int:
        ends = asyncio.Event()
        async with turns_of(answer, lambda: 100.0) as turns:
            asking = [asyncio.ensure_future(ask(turns, ends)) for _ in range(5)]
            while len(under_way) < 2:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)  # in which a third one would leave
            at_once = len(under_way)
            ends.set()
            await asyncio.gather(*asking)
        return at_once

    assert asyncio.run(leave()) == 2
    assert len(under_way) == 10


# --- together -------------------------------------------------------------------------------------------------


def archived(wayback: WaybackStandIn, count: int) -> None:
    for number in range(count):
        wayback.add(URL, datetime(2019, 1, 1, tzinfo=UTC) + timedelta(days=number), f"text {number}")


def environ_of(settings: Settings, wayback: WaybackStandIn, pace: str) -> dict[str, str]:
    return postgres.environ_of(settings.home) | {
        "CLAUSEWATCH_ALLOW_HOSTS": wayback.host, "CLAUSEWATCH_WAYBACK_URL": wayback.url,
        "CLAUSEWATCH_WAYBACK_PACE": pace,
    }  # fmt: skip


@pytest.mark.slow
def test_several_processes_together_keep_the_pace(settings: Settings, wayback: WaybackStandIn) -> None:
    archived(wayback, 12)
    rate = Rate(20, 1.0)
    environ = environ_of(settings, wayback, "6000,20")
    started_at = datetime.now(UTC)
    command = [sys.executable, "-c", ONE_PROCESS, URL]
    children = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate(timeout=60)[0].splitlines() for child in children]
    assert said == [["page"] * 12] * 3
    times = sorted(entry.at for entry in wayback.requests if entry.path.startswith("/web/"))
    assert len(times) == 36
    # none arrived before its turn: the machine may delay a request, never hurry it
    for number, at in enumerate(times):
        assert (at - started_at).total_seconds() >= number * rate.interval


@dataclass
class GaugedWayback(WaybackStandIn):
    """Takes its time, and notes how many connections were open at once."""

    most: int = 0

    def respond(self, request: Request) -> Reply:
        assert self._server is not None
        with self.lock:
            self.most = max(self.most, sum(map(is_open, self._server._open)))
        time.sleep(0.2)
        return super().respond(request)


def is_open(connection: socket.socket) -> bool:
    """Whether its other end has not closed it, be it that nobody here has noticed yet."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.slow
def test_several_processes_together_have_four_connections(settings: Settings) -> None:
    with GaugedWayback() as wayback:
        archived(wayback, 16)
        environ = environ_of(settings, wayback, "6000,100")
        command = [sys.executable, "-c", ONE_PROCESS, URL]
        children = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = [child.communicate(timeout=100)[0].splitlines() for child in children]
    assert said == [["page"] * 16] * 3
    assert 1 < wayback.most <= ARCHIVE_CONNECTIONS


@pytest.mark.slow
def test_a_429_stops_every_process_for_a_minute_and_then_for_longer(
    settings: Settings, wayback: WaybackStandIn
) -> None:
    archived(wayback, 30)
    limited = paced(settings, wayback, 6000, 50)
    rows = list_captures(URL, settings=limited)
    wayback.limit(6)
    wayback.forget_requests()
    told: list[Row] = []
    with pytest.raises(RateLimited) as refused:
        play_back(rows, settings=limited, on_outcome=lambda played: told.append(played.row))
    assert (len(told), refused.value.retry_after_seconds) == (6, 60)
    asked = len(wayback.requests)
    assert asked <= 6 + 4  # as many as were under way
    wayback.limit(None)
    for ask in (
        lambda: list_captures(URL, settings=limited),
        lambda: play_back(rows, settings=limited, on_outcome=print),
    ):
        with pytest.raises(RateLimited, match="try again in"):
            ask()
    assert len(wayback.requests) == asked
    with open_limiter(limited, now=lambda: datetime.now(UTC) + timedelta(seconds=61)) as later:
        later.check()
        assert later.close(None) == 120


def test_connections_that_are_refused_close_the_archive_for_an_hour(
    settings: Settings, wayback: WaybackStandIn
) -> None:
    limited = paced(settings, wayback, 6000, 50)
    wayback.stop()
    with pytest.raises(RateLimited, match="refuses connections") as refused:
        list_captures(URL, settings=limited)
    assert refused.value.retry_after_seconds == 3600
    with pytest.raises(RateLimited, match="asked for a pause"):
        list_captures(URL, settings=limited)
