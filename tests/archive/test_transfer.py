from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from archive import Archive
from archive.database import open_engine, prepare, transaction
from archive.documents import add_vendor
from archive.tables import addresses, events, vendors
from archive.transfer import TableSum, copy_all, is_empty, sums_of
from clausewatch.errors import ArchiveError, UsageError
from tests.support import postgres
from tests.support.scenario import World, day, policy


@pytest.fixture
def story(world: World) -> World:
    """Documents, versions, comparisons, findings, notices, gone and new addresses."""
    world.subscribes("zoë@example.com")
    vendor = world.vendor()
    for number, months in enumerate((18, 24, 24, 18, 36)):
        vendor.publishes(policy(months=months, recipient="Ümlaut & Co", nonce=str(number)), at=day(number))
    world.settles()
    return world


@contextmanager
def other(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        prepare(engine)
        yield engine
    finally:
        engine.dispose()


def urls(tmp_path: Path) -> dict[str, str]:
    return {"sqlite": f"sqlite:///{tmp_path / 'other.db'}", "postgresql": postgres.database_of(tmp_path / "other")}


def copied(source: Engine, target: Engine) -> dict[str, TableSum]:
    with transaction(source) as reading, transaction(target, is_writer=True) as writing:
        return copy_all(reading, writing)


def rows(connection: Connection, table: object) -> list[object]:
    return [tuple(row) for row in connection.execute(select(table))]  # type: ignore[call-overload]  # any table


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_archive_comes_over_whole(story: World, tmp_path: Path, kind: str) -> None:
    with other(urls(tmp_path)[kind]) as target:
        sums = copied(story.archive.engine, target)
        assert {"versions", "comparisons", "notices", "pages"} <= {name for name, each in sums.items() if each.rows}
        with story.archive.read() as was, transaction(target) as now:
            assert sums == sums_of(was) == sums_of(now)


def test_there_and_back_again_are_the_same_rows(story: World, tmp_path: Path) -> None:
    places = urls(tmp_path)
    with other(places["postgresql"]) as between, other(places["sqlite"]) as back:
        there = copied(story.archive.engine, between)
        assert copied(between, back) == there


def test_numbers_are_counted_on_where_the_source_would(story: World, tmp_path: Path) -> None:
    with other(urls(tmp_path)["postgresql"]) as target:
        copied(story.archive.engine, target)
        with transaction(target, is_writer=True) as connection:
            known = set(connection.execute(select(addresses.c.id)).scalars())
            document = connection.execute(select(addresses.c.document)).scalars().first()
            row = {"document": document, "url": "https://new.example/", "since_at": None, "until_at": None}
            number = connection.execute(insert(addresses).values(row).returning(addresses.c.id)).scalar_one()
            assert number == max(known) + 1


def test_a_target_that_holds_anything_is_refused(story: World, tmp_path: Path) -> None:
    with other(urls(tmp_path)["sqlite"]) as target:
        with transaction(target, is_writer=True) as connection:
            add_vendor(connection, "Gullwing")
        with pytest.raises(UsageError, match="holds an archive already"):
            copied(story.archive.engine, target)
        with transaction(target) as connection:
            assert len(rows(connection, vendors)) == 1


def test_what_comes_over_otherwise_is_not_kept(story: World, tmp_path: Path) -> None:
    with other(urls(tmp_path)["sqlite"]) as target:
        with transaction(target, is_writer=True) as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER altering AFTER INSERT ON documents BEGIN UPDATE documents SET slug = 'x'; END"
            )
        with pytest.raises(ArchiveError, match="documents: 1 of 1 row came"):
            copied(story.archive.engine, target)
        with transaction(target) as connection:
            assert is_empty(connection)


def test_progress_tells_of_every_table(story: World, tmp_path: Path) -> None:
    said: list[str] = []
    with (
        other(urls(tmp_path)["sqlite"]) as target,
        story.archive.read() as reading,
        transaction(target, is_writer=True) as writing,
    ):
        copy_all(reading, writing, on_progress=said.append)
    assert "vendors: 1 row, all" in said


def test_sums_tell_a_row_from_another_and_not_their_order(archive: Archive, tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with other(urls(tmp_path)["sqlite"]) as target:
        for engine, ids in ((archive.engine, "abc"), (target, "cab")):
            with transaction(engine, is_writer=True) as connection:
                for id in ids:
                    connection.execute(insert(events).values(id=id, received_at=at))
        with archive.read() as one, transaction(target) as another:
            assert sums_of(one) == sums_of(another)
        with transaction(target, is_writer=True) as connection:
            connection.execute(update(events).where(events.c.id == "a").values(received_at=at.replace(microsecond=1)))
        with archive.read() as one, transaction(target) as another:
            assert sums_of(one)["events"] != sums_of(another)["events"]


def test_who_reads_sees_one_moment_whoever_writes(archive: Archive) -> None:
    with archive.read() as reading:
        assert rows(reading, vendors) == []
        with archive.write() as connection:
            add_vendor(connection, "Gullwing")
        assert rows(reading, vendors) == []
    with archive.read() as reading:
        assert len(rows(reading, vendors)) == 1
