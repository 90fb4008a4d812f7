"""Leases: one holder at a time, free again by themselves."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from archive.leases import (
    give_up_all,
    lease_of,
    prolong_all,
    prolong_lease,
    take_lease,
    take_leases,
    take_over_lease,
)
from tests.support.scenario import archive_of, day

NOW = day(0)
SECOND = timedelta(seconds=1)


def test_a_lease_has_one_holder_until_it_ends(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive.write() as connection:
        assert take_lease(connection, "x", holder="ada", now=NOW, seconds=10)
        assert not take_lease(connection, "x", holder="bob", now=NOW + 9 * SECOND, seconds=10)
        assert take_lease(connection, "x", holder="ada", now=NOW + 9 * SECOND, seconds=10)
        assert not take_lease(connection, "x", holder="bob", now=NOW + 18 * SECOND, seconds=10)
        assert take_lease(connection, "x", holder="bob", now=NOW + 19 * SECOND, seconds=10)
        assert lease_of(connection, "x") == ("bob", NOW + 29 * SECOND)


def test_what_is_given_up_is_free_at_once_and_what_others_hold_stays(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive.write() as connection:
        take_leases(connection, ["x"], holder="ada", now=NOW, seconds=10)
        take_leases(connection, ["y"], holder="bob", now=NOW, seconds=10)
        give_up_all(connection, holder="ada")
        assert take_leases(connection, ["x", "y", "z"], holder="cyd", now=NOW, seconds=10) == {"x", "z"}


def test_thousands_are_taken_and_held_at_once(tmp_path: Path) -> None:
    names = [f"look {number}" for number in range(2500)]
    with archive_of(tmp_path) as archive, archive.write() as connection:
        take_lease(connection, names[7], holder="ada", now=NOW, seconds=60)
        got = take_leases(connection, names, holder="bob", now=NOW, seconds=60)
        assert got == set(names) - {names[7]}
        prolong_all(connection, holder="bob", until_at=NOW + 100 * SECOND)
        assert take_leases(connection, names, holder="cyd", now=NOW + 99 * SECOND, seconds=60) == {names[7]}


def test_a_lease_that_ends_absurdly_late_was_taken_by_a_wrong_clock(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive.write() as connection:
        take_lease(connection, "x", holder="ada", now=day(300), seconds=10)
        assert take_lease(connection, "x", holder="bob", now=NOW, seconds=10)


def test_a_lease_is_taken_over_only_from_a_holder_that_stands_still(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive.write() as connection:
        take_lease(connection, "x", holder="ada", now=NOW, seconds=10)
        seen = lease_of(connection, "x")
        assert seen
        assert prolong_lease(connection, "x", holder="ada", until_at=NOW + 12 * SECOND)
        assert not take_over_lease(connection, "x", seen=seen, holder="bob", until_at=day(1))
        now_seen = lease_of(connection, "x")
        assert now_seen
        assert take_over_lease(connection, "x", seen=now_seen, holder="bob", until_at=day(1))
        assert not prolong_lease(connection, "x", holder="ada", until_at=day(2))


def test_of_many_that_take_a_lease_at_once_one_gets_it(tmp_path: Path) -> None:
    got: list[str] = []

    def take(holder: str) -> None:
        with archive_of(tmp_path) as archive, archive.write() as connection:
            if take_lease(connection, "x", holder=holder, now=NOW, seconds=10):
                got.append(holder)

    with archive_of(tmp_path):
        threads = [threading.Thread(target=take, args=(f"holder {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 1
