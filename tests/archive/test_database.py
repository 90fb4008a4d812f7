from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from archive import Archive, database
from archive.documents import add_vendor, list_vendors
from archive.subscriptions import add_subscription
from archive.tables import SCHEMA, documents
from clausewatch.errors import ArchiveError, NeedsMigration, SettingsError, TooNew
from clausewatch.model import Rule
from tests.support.scenario import World, archive_of, day


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def opened(path: Path) -> Archive:
    return Archive(url(path), path.parent)


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def with_schema(path: Path, schema: str) -> Path:
    with opened(path):
        pass
    with raw(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    return path


@pytest.mark.parametrize("make", [lambda path: None, Path.touch], ids=["absent", "empty"])
def test_an_absent_or_empty_database_is_made_at_the_newest_schema(tmp_path: Path, make: object) -> None:
    path = tmp_path / "new" / "clausewatch.db"
    path.parent.mkdir()
    make(path)  # type: ignore[operator]  # a function of a path
    with opened(path) as archive, archive.read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == SCHEMA
        assert list_vendors(connection) == []


def test_the_folder_of_an_absent_database_is_made(tmp_path: Path) -> None:
    with opened(tmp_path / "a" / "b" / "c.db"):
        assert (tmp_path / "a" / "b" / "c.db").exists()


def test_a_new_database_is_for_its_user_alone_with_the_files_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path / "c.db") as archive, archive.write() as connection:
        add_vendor(connection, "Harbor Kites")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("c.db*")}
    assert modes == dict.fromkeys(["c.db", "c.db-shm", "c.db-wal"], 0o600)


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    for _ in range(2):
        with archive_of(tmp_path) as archive, archive.write() as connection:
            add_vendor(connection, "Harbor Kites")
            assert len(list_vendors(connection)) == 1


@pytest.mark.sqlite
def test_a_database_that_is_moved_away_is_not_made_anew_by_who_has_it_open(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "clausewatch.db", tmp_path / "elsewhere.db"
    with archive_of(tmp_path) as archive:
        with archive.write() as connection:
            add_vendor(connection, "Harbor Kites")
        archive.engine.dispose()
        path.rename(elsewhere)
        with pytest.raises(ArchiveError, match="is gone; put it back"), archive.read():
            pass
        assert not path.exists()
        elsewhere.rename(path)
        with archive.read() as connection:
            assert [vendor.name for vendor in list_vendors(connection)] == ["Harbor Kites"]


def test_many_may_open_an_absent_database_at_once(tmp_path: Path) -> None:
    failed: list[Exception] = []
    barrier = threading.Barrier(6)

    def open_it() -> None:
        barrier.wait()
        try:
            with Archive(url(tmp_path / "one.db"), tmp_path, busy_seconds=20), raw(tmp_path / "one.db"):
                pass
        except ArchiveError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.sqlite
def test_sqlite_keeps_a_log_foreign_keys_and_waits(archive: Archive) -> None:
    with archive.read() as connection:
        for pragma, value in (
            ("journal_mode", "wal"),
            ("foreign_keys", 1),
            ("busy_timeout", 30_000),
            ("synchronous", 2),
        ):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = with_schema(tmp_path / "new.db", "9999")
    with pytest.raises(TooNew, match=rf"{path}: its schema 9999 is newer .*upgrade Clausewatch"):
        opened(path)


def test_an_older_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # no schema is older than the first yet; patched, so that the refusal is there when one is
    monkeypatch.setattr(database, "EARLIER_SCHEMAS", frozenset({"0000"}))
    path = with_schema(tmp_path / "old.db", "0000")
    with pytest.raises(NeedsMigration, match=rf"{path}: its schema 0000 is older .*run clausewatch migrate"):
        opened(path)


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with raw(path) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(ArchiveError, match=r"holds tables of something else \(recipes"):
        opened(path)
    with raw(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 100)
    with pytest.raises(ArchiveError, match=rf"{path}: file is not a database; name another"):
        opened(path)
    assert path.read_bytes() == b"Dear Sir or Madam, " * 100


def read_vendors(path: Path) -> None:
    with opened(path) as archive, archive.read() as connection:
        list_vendors(connection)


def write_nothing(archive: Archive) -> None:
    with archive.write():
        pass


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    with opened(path) as archive, archive.write() as connection:
        for number in range(500):
            add_vendor(connection, f"Vendor {number}" + "x" * 80)
    data = bytearray(path.read_bytes())
    data[4096 * 3 :] = b"\xab" * len(data[4096 * 3 :])
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"malformed; restore it from a backup"):
        read_vendors(path)


@pytest.mark.parametrize("path", ["/proc/nowhere/clausewatch.db", "/dev/null/clausewatch.db"])
def test_a_folder_that_cannot_be_made_is_said(path: str) -> None:
    with pytest.raises(ArchiveError, match=r"cannot be made \(.*\); set CLAUSEWATCH_HOME"):
        opened(Path(path))


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"unable to open database file; check that the folder exists"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("clausewatch.db", "is no database URL"),
        ("mysql://localhost/x", "no such database is supported"),
        ("sqlite:///", "names no file; use sqlite:///PATH"),
        ("sqlite:///:memory:", "names no file; use sqlite:///PATH"),
    ],
)
def test_an_address_of_no_database_is_wrong_use(tmp_path: Path, wrong: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Archive(wrong, tmp_path)


def test_postgresql_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # patched: as where the extra is not installed
    with pytest.raises(SettingsError, match=r"install clausewatch\[postgres\]$"):
        Archive("postgresql://localhost/x", tmp_path)


def test_a_locked_database_is_waited_for_then_said(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Archive(url(path), tmp_path, busy_seconds=0.2) as archive, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match=r"database is locked; another process has been writing"):
            write_nothing(archive)
        other.execute("ROLLBACK")
        with archive.write() as connection:
            add_vendor(connection, "Harbor Kites")


def test_readers_need_not_wait_for_a_writer_and_see_one_moment(archive: Archive) -> None:
    with archive.write() as writing, archive.read() as reading:
        assert list_vendors(reading) == []
        add_vendor(writing, "Harbor Kites")
        assert list_vendors(reading) == []
    with archive.read() as reading:
        assert len(list_vendors(reading)) == 1


def add_and_fail(archive: Archive) -> None:
    with archive.write() as connection:
        add_vendor(connection, "Harbor Kites")
        raise RuntimeError


def test_a_transaction_that_fails_keeps_nothing(archive: Archive) -> None:
    with pytest.raises(RuntimeError):
        add_and_fail(archive)
    with archive.read() as connection:
        assert list_vendors(connection) == []


def fill(archive: Archive) -> None:
    """Write until the database may grow no more, which is soon."""
    with archive.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        for number in range(1000):
            add_vendor(connection, f"{number}" + "x" * 90)


@pytest.mark.sqlite
def test_a_full_disk_keeps_nothing_of_the_step_and_what_was_before(archive: Archive) -> None:
    with archive.write() as connection:
        add_vendor(connection, "Harbor Kites")
    with pytest.raises(ArchiveError, match=r"database or disk is full; nothing of this step was kept; make room"):
        fill(archive)
    with archive.read() as connection:
        assert [vendor.name for vendor in list_vendors(connection)] == ["Harbor Kites"]


FILLER = """
    import resource, sys
    from pathlib import Path
    from archive import Archive
    from archive.documents import add_vendor
    from clausewatch.errors import ArchiveError
    archive = Archive(f"sqlite:///{sys.argv[1]}", Path(sys.argv[1]).parent)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    try:
        with archive.write() as connection:
            for number in range(20_000):
                add_vendor(connection, f"{number}" + "x" * 90)
    except ArchiveError as error:
        print(error)
"""


def test_a_file_that_may_not_grow_leaves_a_database_that_works(tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    code = textwrap.dedent(FILLER)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert "nothing of this step was kept" in done.stdout
    with opened(path) as archive, archive.write() as connection:
        assert list_vendors(connection) == []
        add_vendor(connection, "Harbor Kites")
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_instants_are_aware_utc_there_and_back(world: World) -> None:
    vendor = world.vendor()
    vendor.publishes("a", at=day(1))
    assert vendor.snapshots[0].captured_at == day(1)
    assert str(vendor.snapshots[0].captured_at.tzinfo) == "UTC"
    with pytest.raises(StatementError, match="an instant without a zone"), world.archive.read() as connection:
        connection.execute(select(documents).where(documents.c.due_at == datetime(2025, 1, 1)))  # noqa: DTZ001 (the point)


@pytest.mark.parametrize(
    "wrong", ["postgresql:/ada:hunter2@db.example/x", "postgresql://ada:hunter2@db.example:port/x", "//a:hunter2@[::/x"]
)
def test_a_url_that_cannot_be_read_is_told_without_its_password(wrong: str) -> None:
    with pytest.raises(SettingsError, match="is no database URL") as refused:
        database.open_engine(wrong)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value)).replace(wrong, "")


def test_no_trace_shows_whose_address_a_failed_step_was_about(tmp_path: Path) -> None:
    with opened(tmp_path / "c.db") as archive:
        with raw(tmp_path / "c.db") as connection:
            connection.execute("CREATE TRIGGER no INSERT ON subscriptions BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(ArchiveError) as failed, archive.write() as writing:
            add_subscription(writing, "ada@example.com", Rule(), every="daily", now=day(0))
    trace = "".join(traceback.format_exception(failed.value))
    assert "INSERT INTO subscriptions" in trace
    assert "ada@example.com" not in trace.replace('"ada@example.com", Rule()', "")
