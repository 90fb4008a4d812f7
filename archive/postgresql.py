"""The engine for PostgreSQL: how it is reached, who writes while, and as few messages to it as that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidatePoolError

from clausewatch.clock import steady_seconds
from clausewatch.errors import SettingsError

_WRITERS = 0x636C617573  # names the lock of PostgreSQL that writers take: "claus"
_BESIDE = 0x636C6175  # and the locks of those that write beside each other, each of one thing: "clau"
_REACHING = {
    "connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip
"""A PostgreSQL behind a network that is cut is given up after half a minute. Linux alone would wait for two hours."""
FORGOTTEN_MILLISECONDS = 120_000
"""A writer not heard of for so long, cut off or held up, loses its transaction: all others wait for its lock."""
WAITING_MILLISECONDS = FORGOTTEN_MILLISECONDS + 30_000
"""How long a writer waits for another one: longer than for one that is not heard of. What takes longer, as a move of
the whole archive does, is done while nothing else runs."""
_HEARD_OF = {"tcp_keepalives_idle": 15, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""How the server itself finds out within half a minute that a writer was cut off which may be silent for long."""
RESTED_SECONDS = 1.0
"""A connection that rested for so long is asked whether it is still there before it is used. Asking each time would be
every sixteenth message; one that breaks within a second is told as one that breaks while it is used."""


def open_postgresql(url: URL) -> Engine:
    """An engine for the URL; nothing is connected to. Raises SettingsError where the package for it is missing."""
    try:
        engine = create_engine(  # transactions are begun below: with what they begin with, in one message
            url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", pool_use_lifo=True,
            hide_parameters=True, connect_args=reaching(url),
        )  # fmt: skip
    except ModuleNotFoundError:
        raise SettingsError("PostgreSQL needs a package that is not installed; install clausewatch[postgres]") from None
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _ask_whether_it_is_there)
    return engine


def reaching(url: URL) -> dict[str, int]:
    """How long a PostgreSQL is waited for that does not answer, as its driver takes it; what the URL says holds."""
    return {name: value for name, value in _REACHING.items() if name not in url.query}


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return  # what is done runs in no transaction
    driver: Any = connection.connection.driver_connection
    usual, driver.prepare_threshold = driver.prepare_threshold, None  # several statements at once cannot be prepared
    try:
        connection.exec_driver_sql(_beginning(options, driver))
    finally:
        driver.prepare_threshold = usual


def _beginning(options: Mapping[str, Any], driver: Any) -> str:
    """Readers see one moment. A writer needs none: from its lock on nobody else writes, and a moment begins before it.

    As with SQLite one writer at a time: what is read, judged and written in one transaction holds on both. But each
    document is for itself in what is derived: many are written beside each other, while nobody else writes.
    """
    if not options.get("is_writer"):
        return "BEGIN ISOLATION LEVEL REPEATABLE READ"
    patient = f"BEGIN; SELECT {_patience(is_silent=bool(options.get('is_silent')))}"
    if beside := options.get("beside"):
        return f"{patient}, pg_advisory_xact_lock_shared({_WRITERS}); {_locking(beside, driver)}"
    return f"{patient}, pg_advisory_xact_lock({_WRITERS})"


def _patience(*, is_silent: bool) -> str:
    """What a writer sets for its transaction before it waits for its lock: how long for others, and they for it."""
    wanted = {"lock_timeout": WAITING_MILLISECONDS}
    wanted["idle_in_transaction_session_timeout"] = 0 if is_silent else FORGOTTEN_MILLISECONDS
    wanted |= _HEARD_OF if is_silent else {}
    return ", ".join(f"set_config('{name}', '{value}', true)" for name, value in wanted.items())


def _locking(keys: Sequence[str], driver: Any) -> str:
    """A lock of each key. In one order, so that no two wait for each other."""
    from psycopg.sql import SQL, Literal

    if len(keys) == 1:
        one = SQL("SELECT pg_advisory_xact_lock({}, hashtext({}))")
        return one.format(_BESIDE, keys[0]).as_string(driver)
    each = SQL(
        "SELECT pg_advisory_xact_lock({}, key) FROM (SELECT DISTINCT hashtext(name) AS key "
        "FROM unnest(CAST({} AS text[])) AS name ORDER BY key) AS keys"
    )
    return each.format(_BESIDE, Literal(list(keys))).as_string(driver)


def _note_rest(_driver: object, record: Any) -> None:
    record.info["rests_since"] = steady_seconds()


def _ask_whether_it_is_there(driver: Any, record: Any, _proxy: object) -> None:
    since = record.info.get("rests_since")
    if since is None or steady_seconds() - since < RESTED_SECONDS:
        return
    try:
        driver.execute("")
    except type(driver).Error as error:
        raise InvalidatePoolError from error
