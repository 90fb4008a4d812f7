from __future__ import annotations

import time
from pathlib import Path

import pytest

from archive import Archive, open_archive, postgresql
from clausewatch.errors import ArchiveError, NotFound, UsageError
from clausewatch.jobs.transfer import move_archive
from clausewatch.jobs.verify import verify
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import Vendor, World, day, policy


@pytest.fixture
def told(world: World) -> Vendor:
    world.subscribes()
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles(now=day(4))
    return vendor


def url_of(archive: Archive) -> str:
    return archive.engine.url.render_as_string(hide_password=False)


def place(kind: str, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new.db'}" if kind == "sqlite" else postgres.database_of(tmp_path / "new")


@pytest.mark.once
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_moved_archive_is_the_same_and_goes_on(told: Vendor, world: World, tmp_path: Path, kind: str) -> None:
    move_archive(url_of(world.archive), place(kind, tmp_path))
    with open_archive(Settings(home=tmp_path, database_url=place(kind, tmp_path))) as moved:
        assert rows_of(moved) == rows_of(world.archive)
        assert list(verify(moved, is_deep=True)) == []
        there = Vendor(moved, told.document)
        for number in (9, 10):
            there.publishes(policy(months=36, recipient="Globex"), at=day(number))
        assert World(moved).settles(now=day(11))[0].notices == 1
        assert len(there.versions) == len(told.versions) + 1


@pytest.mark.once
def test_nobody_writes_to_what_is_moved_however_long_that_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))
    refused: list[str] = []
    with open_archive(source) as archive:
        World(archive).vendor()

        def write_meanwhile(line: str) -> None:
            if not refused:
                time.sleep(0.5)
                with pytest.raises(ArchiveError) as caught, archive.write():
                    raise AssertionError("it was not kept from writing")
                refused.append(str(caught.value))

        with monkeypatch.context() as patch:
            patch.setattr(postgresql, "FORGOTTEN_MILLISECONDS", 200)
            patch.setattr(postgresql, "WAITING_MILLISECONDS", 100)
            move_archive(url_of(archive), place("sqlite", tmp_path), on_progress=write_meanwhile)
        with open_archive(Settings(home=tmp_path, database_url=place("sqlite", tmp_path))) as moved:
            assert rows_of(moved) == rows_of(archive)
    assert "another process has been writing for long" in refused[0]


def test_where_an_archive_is_already_nothing_is_moved_to(told: Vendor, world: World, tmp_path: Path) -> None:
    move_archive(url_of(world.archive), place("sqlite", tmp_path))
    with pytest.raises(UsageError, match="holds an archive already; name an empty database"):
        move_archive(url_of(world.archive), place("sqlite", tmp_path))
    with pytest.raises(UsageError, match="holds an archive already"):
        move_archive(url_of(world.archive), url_of(world.archive))


@pytest.mark.sqlite
def test_a_name_of_nothing_is_no_archive_to_move_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no archive to move"):
        move_archive(f"sqlite:///{tmp_path / 'absent.db'}", place("sqlite", tmp_path))
    assert not (tmp_path / "absent.db").exists()


def test_an_archive_without_anything_is_none_to_move(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no archive to move"):
        move_archive(url_of(archive), place("sqlite", tmp_path))


@pytest.mark.sqlite
def test_a_move_waits_for_who_writes_and_says_so(told: Vendor, world: World, tmp_path: Path) -> None:
    with world.archive.write(), pytest.raises(ArchiveError, match="database is locked"):
        move_archive(f"{url_of(world.archive)}?timeout=0.1", place("sqlite", tmp_path))
    assert move_archive(url_of(world.archive), place("sqlite", tmp_path))["documents"].rows == 1
