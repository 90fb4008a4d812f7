"""What a crawl records is for whoever has time, long before the crawl ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from archive import open_archive
from archive.documents import list_documents
from clausewatch.clock import utc_now
from clausewatch.jobs.handover import Handover
from clausewatch.jobs.kinds import KINDS, Job, Work
from clausewatch.jobs.standby import standing_by_to_crawl
from clausewatch.jobs.watching import add_address
from tests.support.hosts import Hosts
from tests.support.scenario import World, archive_of, day, policy, settings_of

WAIT_SECONDS = 30.0


def test_what_one_page_of_a_host_brought_is_put_before_the_next_one_answers(tmp_path: Path) -> None:
    is_put, waited, puts = threading.Event(), list[bool](), list[Job]()

    def page(address: str) -> bytes:
        if address.endswith("/2/privacy"):
            waited.append(is_put.wait(WAIT_SECONDS))
        return policy(nonce=address).encode()

    def put(jobs: Sequence[Job]) -> None:
        puts.extend(jobs)
        is_put.set()

    with Hosts(1, page) as hosts:
        settings = replace(settings_of(tmp_path), allow_hosts=hosts.names)
        with open_archive(settings) as archive, standing_by_to_crawl() as standby:
            for number in (1, 2):
                url = f"http://{hosts.names[0]}/{number}/privacy"
                add_address(archive, url, vendor="Kites", type=f"Policy {number}", now=utc_now())
            work = Work(archive, settings, threading.Event(), put, standby=standby)
            KINDS["crawl"].do(work, "0/1")
            with archive.read() as connection:
                documents = [document.id for document in list_documents(connection)]
    assert waited == [True]
    assert {job.kind for job in puts} == {"settle"}
    assert sorted({job.subject for job in puts}) == sorted(documents)


def test_only_what_is_to_be_settled_is_put(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        fresh, known = (world.vendor(name, url=f"https://{name}.example/") for name in ("fresh", "known"))
        known.publishes(policy(), at=day(0))
        world.settles()
        fresh.publishes(policy(), at=day(1))
        puts: list[str] = []
        Handover(archive, puts.extend).recorded([fresh.document, known.document])
        assert puts == [fresh.document.id]
