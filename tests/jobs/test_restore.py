from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from archive.documents import add_vendor
from clausewatch.errors import ArchiveError, Damaged, NotFound, TooNew, UsageError
from clausewatch.jobs.backup import back_up
from clausewatch.jobs.backup_manifest import MANIFEST, copy_safely, write_safely
from clausewatch.jobs.heads import KEY_FILE
from clausewatch.jobs.restore import check_backup, restore
from clausewatch.jobs.verify import verify
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import NOW, World, archive_of, day, policy, settings_of


@pytest.fixture
def kept(world: World, tmp_path: Path) -> Path:
    """A backup of an archive with a story and a key."""
    world.subscribes()
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(nonce="b"), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles(now=day(4))
    (tmp_path / KEY_FILE).write_text("aa" * 32)
    back_up(world.archive, settings_of(tmp_path), tmp_path / "kept", now=NOW)
    return tmp_path / "kept"


def settings_at(home: Path, kind: str) -> Settings:
    url = f"sqlite:///{home / 'clausewatch.db'}" if kind == "sqlite" else postgres.database_of(home)
    return Settings(home=home, database_url=url)


@pytest.mark.once
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restored_archive_is_the_one_that_was_backed_up(kept: Path, world: World, tmp_path: Path, kind: str) -> None:
    from archive import open_archive

    settings = settings_at(tmp_path / "new", kind)
    restore(kept, settings)
    with open_archive(settings) as restored:
        assert rows_of(restored) == rows_of(world.archive)
        assert list(verify(restored, is_deep=True)) == []
    for path in (tmp_path / "new").iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert (tmp_path / "new" / KEY_FILE).read_text() == "aa" * 32


def test_an_empty_archive_that_is_there_is_filled(kept: Path, world: World, tmp_path: Path) -> None:
    with archive_of(tmp_path / "new"):
        pass
    restore(kept, settings_of(tmp_path / "new"))
    with archive_of(tmp_path / "new") as restored:
        assert rows_of(restored) == rows_of(world.archive)


def test_an_archive_that_holds_anything_is_refused(kept: Path, tmp_path: Path) -> None:
    with archive_of(tmp_path / "new") as there, there.write() as connection:
        add_vendor(connection, "Gullwing")
    with pytest.raises(UsageError, match="holds an archive already"):
        restore(kept, settings_of(tmp_path / "new"))
    assert not (tmp_path / "new" / "blobs").exists()


def test_a_home_with_another_key_is_refused(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / KEY_FILE).write_text("bb" * 32)
    with pytest.raises(UsageError, match="is another one than that of the backup"):
        restore(kept, settings_of(tmp_path / "new"))


def test_every_damage_is_told_before_anything_is_written(kept: Path, tmp_path: Path) -> None:
    files = sorted(path for path in kept.rglob("*") if path.is_file() and path.name != ".lock")
    assert len(files) == 7  # manifest, database, list of bodies, key, three bodies
    for path in files:
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) // 2], whole[:-3] + b"\0\0\0", None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises((Damaged, NotFound)):
                restore(kept, settings_at(tmp_path / "new", "sqlite"))
            assert not (tmp_path / "new" / "clausewatch.db").exists()
            assert not (tmp_path / "new" / "blobs").exists()
            path.write_bytes(whole)
    check_backup(kept)


def test_a_restore_that_was_stopped_is_run_again(kept: Path, world: World, tmp_path: Path) -> None:
    (tmp_path / "new" / "blobs").mkdir(parents=True)
    (tmp_path / "new" / KEY_FILE).write_text("aa" * 32)
    (tmp_path / "new" / ".restoring-abc").mkdir()
    restore(kept, settings_at(tmp_path / "new", "sqlite"))
    with archive_of(tmp_path / "new") as restored:
        assert list(verify(restored, is_deep=True)) == []


def test_a_folder_without_a_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no backup"):
        check_backup(tmp_path / "nothing")


@pytest.mark.parametrize("field", [{"format": 2}, {"schema": "9999"}])
def test_a_backup_of_a_newer_release_is_not_restored(kept: Path, tmp_path: Path, field: dict[str, object]) -> None:
    path = kept / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | field))
    with pytest.raises(TooNew, match="newer"):
        restore(kept, settings_at(tmp_path / "new", "sqlite"))


@pytest.mark.sqlite
def test_what_a_killed_process_left_beside_another_database_is_not_taken_for_ours(kept: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    left = home / "clausewatch.db-wal"
    left.write_bytes(b"what was written last")
    with pytest.raises(UsageError, match=r"clausewatch\.db-wal: is left of another database"):
        restore(kept, settings_of(home))
    assert list(home.iterdir()) == [left]


@pytest.mark.parametrize("name", ["/../stolen.key", "../stolen.key", "..", "", "/stolen.key"])
def test_a_backup_that_names_what_lies_elsewhere_is_refused(kept: Path, tmp_path: Path, name: str) -> None:
    given = json.loads((kept / MANIFEST).read_text())
    for damaged in (
        given | {"keys": {name: given["keys"][KEY_FILE]}},
        given | {"keys": {KEY_FILE: given["keys"][KEY_FILE] | {"name": name}}},
        given | {"database": given["database"] | {"name": name}},
    ):
        (kept / MANIFEST).write_text(json.dumps(damaged))
        with pytest.raises(Damaged, match="is no name of a file"):
            restore(kept, settings_of(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_full_disk_is_said_of_the_file_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"rows" * 10_000)
    full = Path("/dev/full")  # where nothing fits
    said = "^/dev/full: cannot be written .No space left on device.; make room"
    with pytest.raises(ArchiveError, match=said):
        write_safely(full, b"a key")
    with pytest.raises(ArchiveError, match=said):
        copy_safely(tmp_path / "kept", full)
