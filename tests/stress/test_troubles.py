"""A disk that is full, a database that goes away, returns that come twice and in any order."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import open_archive
from archive.notices import list_notices
from archive.subscriptions import list_subscriptions
from archive.suppressions import list_suppressions
from clausewatch.jobs.restore import restore
from notifier.returns import Return, Verdict, take_in
from notifier.tokens import secret_of
from tests.stress.beginnings import Beginning, order_of, same
from tests.stress.forking import Ending, Forks
from tests.stress.paths import NOW, PATHS, Place, send, settle
from tests.support import postgres

TOLD = ("clausewatch.errors.", "OSError:", "notifier.mailer.TransportDown")
WRITING = ("crawl", "import", "settle", "rebuild", "subscribe", "deliver", "compact", "backup", "restore", "move")
OFTEN = 12  # each, under `make stress`


def told(ending: Ending) -> str:
    """The last line of what it said: a fault of ours that says what to do, and no bug."""
    last = [line for line in ending.fault.splitlines() if line and not line.startswith(" ")][-1]
    assert last.startswith(TOLD), ending.fault
    return last


@pytest.mark.slow
@pytest.mark.parametrize("name", ["import", "backup"])
def test_a_full_disk_is_said_and_what_it_stopped_goes_on(forks: Forks, beginning: Beginning, name: str) -> None:
    fill_the_disk(forks, beginning, name, times=1)


@pytest.mark.stress
@pytest.mark.parametrize("name", WRITING)
def test_a_disk_may_be_full_at_any_size(forks: Forks, beginning: Beginning, name: str) -> None:
    fill_the_disk(forks, beginning, name, times=OFTEN)


def fill_the_disk(forks: Forks, beginning: Beginning, name: str, *, times: int) -> None:
    """Run with less and less room, and again with enough. SQLite writes nothing into files of 4 kB."""
    path, chance = PATHS[name], random.Random(name)
    with beginning.place(name) as place:
        assert not forks.run(order_of(name, place)).fault
        expected = dict(path.outcome(place))
        largest = max(each.stat().st_size for each in place.home.rglob("*") if each.is_file())
    faults = 0
    for most_bytes in [200, *(chance.randint(200, largest) for _ in range(times - 1))]:
        with beginning.place(name) as place:
            if (stopped := forks.run(replace(order_of(name, place), most_bytes=most_bytes))).fault:
                faults += bool(told(stopped))
            place = replace(place, attempt=1)
            assert not forks.run(order_of(name, place)).fault
            same(path.outcome(place), expected, f"{name}, with no room beyond {most_bytes} bytes")
    assert faults or beginning.kind == "postgresql"  # whose server has room


@pytest.mark.slow
@pytest.mark.parametrize("name", ["import", "deliver"])
def test_who_loses_the_database_says_so_and_goes_on(forks: Forks, beginnings: dict[str, Beginning], name: str) -> None:
    cut_off(forks, beginnings["postgresql"], name, times=1)


@pytest.mark.stress
@pytest.mark.parametrize("name", WRITING)
def test_the_database_may_be_lost_at_any_time(forks: Forks, beginnings: dict[str, Beginning], name: str) -> None:
    cut_off(forks, beginnings["postgresql"], name, times=OFTEN)


def cut_off(forks: Forks, beginning: Beginning, name: str, *, times: int) -> None:
    """Run and lose all connections at a boundary, and run again."""
    path, chance = PATHS[name], random.Random(name)
    with beginning.place(name) as place:
        calm = forks.run(order_of(name, place))
        expected = dict(path.outcome(place))
    for _ in range(times):
        with beginning.place(name) as place:
            order = order_of(name, place, boundary=chance.randint(1, calm.boundaries))
            if (stopped := forks.run(replace(order, is_cut_off=True))).fault:
                told(stopped)
            place = replace(place, attempt=1)
            again = forks.run(order_of(name, place))
            assert not again.fault, again.fault
            same(path.outcome(place), expected, f"{name}, cut off at {order.boundary}")


@pytest.mark.slow
def test_a_database_that_is_dropped_comes_back_from_its_backup(forks: Forks, beginning: Beginning) -> None:
    with beginning.place("import") as place:
        assert not forks.run(order_of("import", place)).fault
        expected = dict(PATHS["import"].outcome(place))
    with beginning.place("import") as place:
        assert forks.run(order_of("import", place, boundary=20)).is_killed
        dropped(beginning, place)
        restore(place.home / "restorable", place.settings)
        assert not forks.run(order_of("import", place)).fault
        same(PATHS["import"].outcome(place), expected, "import, after the database was dropped")


def dropped(beginning: Beginning, place: Place) -> None:
    """The database is gone, and there is an empty one of the same name; SQLite's is gone with all bodies."""
    if beginning.kind == "postgresql":
        postgres.empty_database(place.database)
        return
    for path in place.home.glob("one.db*"):
        path.unlink()
    shutil.rmtree(place.home / "blobs")


@pytest.fixture
def delivered(beginning: Beginning) -> Iterator[Place]:
    with beginning.place("deliver") as place:
        settle(place)
        send(place)
        yield place


def test_returns_that_come_twice_and_in_any_order_come_to_the_same(delivered: Place) -> None:
    with open_archive(delivered.settings) as archive:
        with archive.read() as connection:
            ada, bob = (list_subscriptions(connection, email=f"{name}@example.com")[0] for name in ("ada", "bob"))
            mails = {each.subscription: each.mail for each in list_notices(connection)}
        returns = [
            Return("1", Verdict.SOFT, "mailbox full", mail=mails[ada.id]),
            Return("2", Verdict.ARRIVED, "delivered", mail=mails[ada.id]),
            Return("3", Verdict.SOFT, "mailbox full", mail=mails[bob.id]),
            Return("4", Verdict.STOP, "no such mailbox", mail=mails[bob.id]),
        ]
        outcomes = set()
        with archive.write() as connection:
            for order in itertools.permutations(returns):
                tried = connection.begin_nested()
                for each in (*order, *reversed(order), order[0]):  # each in a call of its own
                    take_in(connection, [each], secret=secret_of(delivered.settings), now=NOW)
                found = tuple((each.email, str(each.state)) for each in list_subscriptions(connection))
                outcomes.add((found, tuple(each.reason for _, each in list_suppressions(connection))))
                tried.rollback()
    ((states, suppressed),) = outcomes
    assert states == (("ada@example.com", "confirmed"), ("bob@example.com", "ended"))
    assert suppressed == ("no such mailbox",)


def test_a_place_is_removed_with_all_that_it_made(beginning: Beginning) -> None:
    with beginning.place("settle") as place:
        home: Path = place.home
        assert (home / "blobs").is_dir()
    assert not home.exists()
