"""The tables of Procrastinate in a PostgreSQL of ours: a schema of their own, made and upgraded by its own files.

Ours stay alone in theirs: an archive is copied, migrated and verified without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager, migrations_path
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from archive.postgresql import reaching
from clausewatch.errors import ArchiveError

SCHEMA = "clausewatch_queue"
_ONE_AT_A_TIME = 0x71756575  # names the lock of who makes the tables: "queu"


def conninfo_of(database: str) -> str:
    """How to reach the database of this URL, with the schema of the queue before all others."""
    url = make_url(database).set(drivername="postgresql")
    options = f"{url.query.get('options', '')} -c search_path={SCHEMA}".strip()
    plain = url.difference_update_query(["options"]).render_as_string(hide_password=False)
    return make_conninfo(plain, options=options, **reaching(url))


@contextmanager
def connected(conninfo: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection whose block is one transaction. Raises ArchiveError for whatever the database says."""
    with telling(), psycopg.connect(conninfo) as connection:
        yield connection


@contextmanager
def telling() -> Iterator[None]:
    """Raises ArchiveError for whatever the database says within."""
    try:
        yield
    except (psycopg.Error, ConnectorException) as error:
        raise ArchiveError(f"the queue of jobs: {said_of(error)}") from error


def said_of(error: psycopg.Error | ConnectorException) -> str:
    """A line; the engine itself says no more than that there was an error."""
    line, _, _ = str(error.__cause__ or error if isinstance(error, ConnectorException) else error).partition("\n")
    return line


def prepare_queue(conninfo: str) -> None:
    """Make the tables of the queue, or bring them to what the installed Procrastinate wants. Safe to run twice."""
    with connected(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
        newest = _migrations()[-1].name
        known = _known_migration(connection)
        if known == newest:
            return
        if known is None:
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
            connection.execute(SchemaManager.get_schema())
        for file in _migrations():
            if known is not None and file.name > known:
                connection.execute(file.read_bytes())
        note = sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(newest))
        connection.execute(note)


def _known_migration(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """The newest of Procrastinate's migrations that the tables tell of; None where there are none."""
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
    row = connection.execute(query, (SCHEMA,)).fetchone()
    return str(row[0]) if row and row[0] else None


def _migrations() -> list[Path]:
    """By name, which is their order."""
    return sorted(Path(migrations_path).glob("*.sql"))
