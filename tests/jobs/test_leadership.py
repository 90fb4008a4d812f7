"""One process leads the schedule, whatever the clocks say, and another takes over where it ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.clock import SharedClock
from clausewatch.clock import utc_now
from clausewatch.errors import ArchiveError
from clausewatch.jobs.leadership import Leadership
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.scenario import archive_of, day


@dataclass
class Clocks:
    """The time on the wall, which may be set, and seconds, which go on."""

    wall: datetime = field(default_factory=lambda: day(0))
    seconds: float = 0.0

    def go_on(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)


@dataclass
class Candidates:
    """Processes on one database; ``is_away`` while it does not answer."""

    folder: Path
    clocks: Clocks = field(default_factory=Clocks)
    is_away: bool = False
    database: str = ""  # a PostgreSQL that they share
    ahead: dict[str, timedelta] = field(default_factory=dict)  # how far the clocks of their machines are

    @contextmanager
    def _open(self, name: str) -> Iterator[Archive]:
        if self.is_away:
            raise ArchiveError("the database: does not answer")
        opened: AbstractContextManager[Archive] = archive_of(self.folder)
        if self.database:
            opened = open_archive(Settings(home=self.folder, database_url=self.database))
        with opened as archive:
            archive.clock = SharedClock(archive.engine, own=lambda: utc_now() + self.ahead.get(name, timedelta()))
            archive.clock.set()
            yield archive

    def joins(self, name: str) -> Leadership:
        return Leadership(
            lambda: self._open(name), holder=name, now=lambda _archive: self.clocks.wall,
            steady=lambda: self.clocks.seconds, lease_seconds=20, margin_seconds=5,
        )  # fmt: skip


@pytest.fixture
def candidates(tmp_path: Path) -> Candidates:
    return Candidates(tmp_path)


def test_the_first_leads_and_the_others_stand_by(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    for _ in range(20):
        assert (ada.beat(), bob.beat()) == (True, False)
        candidates.clocks.go_on(5)


def test_the_log_says_who_began_to_lead_and_who_ceased_to(
    candidates: Candidates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="clausewatch")
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    for _ in range(3):
        ada.beat()
        bob.beat()
    ada.resign()
    bob.beat()
    candidates.is_away = True
    candidates.clocks.go_on(60)
    candidates.is_away = False
    cyd = candidates.joins("cyd")
    cyd.beat()
    candidates.clocks.go_on(60)
    cyd.beat()
    bob.beat()
    said = [record.message for record in caplog.records if record.levelno == logging.INFO]
    assert said == [
        "ada leads the schedule", "ada leads the schedule no more", "bob leads the schedule", "cyd leads the schedule",
        "bob leads the schedule no more",
    ]  # fmt: skip


def test_a_leader_that_died_is_replaced_within_thirty_seconds(candidates: Candidates) -> None:
    candidates.joins("ada").beat()
    bob, waited = candidates.joins("bob"), 0
    while not bob.beat():
        candidates.clocks.go_on(5)
        waited += 5
    assert 15 <= waited <= 25


def test_a_leader_that_resigns_is_replaced_at_once(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat()
    term = ada.term
    assert term
    ada.resign()
    assert term.is_set()
    assert ada.term is None
    assert bob.beat()


@pytest.mark.parametrize("step", [timedelta(days=400), timedelta(days=-400), timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_is_set_makes_no_second_leader_and_leaves_no_dead_one(
    candidates: Candidates, step: timedelta
) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat(), bob.beat()
    candidates.clocks.wall += step
    for _ in range(10):
        assert (bob.beat(), ada.beat()) == (False, True)
        candidates.clocks.go_on(5)
    assert not bob.beat()  # and ada, who beats no more, dies
    candidates.clocks.go_on(20)
    assert bob.beat()


def test_a_database_that_was_away_for_a_moment_changes_nothing(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat(), bob.beat()
    term = ada.term
    candidates.is_away = True
    candidates.clocks.go_on(10)
    assert (ada.beat(), bob.beat()) == (True, False)
    candidates.is_away = False
    assert (ada.beat(), bob.beat()) == (True, False)
    assert ada.term is term


def test_while_the_database_is_away_for_long_nobody_leads_and_then_one_does(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat(), bob.beat()
    candidates.is_away = True
    for _ in range(10):
        candidates.clocks.go_on(10)
        ada.beat(), bob.beat()
    assert (ada.term, bob.term) == (None, None)
    candidates.is_away = False
    for _ in range(8):
        assert ada.beat() + bob.beat() == 1
        candidates.clocks.go_on(5)


def test_that_the_database_is_away_is_said_once_each_time(
    candidates: Candidates, caplog: pytest.LogCaptureFixture
) -> None:
    ada = candidates.joins("ada")
    for times in (1, 2):
        ada.beat()
        candidates.is_away = True
        for _ in range(5):
            ada.beat()
        assert caplog.messages.count("the schedule waits: the database: does not answer") == times
        candidates.is_away = False


def test_a_leader_that_was_held_up_finds_its_term_over(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat(), bob.beat()
    term = ada.term
    assert term
    candidates.clocks.go_on(16)
    assert ada.term is None
    candidates.clocks.go_on(10)
    assert bob.beat()
    assert not ada.beat()
    assert term.is_set()


def test_a_term_ends_in_time_though_the_database_keeps_the_leader_waiting(candidates: Candidates) -> None:
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    ada.beat(), bob.beat()
    term = ada.term
    assert term
    candidates.clocks.go_on(14)
    ada.expire()
    assert not term.is_set()
    candidates.clocks.go_on(2)
    ada.expire()  # its next beat has not come back yet
    assert term.is_set()
    assert ada.beat()  # now it has, and nobody took over
    assert ada.term not in (None, term)
    bob.beat()
    candidates.clocks.go_on(21)
    ada.expire()
    assert bob.beat()
    assert not ada.beat()


@pytest.mark.once
def test_a_machine_whose_clock_is_wrong_does_not_lead(
    candidates: Candidates, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="clausewatch")
    candidates.database = postgres.database_of(tmp_path)
    ada, bob = candidates.joins("ada"), candidates.joins("bob")
    assert ada.beat()
    term = ada.term
    assert term
    candidates.ahead["ada"] = timedelta(days=1)
    assert (ada.beat(), ada.beat(), bob.beat()) == (False, False, True)
    assert term.is_set()
    candidates.ahead.clear()
    assert (bob.beat(), ada.beat()) == (True, False)
    assert [record.message for record in caplog.records] == [
        "ada leads the schedule",
        "this process does not lead: the clock of this machine is 1 day ahead of the database's; "
        "set the one that is wrong",
        "ada leads the schedule no more", "bob leads the schedule",
        "the clock of this machine and the database's agree again",
    ]  # fmt: skip
