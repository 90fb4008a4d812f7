"""Move an archive to another database: from SQLite to PostgreSQL, or back. Bodies stay where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from archive.database import open_engine, prepare, transaction
from archive.transfer import Progress, TableSum, copy_all, is_empty
from clausewatch.errors import NeedsMigration, NotFound, TooNew, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine


def move_archive(source_url: str, target_url: str, *, on_progress: Progress | None = None) -> dict[str, TableSum]:
    """Copy all tables in one transaction, read them again, and give what each holds. The source stays as it is, and
    nobody writes to it meanwhile. Killed anywhere nothing of it is in the target, and it can be started again.

    Raises NotFound where there is nothing to move, UsageError where the target holds an archive already, ArchiveError
    where either cannot be used or a table came over otherwise.
    """
    with _engine(source_url) as source, _engine(target_url) as target:
        name = source.url.render_as_string(hide_password=True)
        if not _is_there(source) or _holds_nothing(source):
            raise NotFound(f"{name}: holds no archive to move; name it by --database")
        refuse_what_is_full(target)
        # the lock first: what is read begins when nobody writes any more
        with (
            transaction(source, is_writer=True, is_silent=True),
            transaction(source) as reading,
            transaction(target, is_writer=True) as writing,
        ):
            return copy_all(reading, writing, on_progress=on_progress)


def refuse_what_is_full(target: Engine) -> None:
    """Make an empty archive there where nothing is. Raises UsageError where it holds one already, ArchiveError where
    it holds something else or cannot be used."""
    try:
        is_empty_there = _holds_nothing(target)
    except (NeedsMigration, TooNew):  # what to do about that is not what was asked
        is_empty_there = False
    if not is_empty_there:
        name = target.url.render_as_string(hide_password=True)
        raise UsageError(f"{name}: holds an archive already; name an empty database")


def _holds_nothing(engine: Engine) -> bool:
    prepare(engine)
    with transaction(engine) as connection:
        return is_empty(connection)


def _is_there(engine: Engine) -> bool:
    """Whether the database is more than a name: SQLite would make a file of it."""
    return engine.dialect.name != "sqlite" or Path(engine.url.database or "").is_file()


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
