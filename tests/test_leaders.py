"""Several processes on one database: one leads, whatever is killed, moved or locked; no look is doubled or missed."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.documents import due_documents, list_documents
from archive.leases import lease_of
from archive.snapshots import list_snapshots
from archive.watches import Failure, list_watches
from clausewatch.demo.server import Reply, Request
from clausewatch.errors import ArchiveError
from clausewatch.jobs.watching import add_address
from clausewatch.scheduler import running_scheduler
from clausewatch.settings import Settings
from tests.support import VendorSite
from tests.support.leading import RHYTHM, hasty, settings_of, start
from tests.support.scenario import policy

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # over PostgreSQL workers share a queue: tests/test_sharing.py


def wait_until(holds: Callable[[], object], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def watch(archive: Archive, site: VendorSite, count: int, *, apart: timedelta = timedelta()) -> None:
    """Documents of as many vendors, the first due now, each later than the one before."""
    now = datetime.now(UTC)
    for number in range(count):
        site.publish(f"/{number}/privacy", policy(nonce=str(number)))
        add_address(archive, site.url(f"/{number}/privacy"), vendor=f"Vendor {number}", now=now + number * apart)


def looks(archive: Archive) -> Counter[int]:
    """How many documents were looked at so often."""
    with archive.read() as connection:
        return Counter(
            sum(snapshot.sightings for snapshot in list_snapshots(connection, document))
            for document in list_documents(connection)
        )


def failures(archive: Archive) -> dict[str, Failure]:
    """Why documents are not seen whose looks failed."""
    with archive.read() as connection:
        return {id: watch.failure for id, watch in list_watches(connection).items() if watch.failure}


def leader(archive: Archive) -> int | None:
    """The process that leads, as far as is known."""
    with archive.read() as connection:
        lease = lease_of(connection, "schedule")
    return int(lease[0].split(":")[-2]) if lease else None


@contextmanager
def processes(count: int, settings: Settings) -> Iterator[list[subprocess.Popen[bytes]]]:
    started = [start(settings) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_of_several_schedulers_one_does_what_is_due(tmp_path: Path) -> None:
    with VendorSite() as site:
        settings = settings_of(tmp_path, site.host)
        with open_archive(settings) as archive:
            watch(archive, site, 5)
            # a leader that is held up does not know what it has asked for already: none is replaced here
            rhythm = replace(RHYTHM, lease=60)
            with running_scheduler(settings, rhythm=rhythm), running_scheduler(settings, rhythm=rhythm):
                wait_until(lambda: looks(archive) == {1: 5})
        fetched = Counter(entry.path for entry in site.requests if entry.path.endswith("/privacy"))
    assert set(fetched.values()) == {1}


def test_where_a_leader_is_killed_another_goes_on(tmp_path: Path) -> None:
    with VendorSite() as site:
        settings = settings_of(tmp_path, site.host)
        with open_archive(settings) as archive, processes(1, settings) as (first,):
            wait_until(lambda: leader(archive) == first.pid)
            first.kill()
            first.wait()
            watch(archive, site, 2)
            with running_scheduler(settings, rhythm=RHYTHM):
                wait_until(lambda: looks(archive) == {1: 2})


def test_a_database_that_is_gone_is_waited_for_and_not_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with VendorSite() as site:
        settings, database, aside = settings_of(tmp_path, site.host), tmp_path / "clausewatch.db", tmp_path / "aside"
        with open_archive(settings):
            pass
        shutil.move(database, aside)
        with running_scheduler(settings, rhythm=RHYTHM):
            wait_until(lambda: f"the schedule waits: {database}: is gone" in caplog.text)
            assert not database.exists()
            shutil.move(aside, database)
            with open_archive(settings) as archive:
                watch(archive, site, 1)
                wait_until(lambda: looks(archive) == {1: 1})


def test_a_database_that_is_locked_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with VendorSite() as site:
        settings = settings_of(tmp_path, site.host)
        with open_archive(settings) as archive:
            watch(archive, site, 1)
            with locked(tmp_path), running_scheduler(hasty(settings), rhythm=RHYTHM):
                wait_until(lambda: "database is locked" in caplog.text)
            with running_scheduler(settings, rhythm=RHYTHM):
                wait_until(lambda: looks(archive) == {1: 1})


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Somebody else writes all the while."""
    connection = sqlite3.connect(home / "clausewatch.db", isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def slowly(request: Request) -> Reply:
    return Reply(body=policy(nonce=request.path).encode(), headers=(("Content-Type", "text/html"),), delay_seconds=0.02)


@pytest.mark.stress
def test_no_look_is_doubled_or_missed_whatever_is_killed_and_locked(tmp_path: Path) -> None:
    documents, apart = 400, timedelta(seconds=0.2)
    chance, kills, held_up, locks, pid = random.Random(7), 0, 0, 0, None
    with VendorSite() as site:
        settings = hasty(settings_of(tmp_path, site.host))
        with open_archive(settings) as archive, processes(3, settings) as running:
            watch(archive, site, documents, apart=apart)
            for number in range(documents):
                site.answer(f"/{number}/privacy", slowly)
            end = time.monotonic() + documents * apart.total_seconds()
            while time.monotonic() < end:
                time.sleep(chance.uniform(1.0, 6.0))
                if chance.random() < 0.3:
                    with locked(tmp_path):
                        time.sleep(chance.uniform(0.5, 4.0))
                    locks += 1
                with suppress(ArchiveError):  # one that is held up may hold the lock
                    pid = leader(archive)
                for process in [each for each in running if each.pid == pid]:
                    if chance.random() < 0.3:
                        hold_up(process, seconds=chance.uniform(4.0, 8.0))
                        held_up += 1
                        continue
                    process.kill()
                    process.wait()
                    running.remove(process)
                    running.append(start(settings))
                    kills += 1
            wait_until(lambda: not due(archive), seconds=120)
            counted, failing = looks(archive), failures(archive)
        fetched = Counter(entry.path for entry in site.requests if entry.path.endswith("/privacy"))
    again = sum(fetched.values()) - len(fetched)
    print(f"{kills} leaders killed, {held_up} held up, {locks} locks; {counted}, {again} fetched again")
    assert kills >= 5
    assert counted == {1: documents}, failing


def hold_up(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """For longer than it would hold what it has."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def due(archive: Archive) -> int:
    with archive.read() as connection:
        return len(due_documents(connection, datetime.now(UTC)))
