"""The engine for SQLite: pragmas. Of both databases: transactions, the schema's age, and clear errors."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from archive.changes import count_changes
from archive.pages import nothing_read_yet
from archive.passages import fill_passages
from archive.postgresql import open_postgresql
from archive.tables import BEGUN, EARLIER_SCHEMAS, SCHEMA, metadata
from archive.tallies import count_all
from archive.version_links import link_all
from clausewatch.errors import ArchiveError, Collision, NeedsMigration, SettingsError, TooNew

BUSY_SECONDS = 30.0  # how long a writer waits for another one before "database is locked"
_RETRY_SECONDS = 0.05
_LOCKED = "55P03"  # how PostgreSQL says that a writer waited for too long
_COLLISIONS = ("23505", "23503", "40P01", "40001")
"""What two that write beside each other may meet in: the same new row, one that cites what the other removes, or rows
that each waits for."""

_ADVICE_OF_POSTGRESQL = {
    "permission denied": "give that role the rights of the database's owner",
    "password authentication failed": "check user and password in the URL",
    'role "': "check the user in the URL, or create the role",
    'database "': "check the name in the URL, or create the database",
    "No space left": "nothing of this step was kept; make room and run the command again",
    "connection failed": "start the server, or check host and port in the URL",
    "connection is bad": "start the server, or check host and port in the URL",
    "connection timeout expired": "start the server, or check host, port and network",
    "server closed the connection": "nothing of this step was kept; see why the server ended it, and try again",
    "terminating connection": "nothing of this step was kept; see why the server ended it, and try again",
    "failed to resolve host": "check the host in the URL",
}
"""What to do where its first line, which is told, says what is wrong; the first that fits."""


def open_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for the URL; a missing SQLite file and its folder are made. Raises SettingsError, ArchiveError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # what they cite may be a piece of a password: no trace shows it
        shown = url.rpartition("@")[2].partition("?")[0]
        raise SettingsError(
            f"{shown!r} is no database URL; use sqlite:///PATH or postgresql+psycopg://..., its login percent-encoded"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        wanted = parsed.query.get("timeout")  # sqlite:///PATH?timeout=SECONDS, as the driver has it
        return _open_sqlite(url, parsed.database, busy_seconds=_seconds(wanted, url) if wanted else busy_seconds)
    if parsed.get_backend_name() != "postgresql":
        raise SettingsError(
            f"{parsed.drivername}: no such database is supported; use sqlite:/// or postgresql+psycopg://"
        )
    return open_postgresql(parsed)


def is_there(url: str) -> bool:
    """Whether an archive is there, be it of an earlier schema; nothing is made. Raises what ``open_engine`` raises."""
    path = _file_of(url)
    if path is not None and (not path.exists() or path.stat().st_size == 0):  # SQLite would make a file of the name
        return False
    engine = open_engine(url)
    try:
        with transaction(engine) as connection:
            return _schema_of(connection) is not None
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """The database as messages name it: a file by its whole path, and none with a password."""
    path = _file_of(url)
    return str(path.absolute()) if path else make_url(url).render_as_string(hide_password=True)


def _file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for any other, and for what ``open_engine`` refuses."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    named = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(parsed.database or "") if named else None


def _seconds(value: object, url: str) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise SettingsError(f"{url}: its timeout is no number of seconds") from None


def _open_sqlite(url: str, path: str | None, *, busy_seconds: float) -> Engine:
    if not path or path == ":memory:":  # what is kept there ends with the process
        raise SettingsError(
            f"{url}: names no file; use sqlite:///PATH, with a fourth slash where PATH begins at the root"
        )
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{Path(path).parent}: cannot be made ({error.strerror}); set CLAUSEWATCH_HOME") from error
    # parameters are addresses of subscribers and texts: no trace shows them
    engine = create_engine(url, connect_args={"timeout": busy_seconds}, hide_parameters=True)
    was_there = threading.Event()

    @event.listens_for(engine, "do_connect")
    def make_once(*_given: object) -> None:
        if Path(path).exists():
            return
        # a file that is gone, its disk not mounted perhaps, would be made anew by the first page that is asked for
        if was_there.is_set():
            raise ArchiveError(f"{path}: is gone; put it back")
        with suppress(OSError):  # SQLite says it better
            Path(path).touch(mode=0o600)  # it will hold addresses; the files beside it get the same mode

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver's guess
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection, busy_seconds=busy_seconds)
        was_there.set()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a writer takes its lock at once: a reader that turns writer half-way cannot wait and fails instead
        is_writer = connection.get_execution_options().get("is_writer")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection, *, busy_seconds: float) -> None:
    """Readers beside one writer. The file remembers it, so that only the first connection has to turn it on; SQLite
    does not wait for another one that does so at the same moment."""
    until = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_RETRY_SECONDS)


def prepare(engine: Engine) -> None:
    """Make the schema in an absent or empty database; refuse one that is older or newer than the code."""
    with transaction(engine) as connection:
        schema = _schema_of(connection)
        if schema == SCHEMA:
            return
    if schema is not None:
        name = engine.url.render_as_string(hide_password=True)
        if schema in EARLIER_SCHEMAS:
            raise NeedsMigration(f"{name}: its schema {schema} is older than this Clausewatch; run clausewatch migrate")
        raise TooNew(f"{name}: its schema {schema} is newer than this Clausewatch ({SCHEMA}); upgrade Clausewatch")
    with transaction(engine, is_writer=True) as connection:
        if _schema_of(connection) is None:  # another process may have been first
            metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:schema)"), {"schema": SCHEMA})


def migrate(engine: Engine, *, on_progress: Callable[[str], None] | None = None) -> tuple[str | None, str]:
    """Bring the schema to the newest, or make it; give what it was and what it is. Safe to run twice, and after it was
    killed.

    Raises TooNew where the code does not know the database's schema.
    """
    with transaction(engine) as connection:
        before = _schema_of(connection)
    if before is None:
        prepare(engine)
        return None, SCHEMA
    if before not in {SCHEMA, *EARLIER_SCHEMAS}:
        prepare(engine)  # says that it is too new
    if before != SCHEMA:
        from archive.repacking import carry_over

        _upgrade(engine, BEGUN)
        carry_over(lambda: transaction(engine, is_writer=True), on_progress or (lambda _line: None))
        _upgrade(engine, SCHEMA)
        make_compact(engine)
    with transaction(engine, is_writer=True) as connection:
        fill_passages(connection)
        count_all(connection)
        link_all(connection)
    return before, SCHEMA


def _upgrade(engine: Engine, revision: str) -> None:
    """Alter the tables as the migrations up to that one say, in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with transaction(engine, is_writer=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def make_compact(engine: Engine) -> None:
    """Give back to the disk what a SQLite file holds and needs no more. Another process that uses the file, or a full
    disk, forbids it: the file stays as large as it is then."""
    if engine.dialect.name != "sqlite":
        return  # PostgreSQL does so by itself
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        with suppress(sqlite3.OperationalError):
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _schema_of(connection: Connection) -> str | None:
    """What ``alembic_version`` says; None in an empty database."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if tables:
        raise ArchiveError(
            f"{connection.engine.url.render_as_string(hide_password=True)}: holds tables of something else "
            f"({tables[0]}, ...); name an empty database"
        )
    return None


@contextmanager
def transaction(
    engine: Engine, *, is_writer: bool = False, beside: Sequence[str] = (), is_silent: bool = False
) -> Iterator[Connection]:
    """All or nothing; who reads sees one moment. Database faults leave as ArchiveError with what to do.

    A writer that ``is_silent`` keeps others from writing and may ask the database nothing for as long as it lives.
    """
    options: dict[str, object] = {"is_writer": is_writer, "beside": beside, "is_silent": is_silent}
    options |= nothing_read_yet()
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        raise _explained(error, engine) from error


class ChangeWatch:
    """Asks how often something was changed, on a connection of its own: every visit of a page asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def changes(self, vendor: str | None) -> tuple[int, int]:
        """How often anything was changed, and how often something of the vendor. Raises ArchiveError."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._engine.connect()
                found = count_changes(self._connection, vendor)
                self._connection.rollback()
            except DBAPIError as error:
                self._close()
                raise _explained(error, self._engine) from error
            return found

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _explained(error: DBAPIError, engine: Engine) -> ArchiveError:
    cause, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    if state in _COLLISIONS:
        return Collision(cause.splitlines()[0])
    if state == _LOCKED:
        cause = "database is locked"
    name = engine.url.render_as_string(hide_password=True)
    advice = {
        "database is locked": "another process has been writing for long; try again when it is done",
        "database or disk is full": "nothing of this step was kept; make room and run the command again",
        "file is not a database": "name another file with --database, or restore this one from a backup",
        "unable to open database file": "check that the folder exists and may be written",
        "readonly database": "check that the file and its folder may be written",
        "disk image is malformed": "restore it from a backup",
        "disk I/O error": "check the disk; nothing of this step was kept",
    }
    for sign, what_to_do in advice.items():
        if sign in cause:
            return ArchiveError(f"{name}: {sign}; {what_to_do}")
    first = cause.splitlines()[0]
    for sign, what_to_do in _ADVICE_OF_POSTGRESQL.items():
        if sign in cause:
            return ArchiveError(f"{name}: {first}; {what_to_do}")
    return ArchiveError(f"{name}: {first}")
