"""Documents settled at once, over PostgreSQL: what they share collides, and nothing is lost or doubled by it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive import Archive, open_archive
from archive.documents import list_documents
from clausewatch.errors import Collision
from clausewatch.jobs.settle import settle
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import World, archive_of, day, policy

VENDORS = 12


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "shared"
    return Settings(home=home, database_url=postgres.database_of(home), secret="for tests")


def tell(archive: Archive) -> None:
    """Vendors with the same words, so that they share texts."""
    world = World(archive)
    world.subscribes()
    for number in range(VENDORS):
        vendor = world.vendor(f"Kites {number}", url=f"https://kites{number}.example/privacy")
        for step, months in enumerate((12, 12, 18, 18)):
            vendor.publishes(policy(months=months, nonce=str(step)), at=day(step))


@pytest.mark.slow
def test_documents_that_are_settled_at_once_are_as_if_one_by_one(settings: Settings, tmp_path: Path) -> None:
    with archive_of(tmp_path / "alone") as archive:
        tell(archive)
        World(archive).settles()
        expected = rows_of(archive)
    with open_archive(settings) as archive:
        tell(archive)
        with archive.read() as connection:
            documents = list_documents(connection)
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda document: settle(archive, document, now=day(10)), documents))
        assert rows_of(archive) == expected
    assert len(expected["notices"]) == VENDORS


def test_who_writes_beside_others_waits_for_who_writes_alone(settings: Settings) -> None:
    order: list[str] = []
    beside, both = threading.Event(), threading.Barrier(2)

    def write(archive: Archive, key: str) -> None:
        with archive.write_beside(key):
            both.wait(20)  # two with different keys are there at once
            beside.set()

    def write_alone(archive: Archive) -> None:
        beside.wait(20)
        with archive.write():
            order.append("alone")

    with open_archive(settings) as archive, ThreadPoolExecutor(3) as threads:
        done = [threads.submit(write, archive, "one"), threads.submit(write, archive, "other")]
        done.append(threads.submit(write_alone, archive))
        for each in done:
            each.result(30)
    assert order == ["alone"]


def test_what_two_write_at_once_collides_and_says_so(settings: Settings) -> None:
    statement = "INSERT INTO vendors (slug, name) VALUES ('kites', 'Kites')"
    first, second = threading.Event(), threading.Event()

    def write(archive: Archive) -> None:
        with archive.write_beside("one") as connection:
            connection.exec_driver_sql(statement)
            first.set()
            second.wait(20)

    with open_archive(settings) as archive, ThreadPoolExecutor(1) as threads:
        done = threads.submit(write, archive)
        first.wait(20)
        threading.Timer(0.2, second.set).start()
        with pytest.raises(Collision), archive.write_beside("other") as connection:
            connection.exec_driver_sql(statement)
        done.result(30)
