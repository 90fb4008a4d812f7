"""A copy of the database in one SQLite file, as it was at one moment, whoever writes meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, exists, select, tuple_
from sqlalchemy.exc import DBAPIError

from archive.database import open_engine, prepare, transaction
from archive.tables import snapshots, tombstones
from archive.transfer import Progress, TableSum, copy_all, sums_of
from clausewatch.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds."""

    tables: dict[str, TableSum]
    erased: frozenset[str]  # the hashes of the bodies that were taken down


def copy_database(engine: Engine, path: Path, *, on_progress: Progress | None = None) -> Contents:
    """Write the copy, a new file without a log beside it; others may read and write the database meanwhile.

    Raises ArchiveError, and leaves a file that is not to be used.
    """
    path.touch(mode=0o600)  # it holds addresses, from the first byte on
    if engine.dialect.name == "sqlite":
        _copy_sqlite(engine, path)
        return _contents(path)
    copy = open_engine(f"sqlite:///{path}")
    try:
        prepare(copy)
        with transaction(engine) as source, transaction(copy, is_writer=True) as target:
            copy_all(source, target, on_progress=on_progress)
    finally:
        copy.dispose()
    _leave_one_file(path)
    return _contents(path)


def bodies_of_copy(path: Path) -> Iterator[str]:
    """The hashes that the snapshots of a copy name, each once: document by document, in order of arrival."""
    earlier = snapshots.alias()
    is_known = exists().where(
        earlier.c.sha256 == snapshots.c.sha256,
        tuple_(earlier.c.document, earlier.c.position) < tuple_(snapshots.c.document, snapshots.c.position),
    )
    named = select(snapshots.c.sha256).where(~is_known).order_by(snapshots.c.document, snapshots.c.position)
    engine = open_engine(f"sqlite:///{path}")
    try:
        with transaction(engine) as connection:
            yield from connection.execute(named.execution_options(yield_per=1000)).scalars()
    finally:
        engine.dispose()
        _leave_one_file(path)


def erased_bodies(engine: Engine) -> frozenset[str]:
    """The hashes of the bodies that are taken down by now."""
    with transaction(engine) as connection:
        return frozenset(connection.execute(select(tombstones.c.sha256)).scalars())


def _copy_sqlite(engine: Engine, path: Path) -> None:
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.rollback()  # VACUUM runs in no transaction
            raw.execute("VACUUM INTO ?", (str(path),))
    except (DBAPIError, sqlite3.Error) as error:
        raise ArchiveError(f"{path}: the database cannot be copied there ({error}); nothing of it was kept") from error


def _leave_one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _contents(path: Path) -> Contents:
    engine = open_engine(f"sqlite:///{path}")
    try:
        with transaction(engine) as connection:
            tables = sums_of(connection)
            erased = frozenset(connection.execute(select(tombstones.c.sha256)).scalars())
    finally:
        engine.dispose()
    _leave_one_file(path)
    return Contents(tables=tables, erased=erased)
