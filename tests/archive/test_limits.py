"""Windows are ours alone and follow one another; pauses are kept by all, and last longer each time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from archive import Archive
from archive.database import transaction
from archive.limits import (
    FORGIVEN_AFTER,
    LONGEST_PAUSE,
    LONGEST_QUEUE,
    SHORTEST_PAUSE,
    close,
    closed_until,
    list_limits,
    open_limits_alone,
    reserve_window,
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


@pytest.mark.parametrize("times", [1, 2])
def test_a_small_database_serves_where_there_is_no_archive(tmp_path: Path, times: int) -> None:
    for _ in range(times):
        engine = open_limits_alone(tmp_path)
        with transaction(engine, is_writer=True) as connection:
            assert reserved(connection) in (0, 1)
        engine.dispose()
