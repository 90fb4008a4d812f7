"""How the queue speaks to the database: on connections that last, and in one message for each job that is fetched or
done, not four."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from archive.postgresql import RESTED_SECONDS
from clausewatch.clock import steady_seconds
from clausewatch.jobs.queue_schema import connected, said_of, telling


def terse_connector(conninfo: str, *, connections: int) -> PsycopgConnector:
    """Procrastinate's own, on at most so many connections, without a transaction around each statement, all of which
    stand alone, and without asking before each whether the connection is there."""
    return PsycopgConnector(
        conninfo=conninfo, min_size=1, max_size=connections, configure=_commit_each, pool_factory=_pool_that_seldom_asks
    )


async def _commit_each(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


def _pool_that_seldom_asks(**given: Any) -> AsyncConnectionPool[AsyncConnection[Any]]:
    asked_at: WeakKeyDictionary[AsyncConnection[Any], float] = WeakKeyDictionary()

    async def check(connection: AsyncConnection[Any]) -> None:
        now = steady_seconds()
        if now - asked_at.get(connection, 0.0) < RESTED_SECONDS:
            return
        await AsyncConnectionPool.check_connection(connection)
        asked_at[connection] = now

    return AsyncConnectionPool(**(given | {"check": check}))


class Briefly(logging.Filter):
    """On the loggers of the engine: what it says of a database that is away is a line with the cause, not a trace."""

    LOGGERS = ("procrastinate.utils", "procrastinate.worker")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ConnectorException):
            record.msg, record.args = "%s: %s", (vars(record).get("action", "the engine"), said_of(error))
            record.exc_info = record.exc_text = None
        return True


_Connection = psycopg.Connection[tuple[object, ...]]
MOST_KEPT = 2
"""Of those who put jobs, few do at once: the others have connections of their own for the moment."""


class KeptConnections:
    """Connections for many short transactions, from several threads; kept from one to the next while a block lasts."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._resting: list[tuple[_Connection, float]] = []
        self._keeps = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        self._keeps = True
        try:
            yield
        finally:
            self._keeps = False
            while self._resting:
                self._resting.pop()[0].close()

    @contextmanager
    def connected(self) -> Iterator[_Connection]:
        """A connection whose block is one transaction. Raises ArchiveError for whatever the database says."""
        if not self._keeps:
            with connected(self._conninfo) as connection:
                yield connection
            return
        with telling():
            connection = self._rested() or psycopg.connect(self._conninfo, autocommit=True)
            try:
                with connection.transaction():
                    yield connection
            except BaseException:
                connection.close()
                raise
        self._rest(connection)

    def _rested(self) -> _Connection | None:
        """One that is still there."""
        while self._resting:
            try:
                connection, since = self._resting.pop()
            except IndexError:  # another thread took the last
                return None
            try:
                if steady_seconds() - since >= RESTED_SECONDS:
                    connection.execute("")
                return connection
            except psycopg.Error:
                connection.close()
        return None

    def _rest(self, connection: _Connection) -> None:
        if self._keeps and len(self._resting) < MOST_KEPT:
            self._resting.append((connection, steady_seconds()))
        else:
            connection.close()
