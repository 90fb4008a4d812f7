"""What is settled while a crawl goes on is as if it was settled after it, and what cannot be is left as it was."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import differ
from archive import Archive, open_archive
from archive.documents import list_documents, mark_rebuilding, unsettled_documents
from archive.looks import held_snapshots
from archive.readings import Read
from clausewatch.jobs import reading_ahead
from clausewatch.jobs.flow import MOST_UNREAD, Flow
from clausewatch.jobs.kinds import jobs_to_do
from clausewatch.jobs.queues import InProcess
from clausewatch.jobs.reading import Job, read_snapshot
from clausewatch.jobs.settle import Settled
from clausewatch.jobs.survivors import WORTH_WORKERS, surviving_workers
from clausewatch.jobs.telling import new_queue
from clausewatch.jobs.watching import add_address
from clausewatch.model import Fault
from clausewatch.settings import Settings
from crawler.outcomes import Outcome
from tests.support import VendorSite
from tests.support.processes import children_of, command_of
from tests.support.rows import rows_of
from tests.support.scenario import BOT_WALL, NOW, URL, Vendor, World, archive_of, day, policy, tripped_by

VENDORS = WORTH_WORKERS + 4


@pytest.fixture(params=["here", "by workers"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    if request.param == "here":
        yield None
        return
    with surviving_workers(2) as workers:
        yield workers


def flow_of(archive: Archive, executor: Executor | None, settled: list[Settled] | None = None) -> Flow:
    on_settled: Callable[[Settled], None] = (settled if settled is not None else []).append
    return Flow(archive, executor, now=lambda: NOW, queue=new_queue(), on_settled=on_settled)


def vendors_of(archive: Archive) -> list[Vendor]:
    world = World(archive)
    world.subscribes()
    return [world.vendor(f"Kites {number}", url=f"https://kites{number}.example/privacy") for number in range(VENDORS)]


def arrives(flow: Flow, vendor: Vendor, page: str, *, at: datetime, status: int = 200) -> None:
    """A crawl hands over an answer, and it is recorded."""
    url = vendor.document.url or URL
    headers = {"content-type": "text/html"}
    flow.arrived(vendor.document, Outcome(vendor.document.id, url, at, status, headers, page.encode()))
    vendor.publishes(page, at=at, status=status)


def pages_of(number: int) -> list[str]:
    """What a vendor shows from look to look: some change, one has nothing but another nonce, one shows an error."""
    last = BOT_WALL if number == 3 else policy(months=24 if number % 2 else 18, nonce="d")
    return [policy(nonce="a"), policy(nonce="b"), policy(months=24 if number % 2 else 18, nonce="c"), last]


def unsettled(archive: Archive) -> list[str]:
    with archive.read() as connection:
        return [document.name for document in unsettled_documents(connection)]


def test_what_flows_is_as_if_it_was_settled_at_the_end(executor: Executor | None, tmp_path: Path) -> None:
    with archive_of(tmp_path / "alone") as archive:
        vendors = vendors_of(archive)
        for turn in range(4):
            for number, vendor in enumerate(vendors):
                status = 403 if pages_of(number)[turn] == BOT_WALL else 200
                vendor.publishes(pages_of(number)[turn], at=day(turn), status=status)
            World(archive).settles()
        expected = rows_of(archive)
    with archive_of(tmp_path / "flowing") as archive:
        vendors = vendors_of(archive)
        settled: list[Settled] = []
        for turn in range(4):
            flow = flow_of(archive, executor, settled)
            with archive.read() as connection:
                flow.expect(held_snapshots(connection, [vendor.document.id for vendor in vendors]))
            for number, vendor in enumerate(vendors):
                status = 403 if pages_of(number)[turn] == BOT_WALL else 200
                arrives(flow, vendor, pages_of(number)[turn], at=day(turn), status=status)
                if number % 5 == 4:
                    flow.recorded([each.document for each in vendors[number - 4 : number + 1]])
                    flow.advance()
            flow.recorded([each.document for each in vendors[VENDORS - VENDORS % 5 :]])
            flow.finish()
            assert unsettled(archive) == []
        assert rows_of(archive) == expected
    assert len(expected["notices"]) == VENDORS // 2 - 1  # one of those that change shows an error then
    assert sum(each.notices for each in settled) == VENDORS // 2 - 1  # one of those that change shows an error then


def test_a_page_that_trips_a_bug_holds_no_other_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kites, gullwing = world.vendor(), world.vendor("Gullwing", url="https://gullwing.example/privacy")
    flow = flow_of(world.archive, None)
    kites.publishes(policy(extra="Hostile."), at=day(0))
    gullwing.publishes(policy(), at=day(0))
    with monkeypatch.context() as patched:
        patched.setattr(differ, "read", tripped_by(b"Hostile"))  # a bug, which is none of the pages' that there are
        flow.recorded([kites.document, gullwing.document])
        flow.finish()
    assert (len(gullwing.versions), len(kites.versions)) == (1, 0)
    assert unsettled(world.archive) == ["harbor-kites/privacy-policy"]
    (settled,) = world.settles()  # nothing of it is lost
    assert (settled.document.vendor, settled.read) == ("harbor-kites", 1)


def read_or_end(job: Job) -> Read:
    if b"Hostile" in job[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_snapshot(job)


def test_a_page_that_ends_its_reader_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_ahead, "read_snapshot", read_or_end)
    with archive_of(tmp_path) as archive, surviving_workers(1) as workers:
        vendors = vendors_of(archive)
        flow = flow_of(archive, workers)
        for number, vendor in enumerate(vendors):
            arrives(flow, vendor, policy(extra="Hostile." if number == VENDORS - 2 else ""), at=day(0))
        flow.recorded([vendor.document for vendor in vendors])
        flow.finish()
        faults = [snapshot.fault for vendor in vendors for snapshot in vendor.snapshots]
    assert faults == [None] * (VENDORS - 2) + [Fault.UNREADABLE, None]


def test_what_is_much_to_read_or_made_anew_is_left_to_others(world: World) -> None:
    kites, gullwing = world.vendor(), world.vendor("Gullwing", url="https://gullwing.example/privacy")
    for number in range(MOST_UNREAD + 1):
        kites.publishes(policy(months=number), at=day(number))
    gullwing.publishes(policy(), at=day(0))
    world.settles()
    for number in range(MOST_UNREAD + 1):
        kites.publishes(policy(months=number + 40), at=day(20 + number))
    with world.archive.write() as connection:
        mark_rebuilding(connection, gullwing.document.id, name=None)
    flow = flow_of(world.archive, None)
    flow.recorded([kites.document, gullwing.document])
    flow.finish()
    assert unsettled(world.archive) == ["gullwing/privacy-policy", "harbor-kites/privacy-policy"]


@contextmanager
def service_of(settings: Settings) -> Iterator[Callable[[str], None]]:
    """Does what there is to do of a kind, as the service does it."""
    queue = InProcess(settings, lambda: open_archive(settings))

    def do(kind: str) -> None:
        with open_archive(settings) as archive:
            jobs = jobs_to_do(archive, kind, now=datetime.now(UTC))
        queue.put(jobs, stop=threading.Event())

    with queue.standing_by():
        yield do


def test_a_crawl_of_the_service_leaves_nothing_to_settle_and_no_process(tmp_path: Path) -> None:
    with VendorSite() as site:
        settings = Settings(home=tmp_path, allow_hosts=(site.host,), secret="for tests")
        paths = [f"/privacy-{number}" for number in range(VENDORS)]
        with open_archive(settings) as archive:
            for number, path in enumerate(paths):
                site.publish(path, policy(months=number + 2))
                add_address(archive, site.url(path), vendor=f"Kites {number}", type="Privacy Policy", now=day(0))
        with service_of(settings) as do:
            do("crawl")
            with open_archive(settings) as archive, archive.read() as connection:
                documents = list_documents(connection)
                assert unsettled(archive) == []
                assert [len(Vendor(archive, each).versions) for each in documents] == [1] * VENDORS
        lines = [command_of(child) for child in children_of(os.getpid())]
    assert not [line for line in lines if "crawler.forks" in line or "spawn_main" in line]
