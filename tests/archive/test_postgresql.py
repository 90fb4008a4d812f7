"""Transactions on PostgreSQL: what they begin with, whom they wait for, and connections that break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from archive import Archive, open_archive, postgresql
from clausewatch.errors import ArchiveError
from clausewatch.settings import Settings
from tests.support import postgres

pytestmark = pytest.mark.once
KEYS = st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9), max_size=6)
LOCKS = text(
    "SELECT classid::bigint, objid::bigint, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
    "AND objsubid = 2"
)
ONE_BY_ONE = text(
    "SELECT DISTINCT :beside, hashtext(name)::bigint & 4294967295, 'ExclusiveLock' "
    "FROM unnest(CAST(:keys AS text[])) AS name"
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))) as archive:
        yield archive


def told(connection: Connection, question: str) -> str:
    return str(connection.execute(text(question)).scalar_one())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(keys=KEYS)
def test_who_writes_beside_others_holds_a_lock_of_each_key(archive: Archive, keys: list[str]) -> None:
    with archive.write_beside("a", *keys) as connection:
        held = sorted(tuple(row) for row in connection.execute(LOCKS))
        named = {"beside": postgresql._BESIDE, "keys": ["a", *keys]}  # what others lock by
        assert held == sorted(tuple(row) for row in connection.execute(ONE_BY_ONE, named))


def test_who_reads_sees_one_moment_and_who_writes_what_came_before_its_lock(archive: Archive) -> None:
    with archive.read() as connection:
        assert told(connection, "SHOW transaction_isolation") == "repeatable read"
    for write in (archive.write(), archive.write_beside("a")):
        with write as connection:
            assert told(connection, "SHOW transaction_isolation") == "read committed"
            assert told(connection, "SHOW idle_in_transaction_session_timeout") == "2min"
    with archive.read() as connection:
        assert told(connection, "SHOW idle_in_transaction_session_timeout") == "0"


def test_what_fails_leaves_nothing_behind_however_often_it_is_done(archive: Archive) -> None:
    for number in range(8):  # a driver prepares what comes often: several statements at once cannot be
        with pytest.raises(ArchiveError, match="division by zero"), archive.write_beside("a") as connection:
            connection.execute(text(f"CREATE TABLE t{number} AS SELECT 1 / (SELECT count(*) FROM vendors)"))
        with archive.write() as connection:
            assert told(connection, f"SELECT to_regclass('t{number}')") == "None"


def test_a_connection_that_broke_while_it_rested_is_replaced(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "RESTED_SECONDS", 0.0)
    postgres.cut_off(postgres.database_of(tmp_path))
    with archive.write_beside("a") as connection:
        assert told(connection, "SELECT 1") == "1"


@pytest.mark.parametrize("is_writer", [True, False])
def test_one_that_broke_just_now_is_told_and_the_next_is_another(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_writer: bool
) -> None:
    monkeypatch.setattr(postgresql, "RESTED_SECONDS", 3600.0)
    with archive.read(), archive.read():  # two connections rest
        pass
    postgres.cut_off(postgres.database_of(tmp_path))
    with pytest.raises(ArchiveError), archive.write() if is_writer else archive.read():
        pytest.fail("begun on a connection that broke")
    with archive.read() as connection:
        assert told(connection, "SELECT 1") == "1"
    assert not caplog.records
