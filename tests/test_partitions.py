"""Networks between workers and the database that are cut, leaders that are killed: another one leads, and nothing is
doubled."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Archive, open_archive, postgresql
from archive.leases import take_lease
from clausewatch.clock import utc_now
from clausewatch.errors import ArchiveError
from clausewatch.scheduler import Rhythm
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.hosts import Hosts
from tests.support.proxy import Proxy
from tests.support.working import RHYTHM, start
from tests.test_sharing import installation, leader, looks, page, versions, wait_until, watch, working

pytestmark = pytest.mark.slow
REPLACED_SECONDS = 30.0  # what is promised


def said(home: Path, pid: int, words: str) -> bool:
    """Whether that worker said so."""
    log = home / "working.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return any(f" {pid} " in line and words in line for line in lines)


def test_a_leader_whose_network_is_cut_leads_no_more_and_another_one_does(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    rhythm = replace(
        RHYTHM, lease=6
    )  # who leads is replaced by who is cut off, not by a machine that stalls for a while
    with open_archive(settings) as archive, Proxy(settings.database_url) as proxy:
        cut = start(replace(settings, database_url=proxy.url), rhythm=rhythm)
        others = [cut]
        try:
            wait_until(lambda: leader(archive) == cut.pid)
            others.append(start(settings, rhythm=rhythm))
            wait_until(lambda: working(archive) == 2)
            proxy.cut()
            wait_until(lambda: leader(archive) == others[1].pid)
            # that it knows so before another one takes over is for test_leadership.py, by a clock of its own
            wait_until(lambda: said(tmp_path, cut.pid, "leads the schedule no more"))
            proxy.heal()
            wait_until(lambda: working(archive) == 2)
            assert leader(archive) == others[1].pid
        finally:
            end(others)
    assert lines_of(tmp_path, cut, "leads the schedule") == 2  # that it does, and that it does no more
    assert lines_of(tmp_path, others[1], "leads the schedule") == 1


def lines_of(home: Path, process: subprocess.Popen[bytes], words: str) -> int:
    lines = (home / "working.log").read_text().splitlines()
    return sum(f" {process.pid} " in line and words in line for line in lines)


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.stress
def test_a_worker_that_is_cut_off_while_it_crawls_doubles_nothing(tmp_path: Path) -> None:
    with Hosts(4, page, delay_seconds=0.2) as hosts:
        settings = installation(tmp_path, hosts.names)
        with open_archive(settings) as archive, Proxy(settings.database_url) as proxy:
            running = [start(replace(settings, database_url=proxy.url))]
            try:
                watch(archive, hosts, pages=4)
                wait_until(lambda: sum(hosts.fetched.values()) > 6)
                proxy.cut()
                running.append(start(settings))
                wait_until(lambda: versions(archive) == 16)
                proxy.heal()
                wait_until(lambda: working(archive) == 2)
                wait_until(lambda: not writing(archive))
                assert looks(archive) == {1: 16}
            finally:
                end(running)
        assert set(hosts.most_at_once.values()) == {1}


def writing(archive: Archive) -> int:
    """How many are at a transaction beside us."""
    with archive.read() as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' "
            "AND pid <> pg_backend_pid()"
        )
        return int(connection.exec_driver_sql(query).scalar_one())


def test_a_writer_that_is_not_heard_of_holds_nobody_up_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "FORGOTTEN_MILLISECONDS", 300)  # minutes would make a test last as long
    settings = Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))
    with (
        open_archive(settings) as archive, Proxy(settings.database_url) as proxy,
        open_archive(replace(settings, database_url=proxy.url)) as far,
    ):  # fmt: skip

        def write_from_afar() -> None:
            with far.write() as connection:
                proxy.cut()
                with archive.write() as other:
                    assert take_lease(other, "x", holder="ada", now=utc_now(), seconds=10)
                proxy.heal()
                take_lease(connection, "y", holder="bob", now=utc_now(), seconds=10)

        with pytest.raises(ArchiveError):
            write_from_afar()


@pytest.mark.parametrize("keys", [(), ("a document",)], ids=["alone", "beside others"])
def test_a_writer_waits_for_another_one_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    monkeypatch.setattr(postgresql, "WAITING_MILLISECONDS", 300)  # minutes would make a test last as long
    settings = Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))
    with open_archive(settings) as archive, open_archive(settings) as other:
        writing = other.write_beside(*keys) if keys else other.write()
        with (
            archive.write(),
            pytest.raises(ArchiveError, match="database is locked; another process has been writing for long"),
            writing,
        ):
            raise AssertionError("two write at once")
        with other.write() as connection:
            assert take_lease(connection, "x", holder="ada", now=utc_now(), seconds=10)


@pytest.mark.stress
@pytest.mark.parametrize("is_cut", [False, True], ids=["killed", "cut off"])
def test_a_leader_is_replaced_within_thirty_seconds(tmp_path: Path, is_cut: bool) -> None:
    """Two workers as people run them."""
    settings = installation(tmp_path)
    with open_archive(settings) as archive, Proxy(settings.database_url) as proxy:
        running = [start(replace(settings, database_url=proxy.url), rhythm=Rhythm())]
        try:
            wait_until(lambda: leader(archive) == running[0].pid)
            running.append(start(settings, rhythm=Rhythm()))
            wait_until(lambda: working(archive) == 2)
            time.sleep(Rhythm().beat * 1.5)  # so that the other one knows who leads, as it does after years
            began = time.monotonic()
            if is_cut:
                proxy.cut()
            else:
                running[0].kill()
            wait_until(lambda: leader(archive) == running[1].pid)
            seconds = time.monotonic() - began
            wait_until(lambda: not is_cut or said(tmp_path, running[0].pid, "leads the schedule no more"))
        finally:
            end(running)
    print(f"replaced after {seconds:.1f} seconds")
    assert seconds <= REPLACED_SECONDS
