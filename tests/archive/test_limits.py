"""Windows are ours alone and follow one another; pauses are kept by all, and last longer each time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from archive import Archive
from archive.database import transaction
from archive.leases import give_up_all
from archive.limits import (
    CONNECTION_SECONDS,
    FORGIVEN_AFTER,
    LINGERING,
    LONGEST_PAUSE,
    LONGEST_QUEUE,
    SHORTEST_PAUSE,
    close,
    closed_limits,
    closed_until,
    list_limits,
    open_limits_alone,
    pause_until,
    reserve_window,
    share_connections,
)
from tests.support.scenario import NOW, archive_of

SECOND = timedelta(seconds=1)


def reserved(connection: Connection, *, now: datetime = NOW) -> float:
    return (reserve_window(connection, "playback", length=SECOND, now=now) - NOW).total_seconds()


def test_windows_follow_one_another_and_none_is_kept_for_who_comes_late(archive: Archive) -> None:
    with archive.write() as connection:
        assert [reserved(connection) for _ in range(3)] == [0, 1, 2]
        assert reserved(connection, now=NOW + 10 * SECOND) == 10
        assert reserve_window(connection, "index", length=SECOND, now=NOW) == NOW


def test_a_clock_that_was_set_back_closes_nothing(archive: Archive) -> None:
    with archive.write() as connection:
        reserve_window(connection, "playback", length=SECOND, now=NOW + LONGEST_QUEUE + SECOND)
        close(connection, "all", asked_seconds=None, now=NOW + LONGEST_PAUSE)
        assert reserved(connection) == 0
        assert closed_until(connection, "all", now=NOW) is None


def test_a_pause_lasts_a_minute_and_twice_as_long_each_time(archive: Archive) -> None:
    lengths, now = [], NOW
    with archive.write() as connection:
        for _ in range(13):
            until = close(connection, "all", asked_seconds=None, now=now)
            assert closed_until(connection, "all", now=until - SECOND) == until
            assert closed_until(connection, "all", now=until) is None
            lengths.append((until - now).total_seconds())
            now = until + SECOND
        assert [limit.strikes for limit in list_limits(connection)] == [13]
    assert lengths[:4] == [60, 120, 240, 480]
    assert lengths[-1] == LONGEST_PAUSE.total_seconds()


def test_what_went_well_for_long_is_forgotten_and_what_was_asked_for_is_kept(archive: Archive) -> None:
    with archive.write() as connection:
        first = close(connection, "all", asked_seconds=7, now=NOW)
        assert first == NOW + SHORTEST_PAUSE
        late = first + FORGIVEN_AFTER
        assert close(connection, "all", asked_seconds=90, now=late) == late + 90 * SECOND
        soon = late + 600 * SECOND
        assert close(connection, "all", asked_seconds=90, now=soon) == soon + 180 * SECOND


def test_several_answers_to_one_burst_make_one_pause(archive: Archive) -> None:
    with archive.write() as connection:
        until = close(connection, "all", asked_seconds=None, now=NOW)
        assert close(connection, "all", asked_seconds=30, now=NOW + SECOND) == until
        assert close(connection, "all", asked_seconds=300, now=NOW + SECOND) == NOW + 301 * SECOND
        assert [limit.strikes for limit in list_limits(connection)] == [1]


def test_no_two_writers_reserve_one_window(tmp_path: Path) -> None:
    found: list[float] = []

    def reserve() -> None:
        with archive_of(tmp_path) as archive:
            for _ in range(10):
                with archive.write() as connection:
                    start = reserved(connection)
                found.append(start)

    archive_of(tmp_path).__enter__().close()
    threads = [threading.Thread(target=reserve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [float(number) for number in range(40)]


def shared(connection: Connection, holder: str, *, in_use: int = 0, now: datetime = NOW) -> int:
    return share_connections(connection, "wayback", holder=holder, most=4, in_use=in_use, now=now)


def test_connections_are_shared_by_all_who_ask(archive: Archive) -> None:
    with archive.write() as connection:
        assert shared(connection, "ada") == 4
        assert shared(connection, "bob") == 0  # until ada asks again, and what she gives away is no longer open
        assert shared(connection, "ada", now=NOW + SECOND) == 2
        assert shared(connection, "bob", now=NOW + 2 * SECOND) == 0
        assert shared(connection, "bob", now=NOW + SECOND + LINGERING) == 2
        assert shared(connection, "ada", now=NOW + SECOND + LINGERING) == 2
        give_up_all(connection, holder="bob")
        assert shared(connection, "ada", now=NOW + SECOND + LINGERING) == 4


def test_what_is_in_use_is_given_to_nobody(archive: Archive) -> None:
    with archive.write() as connection:
        shared(connection, "ada")
        shared(connection, "bob")
        for seconds in (1, 10):
            assert shared(connection, "ada", in_use=4, now=NOW + seconds * SECOND) == 2
            assert shared(connection, "bob", now=NOW + seconds * SECOND) == 0
        assert shared(connection, "ada", in_use=3, now=NOW + 11 * SECOND) == 2
        assert shared(connection, "bob", now=NOW + 17 * SECOND) == 1


def test_nobody_is_left_without_a_connection_for_ever(archive: Archive) -> None:
    holders = ["ada", "bob", "cyd", "eve", "fay"]
    with archive.write() as connection:
        for round_at in (NOW + number * LINGERING for number in range(6)):
            found = [shared(connection, holder, now=round_at) for holder in holders]
        assert sorted(found) == [0, 1, 1, 1, 1]
        give_up_all(connection, holder=holders[found.index(1)])
        assert shared(connection, holders[found.index(0)], now=round_at) == 1


def test_the_connections_of_a_process_that_was_killed_come_free(archive: Archive) -> None:
    with archive.write() as connection:
        shared(connection, "ada")
        assert shared(connection, "bob", now=NOW + CONNECTION_SECONDS - SECOND) == 0
        assert shared(connection, "bob", now=NOW + CONNECTION_SECONDS) == 4


def test_a_site_is_left_alone_as_long_as_it_said(archive: Archive) -> None:
    with archive.write() as connection:
        for seconds in (60, 30):  # the second was said in answer to what was under way
            pause_until(connection, "site a.example", until_at=NOW + seconds * SECOND, now=NOW)
        pause_until(connection, "site_b", until_at=NOW + SECOND, now=NOW)
        assert closed_limits(connection, "site ", now=NOW) == {"site a.example": NOW + 60 * SECOND}
        assert closed_limits(connection, "site ", now=NOW + 60 * SECOND) == {}


@pytest.mark.parametrize("times", [1, 2])
def test_a_small_database_serves_where_there_is_no_archive(tmp_path: Path, times: int) -> None:
    for _ in range(times):
        engine = open_limits_alone(tmp_path)
        with transaction(engine, is_writer=True) as connection:
            assert reserved(connection) in (0, 1)
            assert shared(connection, "ada") == 4
        engine.dispose()
