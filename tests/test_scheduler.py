"""Crawls and mails beside the pages: they end when the pages do, lose nothing, and no single failure stops them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from archive import Archive, open_archive
from archive.documents import due_documents, get_document
from archive.heads import list_heads
from archive.leases import lease_of
from archive.snapshots import list_snapshots
from archive.watches import record_failure
from clausewatch.demo import answers
from clausewatch.jobs.heads import signing_key
from clausewatch.jobs.kinds import jobs_to_do
from clausewatch.jobs.queues import InProcess
from clausewatch.jobs.watching import add_address
from clausewatch.model import NoticeState
from clausewatch.scheduler import bring_forward, running_scheduler
from clausewatch.settings import Settings
from tests.support import VendorSite
from tests.support.postgres import environ_of
from tests.support.scenario import World, archive_of, day, policy, settings_of

SERVE = [str(Path(sys.executable).with_name("clausewatch")), "serve", "--port", "0"]
DUE_AT = datetime(2025, 1, 1, tzinfo=UTC)


def wait_until(holds: Callable[[], object], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def do(settings: Settings, kind: str, *, is_stopped: bool = False) -> None:
    """What there is to do of that kind, as one process does it that does everything."""
    stop = threading.Event()
    if is_stopped:
        stop.set()
    with open_archive(settings) as archive:
        jobs = jobs_to_do(archive, kind, now=datetime.now(UTC))
    InProcess(settings, lambda: open_archive(settings)).put(jobs, stop=stop)


def watched(archive: Archive, site: VendorSite) -> None:
    """A page that comes at once, and one on the same host that is due after it and stalls."""
    site.publish("/privacy", policy())
    site.answer("/terms", answers.stall(600))
    add_address(archive, site.url("/privacy"), vendor="Kites", type="Privacy Policy", now=DUE_AT)
    add_address(archive, site.url("/terms"), vendor="Kites", type="Terms of Service", now=DUE_AT + timedelta(days=1))


def asked_for(site: VendorSite, home: Path) -> bool:
    """Whether the first page is kept, and the crawl hangs on the second."""
    with open_archive(Settings(home=home)) as archive, archive.read() as connection:
        return bool(list_snapshots(connection, get_document(connection, "kites/privacy-policy")))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_in_the_middle_of_a_crawl_and_what_was_not_looked_at_stays_due(
    tmp_path: Path, how: signal.Signals
) -> None:
    with VendorSite() as site:
        with open_archive(Settings(home=tmp_path)) as archive:
            watched(archive, site)
        environ = os.environ | environ_of(tmp_path) | {"CLAUSEWATCH_ALLOW_HOSTS": site.host}
        with subprocess.Popen(SERVE, env=environ, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: asked_for(site, tmp_path))
            process.send_signal(how)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    with open_archive(Settings(home=tmp_path)) as archive, archive.read() as connection:
        assert [document.name for document in due_documents(connection, datetime.now(UTC))] == [
            "kites/terms-of-service"
        ]


@pytest.mark.slow
def test_a_site_that_stalls_holds_no_mail_up(tmp_path: Path) -> None:
    with VendorSite() as site:
        settings = settings_of(tmp_path)
        settings = Settings(home=tmp_path, secret=settings.secret, mail=settings.mail, allow_hosts=(site.host,))
        with archive_of(tmp_path) as archive:
            watched(archive, site)
            world = World(archive)
            world.subscribes()
            vendor = world.vendor("Looms")
            for number, months in enumerate((18, 18, 24, 24)):
                vendor.publishes(policy(months=months), at=day(number))
            world.settles()
            assert [notice.state for notice in world.outbox] == [NoticeState.DUE]
            with running_scheduler(settings):
                wait_until(lambda: world.outbox[0].state is NoticeState.SENT)


def test_a_document_that_cannot_be_settled_holds_no_other_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        lost, kept = world.vendor("Albatross Kites"), world.vendor("Harbor Kites")
        lost.publishes(policy(months=6), at=day(0))
        kept.publishes(policy(), at=day(0))
        archive.blobs.path(lost.snapshots[0].sha256).unlink()
        do(settings_of(tmp_path), "settle")
        assert (len(lost.versions), len(kept.versions)) == (0, 1)
    assert "albatross-kites/privacy-policy: " in caplog.text


def test_delivering_tells_the_operator_of_what_is_not_seen(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, secret="for tests", mail=settings_of(tmp_path).mail, operator="op@harbor.example"
    )
    with archive_of(tmp_path) as archive:
        vendor = World(archive).vendor()
        with archive.write() as connection:
            for number in (0, 1):
                record_failure(connection, vendor.document, at=day(number), kind="dns", status=None, reason="no host")
    do(settings, "deliver")
    do(settings, "deliver")
    (mail,) = (tmp_path / "mail").glob("*.eml")
    assert "To: op@harbor.example" in mail.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_does_what_is_due_without_pages_until_it_is_told_to_stop(tmp_path: Path, how: signal.Signals) -> None:
    with VendorSite() as site:
        with open_archive(Settings(home=tmp_path)) as archive:
            watched(archive, site)
        environ = os.environ | environ_of(tmp_path) | {"CLAUSEWATCH_ALLOW_HOSTS": site.host}
        with subprocess.Popen([*SERVE[:1], "worker"], env=environ, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: asked_for(site, tmp_path))
            process.send_signal(how)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    with open_archive(Settings(home=tmp_path)) as archive, archive.read() as connection:
        assert lease_of(connection, "schedule") is None  # another one may lead at once


def test_a_job_that_waits_for_a_clock_that_was_set_back_is_run_now() -> None:
    scheduler, ran = BackgroundScheduler(timezone=UTC), threading.Event()
    # a day in which the clock went on and was then set back is a day that the next run is too far away
    ahead = datetime.now(UTC) + timedelta(days=1)
    job = scheduler.add_job(ran.set, "interval", seconds=60, next_run_time=ahead)
    scheduler.start()
    try:
        bring_forward(job)
        assert ran.wait(60)
    finally:
        scheduler.shutdown()


def test_the_day_is_signed_once_and_what_came_again_is_erased(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with archive_of(tmp_path) as archive:
        World(archive).vendor().publishes(policy(), at=day(0))
        World(archive).settles()
        for _ in range(2):
            do(settings, "sign")
        with archive.read() as connection:
            (head,) = list_heads(connection)
        do(settings, "sign", is_stopped=True)
    assert head.key == signing_key(settings).public
