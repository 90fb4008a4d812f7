"""Write the database anew where something was erased: deleted rows leave bytes in free pages, logs and indexes."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clausewatch.errors import ArchiveError

_SQLITE = (
    "PRAGMA secure_delete = ON",
    "INSERT INTO blocks_search(blocks_search) VALUES ('optimize')",  # old words leave the index when it is merged
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)
_HOLDING_WORDS = (
    "pages",
    "block_keys",
    "blocks_search",
    "texts",
    "facts",
    "statements",
    "recipients",
    "passages",
    "comparisons",
    "readings",
    "snapshots",
)


def scrub(engine: Engine) -> None:
    """Leave no byte of what was deleted in the file, its log or the index of words.

    Raises ArchiveError where others use the database all the time; nothing is lost then, and it can be tried again.
    """
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if engine.dialect.name != "sqlite":
                for table in _HOLDING_WORDS:
                    connection.exec_driver_sql(f"VACUUM (FULL) {table}")
                return
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.rollback()  # VACUUM runs in no transaction, and our pragmas begin one
            for statement in _SQLITE:
                busy = raw.execute(statement).fetchone()
            if busy and busy[0]:  # the checkpoint says so and does not fail
                raise sqlite3.OperationalError("another process reads an older state")
    except (DBAPIError, sqlite3.Error) as error:
        raise ArchiveError(
            f"{engine.url.render_as_string(hide_password=True)}: what was taken down is gone from every answer, but "
            f"bytes of it may be left in the file ({error}); run the same command again when nothing else uses it"
        ) from error
