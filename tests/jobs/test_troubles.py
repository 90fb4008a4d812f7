"""What needs a hand beside single documents."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.clock import SharedClock
from archive.floods import raise_flood
from archive.leases import take_lease
from archive.limits import close
from archive.notices import claim, mark_failed
from clausewatch.clock import utc_now
from clausewatch.jobs.troubles import LATE, troubles_of
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.scenario import World, archive_of, day, policy

NOW = day(10)


def subjects(archive: Archive) -> list[str]:
    return [trouble.subject for trouble in troubles_of(archive, now=NOW)]


def test_where_all_goes_its_way_there_is_none(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        add_address(archive, "https://kites.example/privacy", now=NOW - LATE / 2)
        assert subjects(archive) == []


@pytest.mark.parametrize(("is_led", "advice"), [(False, "no process"), (True, "see its log")])
def test_what_is_due_for_long_is_told_with_who_should_have_done_it(tmp_path: Path, is_led: bool, advice: str) -> None:
    with archive_of(tmp_path) as archive:
        add_address(archive, "https://kites.example/privacy", now=NOW - 2 * LATE)
        if is_led:
            with archive.write() as connection:
                take_lease(connection, "schedule", holder="ada", now=NOW, seconds=20)
        (trouble,) = troubles_of(archive, now=NOW)
    assert (trouble.subject, trouble.since_at) == ("schedule", NOW - 2 * LATE)
    assert advice in trouble.advice


def test_mail_that_waits_or_was_given_up_is_told(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        world.subscribes()
        vendor = world.vendor()
        for number, months in enumerate((18, 18, 24, 24)):
            vendor.publishes(policy(months=months), at=day(number))
        world.settles(now=day(4))
        (waiting,) = troubles_of(archive, now=NOW)
        assert (waiting.subject, waiting.reason) == ("outbox", "1 notice is waiting")
        with archive.write() as connection:
            ids = [notice.id for notice in world.outbox]
            claim(connection, ids, sender="ada", now=NOW, lease_seconds=60)
            mark_failed(connection, ids, sender="ada", error="no such mailbox", retry_at=None)
        (given_up,) = troubles_of(archive, now=NOW)
    assert given_up.reason == "1 notice is given up"


def test_a_delivery_that_waits_for_the_operator_is_told(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        with archive.write() as connection:
            raise_flood(connection, mails=900, subscribers=1000, now=NOW)
        (trouble,) = troubles_of(archive, now=NOW)
    assert trouble.reason == "mails to 900 of 1000 subscribers at once are held back"
    assert "--anyway" in trouble.advice


def test_pages_that_nobody_read_and_pauses_are_told(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        World(archive).vendor().publishes(policy(), at=NOW - 2 * LATE)
        with archive.write() as connection:
            close(connection, "wayback", asked_seconds=600, now=NOW - timedelta(seconds=1))
        assert subjects(archive) == ["settling", "wayback"]


@pytest.mark.once
def test_a_clock_that_is_wrong_is_told_with_what_comes_of_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))
    with open_archive(settings) as archive:
        archive.clock = SharedClock(archive.engine, own=lambda: utc_now() - timedelta(hours=3))
        archive.clock.set()
        (trouble,) = troubles_of(archive, now=NOW)
    assert trouble.subject == "clock"
    assert trouble.reason == "the clock of this machine is 3 hours behind the database's"
    assert trouble.advice == "set the one that is wrong: this machine neither leads nor works until then"
