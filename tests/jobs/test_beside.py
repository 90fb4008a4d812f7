"""Documents settled at once, over PostgreSQL: what they share collides, and nothing is lost or doubled by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from archive import Archive, open_archive
from archive.documents import list_documents
from archive.facts import store_statements
from archive.limits import closed_limits
from archive.pages import add_records, fetch_records, replace_records
from archive.tables import facts, statements
from archive.texts import store_text
from clausewatch.errors import Collision
from clausewatch.jobs.looks import Kind, Look, record_looks
from clausewatch.jobs.settle import settle
from clausewatch.jobs.watching import add_address
from clausewatch.model import Block, BlockKind, Document, Text
from clausewatch.settings import Settings
from crawler.outcomes import ErrorKind, Outcome
from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import World, archive_of, day, policy

pytestmark = pytest.mark.once
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


def looks_at(documents: Sequence[Document], at: datetime, *, months: int) -> list[Look]:
    """One of them is gone that day, the others show a policy."""
    gone = documents[len(documents) // 2]
    pages = [
        Outcome(each.id, str(each.url), at, status=404, error="answered 404", error_kind=ErrorKind.HTTP)
        if each is gone else
        Outcome(each.id, str(each.url), at, status=200, headers={"content-type": "text/html"},
                body=policy(months=months, nonce=each.id).encode())
        for each in documents
    ]  # fmt: skip
    return [Look(each, None, page) for each, page in zip(documents, pages, strict=True)]


def recorded_and_settled(archive: Archive, documents: Sequence[Document]) -> None:
    for number, months in enumerate((12, 12, 18, 18)):
        record_looks(archive, looks_at(documents, day(number), months=months))
        for document in documents:
            settle(archive, document, now=day(number))


@pytest.mark.slow
def test_looks_that_are_recorded_beside_others_and_settlings_are_as_if_one_by_one(
    settings: Settings, tmp_path: Path
) -> None:
    def watched(archive: Archive) -> list[list[Document]]:
        World(archive).subscribes()
        found = [
            add_address(archive, f"https://kites{number}.example/privacy", vendor=f"Kites {number}", now=day(0))
            for number in range(VENDORS)
        ]
        return [found[at : at + 3] for at in range(0, VENDORS, 3)]

    with archive_of(tmp_path / "alone") as archive:
        for some in watched(archive):
            recorded_and_settled(archive, some)
        expected = rows_of(archive)
    with open_archive(settings) as archive:
        groups = watched(archive)
        with ThreadPoolExecutor(len(groups)) as threads:
            list(threads.map(lambda some: recorded_and_settled(archive, some), groups))
        assert rows_of(archive) == expected
    assert expected["notices"]


def test_what_another_adds_to_a_page_that_was_read_is_found(settings: Settings) -> None:
    with open_archive(settings) as archive:
        with archive.write() as connection:
            (first,) = add_records(connection, [b"first"])
        with archive.write_beside("ours") as ours:
            assert fetch_records(ours, [first]) == {first: b"first"}
            with archive.write_beside("theirs") as theirs:
                (second,) = add_records(theirs, [b"second"], near=[first])
            assert fetch_records(ours, [first, second, second + 1]) == {first: b"first", second: b"second"}
            (third,) = add_records(ours, [b"third"], near=[first])
            assert [second, third] == [first + 1, first + 2]
            assert fetch_records(ours, [second, third]) == {second: b"second", third: b"third"}


def test_two_crawls_whose_sites_want_pauses_record_them_all(settings: Settings) -> None:
    """Each locks the sites in an order of its own."""
    hosts = [f"kites{number}.example" for number in range(8)]

    def paused(document: Document) -> Look:
        outcome = Outcome(
            document.id, str(document.url), day(1), status=429, error="answered 429",
            error_kind=ErrorKind.RATE_LIMITED, retry_after_seconds=3600,
        )  # fmt: skip
        return Look(document, None, outcome)

    with open_archive(settings) as archive, ThreadPoolExecutor(2) as threads:
        documents = {
            type: [
                add_address(archive, f"https://{host}/{type[:5]}", vendor=host, type=type, now=day(0)) for host in hosts
            ]
            for type in ("Privacy Policy", "Terms of Service")
        }
        orders = [documents["Privacy Policy"], documents["Terms of Service"][::-1]]
        for said in threads.map(lambda order: record_looks(archive, list(map(paused, order))), orders):
            assert {each.kind for each in said} == {Kind.FAILED}
        with archive.read() as connection:
            assert len(closed_limits(connection, "site ", now=day(1))) == len(hosts)


def test_who_writes_beside_others_waits_for_who_writes_alone(settings: Settings) -> None:
    order: list[str] = []
    beside, both = threading.Event(), threading.Barrier(2)

    def write(archive: Archive, key: str) -> None:
        with archive.write_beside(key):
            both.wait(60)  # two with different keys are there at once
            beside.set()

    def write_alone(archive: Archive) -> None:
        beside.wait(60)
        with archive.write():
            order.append("alone")

    with open_archive(settings) as archive, ThreadPoolExecutor(3) as threads:
        done = [threads.submit(write, archive, "one"), threads.submit(write, archive, "other")]
        done.append(threads.submit(write_alone, archive))
        for each in done:
            each.result(60)
    assert order == ["alone"]


def test_what_two_write_at_once_collides_and_says_so(settings: Settings) -> None:
    statement = "INSERT INTO vendors (slug, name) VALUES ('kites', 'Kites')"
    first, second = threading.Event(), threading.Event()

    def write(archive: Archive) -> None:
        with archive.write_beside("one") as connection:
            connection.exec_driver_sql(statement)
            first.set()
            second.wait(60)

    def end_once_waited_for() -> None:
        wait_for_a_waiting_one(archive)
        second.set()

    with open_archive(settings) as archive, ThreadPoolExecutor(2) as threads:
        done = threads.submit(write, archive)
        first.wait(60)
        ending = threads.submit(end_once_waited_for)
        with pytest.raises(Collision), archive.write_beside("other") as connection:
            connection.exec_driver_sql(statement)
        done.result(60)
        ending.result(60)


def test_two_that_add_to_one_page_lose_nothing_of_each_other(settings: Settings) -> None:
    with open_archive(settings) as archive, ThreadPoolExecutor(1) as threads:
        with archive.write() as connection:
            shared = add_records(connection, [b"what both documents say"])

        def add() -> list[int]:
            with archive.write_beside("other") as connection:
                return add_records(connection, [b"of the other"], near=shared)

        with archive.write_beside("one") as connection:
            mine = add_records(connection, [b"of the one"], near=shared)
            other = threads.submit(add)
            wait_for_a_waiting_one(archive)
        expected = {shared[0]: b"what both documents say", mine[0]: b"of the one", other.result(60)[0]: b"of the other"}
        with archive.read() as connection:
            assert fetch_records(connection, expected) == expected
    assert len(expected) == 3


def test_two_that_alter_one_page_lose_nothing_of_each_other(settings: Settings) -> None:
    with open_archive(settings) as archive, ThreadPoolExecutor(1) as threads:
        with archive.write() as connection:
            first, second = add_records(connection, [b"first", b"second"])

        def alter() -> None:
            with archive.write_beside("other") as connection:
                replace_records(connection, {second: b"second, altered"})

        with archive.write_beside("one") as connection:
            replace_records(connection, {first: b"first, altered"})
            other = threads.submit(alter)
            wait_for_a_waiting_one(archive)
        other.result(60)
        with archive.read() as connection:
            assert fetch_records(connection, [first, second]) == {first: b"first, altered", second: b"second, altered"}


def test_a_statement_that_another_one_forgets_meanwhile_collides(settings: Settings) -> None:
    said = ("retention", "12 months", "", "for 12 months")
    with open_archive(settings) as archive, ThreadPoolExecutor(1) as threads:
        with archive.write() as connection:
            (statement,) = store_statements(connection, [said]).values()
            store_text(
                connection, Text(blocks=(Block(BlockKind.PARAGRAPH, "We keep it for 12 months."),), normaliser=1)
            )

        def cite() -> None:
            with archive.write_beside("other") as connection:
                row = {"text": 1, "ordinal": 0, "statement": statement, "start": 0}
                connection.execute(insert(facts), row)

        with archive.write_beside("one") as connection:
            connection.execute(delete(statements))
            other = threads.submit(cite)
            wait_for_a_waiting_one(archive)
        with pytest.raises(Collision):
            other.result(60)


def wait_for_a_waiting_one(archive: Archive) -> None:
    """Until another connection to the database waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with archive.read() as connection:
            if connection.exec_driver_sql(query).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_who_begin_pages_at_once_do_not_collide(settings: Settings) -> None:
    with open_archive(settings) as archive:
        begun = threading.Barrier(8)

        def begin(number: int) -> list[int]:
            with archive.write_beside(str(number)) as connection:
                ids = [add_records(connection, [b"%d" % number])[0] for _ in range(3)]
                begun.wait(60)  # until all have begun theirs, and nobody has ended
            return ids

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(begin, range(8)))
        with archive.read() as connection:
            for number, ids in enumerate(found):
                assert set(fetch_records(connection, ids).values()) == {b"%d" % number}
        assert len({id for ids in found for id in ids}) == 24
