"""A queue may deliver a job twice, at once, again, or in another order: it does no more than once, and nothing less."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.documents import list_documents
from archive.heads import list_heads
from archive.snapshots import list_snapshots
from clausewatch.jobs.kinds import KINDS, Job, Work, jobs_to_do
from clausewatch.jobs.watching import add_address
from clausewatch.model import NoticeState
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.hosts import Hosts
from tests.support.rows import rows_of
from tests.support.scenario import World, day, policy

pytestmark = [pytest.mark.once, pytest.mark.slow]
AT_ONCE = 3
ORDERS: dict[str, Callable[[list[Job]], list[Job]]] = {
    "one after the other": lambda jobs: [each for each in jobs for _ in range(AT_ONCE)],
    "backwards, and then again": lambda jobs: jobs[::-1] + jobs,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = postgres.database_of(tmp_path) if request.param == "postgresql" else f"sqlite:///{tmp_path / 'one.db'}"
    return Settings(home=tmp_path, database_url=url, secret="for tests", mail=f"file:{tmp_path / 'mail'}")


def tell(archive: Archive) -> None:
    world = World(archive)
    for name in ("ada", "bob"):
        world.subscribes(f"{name}@example.com")
    for number in range(3):
        vendor = world.vendor(f"Kites {number}", url=f"https://kites{number}.example/privacy")
        for step, months in enumerate((12, 12, 18, 18)):
            vendor.publishes(policy(months=months, nonce=str(step)), at=day(step))


def do(settings: Settings, job: Job) -> None:
    """As a worker of its own does it."""
    with open_archive(settings) as archive:
        work = Work(archive, settings, threading.Event(), put=lambda more: None)
        KINDS[job.kind].do(work, job.subject)


def undisturbed(home: Path) -> dict[str, Sequence[object]]:
    with open_archive(Settings(home=home)) as archive:
        tell(archive)
        World(archive).settles()
        return rows_of(archive)


def ended_well(archive: Archive, settings: Settings, expected: dict[str, Sequence[object]]) -> None:
    assert rows_of(archive) | {"blobs": expected["blobs"]} == expected
    assert {notice.state for notice in World(archive).outbox} == {NoticeState.SENT}
    mails = [path.read_text() for path in (settings.home / "mail").glob("*.eml")]
    assert len(mails) == len({line for mail in mails for line in mail.splitlines() if line.startswith("Message-ID:")})
    assert len(mails) == 2  # one for each subscriber
    with archive.read() as connection:
        assert len(list_heads(connection)) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_jobs_that_come_again_in_any_order_do_nothing_twice(settings: Settings, tmp_path: Path, order: str) -> None:
    expected = undisturbed(tmp_path / "calm")
    with open_archive(settings) as archive:
        tell(archive)
        found = [*jobs_to_do(archive, "settle", now=day(9)), Job("deliver"), Job("sign"), Job("neglect")]
        for job in ORDERS[order](found):
            do(settings, job)
        do(settings, Job("deliver"))
        ended_well(archive, settings, expected)


def test_jobs_that_are_done_at_once_do_nothing_twice(settings: Settings, tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "calm")
    with open_archive(settings) as archive, ThreadPoolExecutor(AT_ONCE) as workers:
        tell(archive)
        for jobs in (jobs_to_do(archive, "settle", now=day(9)), [Job("deliver")], [Job("sign")]):
            for job in jobs:
                list(workers.map(lambda _number, job=job: do(settings, job), range(AT_ONCE)))
        ended_well(archive, settings, expected)


def test_a_crawl_that_is_done_at_once_asks_for_each_page_once(settings: Settings) -> None:
    with Hosts(2, lambda address: policy(nonce=address).encode(), delay_seconds=0.1) as hosts:
        settings = replace(settings, allow_hosts=hosts.names)
        with open_archive(settings) as archive, ThreadPoolExecutor(AT_ONCE) as workers:
            for host in hosts.names:
                for number in range(3):
                    add_address(
                        archive, f"http://{host}/{number}/privacy", vendor=f"Vendor {host}", type=f"Policy {number}",
                        now=datetime.now(UTC) - timedelta(days=1),
                    )  # fmt: skip
            list(workers.map(lambda _number: do(settings, Job("crawl", "0/1")), range(AT_ONCE)))
            do(settings, Job("crawl", "0/1"))
            with archive.read() as connection:
                found = [list_snapshots(connection, each) for each in list_documents(connection)]
        assert [[each.sightings for each in snapshots] for snapshots in found] == 6 * [[1]]
        assert set(hosts.fetched.values()) == {1}
        assert set(hosts.most_at_once.values()) == {1}
