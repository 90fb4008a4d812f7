from __future__ import annotations

import fcntl
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from archive import Archive
from archive.copies import copy_database
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.backup import Backup, back_up
from clausewatch.jobs.backup_manifest import MANIFEST, read_manifest
from clausewatch.jobs.heads import KEY_FILE
from clausewatch.jobs.restore import check_backup
from clausewatch.jobs.takedown import take_down_and_erase
from notifier.tokens import SECRET_FILE
from tests.support import postgres
from tests.support.scenario import NOW, Vendor, World, archive_of, day, policy, settings_of


@pytest.fixture
def told(world: World) -> Vendor:
    world.subscribes()
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(nonce="b"), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles(now=day(4))
    return vendor


def backed_up(world: World, tmp_path: Path, *, minute: int = 0) -> Backup:
    return back_up(world.archive, settings_of(tmp_path), tmp_path / "kept", now=NOW.replace(minute=minute))


def test_a_backup_holds_database_bodies_and_keys(told: Vendor, world: World, tmp_path: Path) -> None:
    for name in (KEY_FILE, SECRET_FILE):
        (tmp_path / name).write_text("secret")
    made = backed_up(world, tmp_path)
    assert (made.bodies, made.new_bodies, made.faults) == (3, 3, ())
    assert made.manifest.rows("snapshots") == 3
    assert check_backup(tmp_path / "kept") == made.manifest
    assert set(made.manifest.keys) == {KEY_FILE, SECRET_FILE}
    for path in (tmp_path / "kept").iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_second_run_copies_what_is_new_and_leaves_one_database(told: Vendor, world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path)
    told.publishes(policy(months=30), at=day(9))
    made = backed_up(world, tmp_path, minute=1)
    assert (made.bodies, made.new_bodies) == (4, 1)
    assert len(list((tmp_path / "kept").glob("database-*"))) == 1
    check_backup(tmp_path / "kept")


def test_what_a_killed_run_left_is_swept_and_the_earlier_backup_stood(
    told: Vendor, world: World, tmp_path: Path
) -> None:
    first = backed_up(world, tmp_path).manifest
    left = tmp_path / "kept" / "database-20991231T000000000000Z.sqlite"
    left.write_bytes(b"half")
    assert check_backup(tmp_path / "kept") == first
    backed_up(world, tmp_path, minute=1)
    assert not left.exists()


def test_others_write_while_a_backup_is_made(told: Vendor, world: World, tmp_path: Path) -> None:
    with world.archive.write() as connection:
        connection.exec_driver_sql("DELETE FROM notices")
        made = backed_up(world, tmp_path)
    assert made.manifest.rows("notices") == 1


def test_a_folder_of_something_else_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="holds something that is no backup"):
        backed_up(world, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is no folder"):
        back_up(world.archive, settings_of(tmp_path), tmp_path / "file", now=NOW)


def test_an_archive_that_lost_snapshots_does_not_replace_its_backup(told: Vendor, world: World, tmp_path: Path) -> None:
    first = backed_up(world, tmp_path).manifest
    with (
        archive_of(tmp_path / "other") as other,
        pytest.raises(UsageError, match="of an archive of 3 snapshots, and this one has 0"),
    ):
        back_up(other, settings_of(tmp_path / "other"), tmp_path / "kept", now=NOW.replace(minute=1))
    assert check_backup(tmp_path / "kept") == first


def test_two_runs_do_not_write_to_one_backup(told: Vendor, world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path)
    with (tmp_path / "kept" / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ClausewatchError, match="another backup is writing to it"):
            backed_up(world, tmp_path, minute=1)
    backed_up(world, tmp_path, minute=1)


def test_a_body_that_the_archive_lost_is_said_and_the_rest_is_kept(told: Vendor, world: World, tmp_path: Path) -> None:
    lost = told.snapshots[1].sha256
    world.archive.blobs.path(lost).unlink()
    made = backed_up(world, tmp_path)
    assert made.bodies == 2
    (line,) = made.faults
    assert line.startswith(lost)
    check_backup(tmp_path / "kept")


def test_the_first_of_many_bodies_that_are_lost_are_named(told: Vendor, world: World, tmp_path: Path) -> None:
    for number in range(40, 50):
        told.publishes(policy(nonce=str(number)), at=day(number))
    for snapshot in told.snapshots[3:]:
        world.archive.blobs.path(snapshot.sha256).unlink()
    made = backed_up(world, tmp_path)
    assert (made.bodies, made.lost_bodies, len(made.faults)) == (3, 10, 5)
    assert all(": its body is not under " in line for line in made.faults)


def test_a_body_that_two_documents_have_is_listed_once(told: Vendor, world: World, tmp_path: Path) -> None:
    other = world.vendor("Gullwing")
    other.publishes(policy(), at=day(50))
    made = backed_up(world, tmp_path)
    listed = (tmp_path / "kept" / made.manifest.bodies.name).read_text().split()
    assert sorted(listed) == sorted({each.sha256 for each in (*told.snapshots, *other.snapshots)})


def test_what_was_taken_down_goes_from_the_backup_too(told: Vendor, world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path)
    take_down_and_erase(world.archive, told.document, None, reason="court order", now=NOW)
    made = backed_up(world, tmp_path, minute=1)
    assert made.bodies == 0
    kept = [path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert kept
    assert not [raw for raw in kept if b"We keep your order history" in raw]
    assert sum(b"court order" in raw for raw in kept) >= 3  # in place of the bodies


def test_a_copy_of_the_database_stands_alone(told: Vendor, world: World, tmp_path: Path) -> None:
    made = backed_up(world, tmp_path)
    assert not list((tmp_path / "kept").glob("*-wal"))
    with closing(sqlite3.connect(tmp_path / "kept" / made.manifest.database.name)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM snapshots").fetchone() == (3,)


def test_the_manifest_is_read_as_it_was_written(archive: Archive, tmp_path: Path) -> None:
    made = back_up(archive, settings_of(tmp_path), tmp_path / "kept", now=NOW).manifest
    assert read_manifest(tmp_path / "kept") == made
    assert json.loads((tmp_path / "kept" / MANIFEST).read_text())["format"] == 1


@pytest.mark.once
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_else_reads_the_copy_of_a_database_while_it_is_written(tmp_path: Path, kind: str) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.sqlite"
    url = f"sqlite:///{home / 'a.db'}" if kind == "sqlite" else postgres.database_of(home)
    with Archive(url, home) as archive:
        copy_database(archive.engine, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
