"""The clock that all processes on a database share, whatever the clocks of their machines say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.clock import SharedClock
from archive.leases import lease_of
from clausewatch.clock import utc_now
from clausewatch.errors import ClockApart
from clausewatch.jobs.claims import claimed
from clausewatch.jobs.kinds import Work
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from crawler.lanes import take_lanes
from tests.support import postgres
from tests.support.scenario import day

pytestmark = pytest.mark.once
A_MOMENT = timedelta(seconds=30)


def ahead(by: timedelta) -> Callable[[], datetime]:
    return lambda: utc_now() + by


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))) as archive:
        yield archive


def clock_of(archive: Archive, own: Callable[[], datetime]) -> SharedClock:
    clock = SharedClock(archive.engine, own=own)
    clock.set()
    return clock


@pytest.mark.parametrize("by", [timedelta(days=1), timedelta(hours=-5), timedelta(minutes=4), timedelta()])
def test_the_time_is_the_databases_and_how_far_ours_is_from_it_is_known(shared: Archive, by: timedelta) -> None:
    clock = clock_of(shared, ahead(by))
    assert abs(clock.now() - utc_now()) < A_MOMENT
    assert abs(clock.apart() - by) < A_MOMENT


def test_a_clock_that_is_set_meanwhile_changes_no_time_that_is_shared(shared: Archive) -> None:
    by = timedelta()
    clock = clock_of(shared, lambda: utc_now() + by)
    by = timedelta(days=400)
    assert abs(clock.now() - utc_now()) < A_MOMENT
    with pytest.raises(
        ClockApart, match=r"^the clock of this machine is 400 days ahead of the database's; set the one"
    ):
        clock.check()


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (timedelta(minutes=6), "6 minutes ahead of"),
        (timedelta(hours=-2, minutes=-5), "2 hours and 5 minutes behind"),
        (timedelta(days=-1), "1 day behind"),
    ],
)
def test_clocks_that_are_far_apart_are_told(shared: Archive, by: timedelta, told: str) -> None:
    with pytest.raises(ClockApart, match=f"the clock of this machine is {told} the database's"):
        clock_of(shared, ahead(by)).check()


@pytest.mark.parametrize("by", [timedelta(minutes=4), timedelta(minutes=-4)])
def test_clocks_that_are_near_each_other_will_do(shared: Archive, by: timedelta) -> None:
    clock_of(shared, ahead(by)).check()


def test_a_file_has_one_machine_whose_clock_it_is(tmp_path: Path) -> None:
    with open_archive(Settings(home=tmp_path)) as archive:
        clock = clock_of(archive, lambda: day(7))
        assert (clock.now(), clock.apart()) == (day(7), timedelta())
        clock.check()


def test_a_lane_is_of_one_machine_whatever_their_clocks_say(shared: Archive) -> None:
    slow, fast = (clock_of(shared, ahead(timedelta(minutes=by))) for by in (-4, 4))
    for first, second in ((slow, fast), (fast, slow)):
        host = f"{id(first)}.example"
        with shared.write() as connection:
            assert take_lanes(connection, [host], holder="ada", now=first.now(), seconds=60) == {host}
            assert not take_lanes(connection, [host], holder="bob", now=second.now(), seconds=60)
            after = second.now() + timedelta(seconds=61)
            assert take_lanes(connection, [host], holder="bob", now=after, seconds=60) == {host}


def test_what_is_due_is_due_by_the_shared_time(shared: Archive) -> None:
    shared.clock = clock_of(shared, ahead(timedelta(minutes=4)))
    work = Work(shared, Settings(), threading.Event(), put=lambda jobs: None)
    assert abs(work.now() - utc_now()) < A_MOMENT


@pytest.mark.parametrize("by", [timedelta(days=1), timedelta(days=-1)])
def test_a_machine_whose_clock_is_wrong_looks_at_nothing(shared: Archive, by: timedelta) -> None:
    document = add_address(shared, "https://kites.example/privacy", vendor="Kites", now=utc_now())
    shared.clock = clock_of(shared, ahead(by))
    with pytest.raises(ClockApart), claimed(shared, [document], is_due_only=True, now=shared.clock.now):
        pass
    with shared.read() as connection:
        assert lease_of(connection, f"look {document.id}") is None
