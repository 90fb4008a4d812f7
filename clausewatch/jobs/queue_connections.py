"""How the engine of the queue speaks to the database: in one message for each job that is fetched or done, not four."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from procrastinate import PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from archive.postgresql import RESTED_SECONDS
from clausewatch.clock import steady_seconds


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
