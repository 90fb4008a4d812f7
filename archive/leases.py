"""Leases: who does what only one may do at a time, over all processes on the database.

A lease ends by itself, so that what a dead process held comes free.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select, update

from archive.tables.watched import leases

ABSURD = 10
"""A lease that ends later than in so many times its length was taken by a clock that was wrong, and is free."""


def take_lease(connection: Connection, name: str, *, holder: str, now: datetime, seconds: float) -> bool:
    """Take the lease, or prolong it, for so many seconds; False where another one has it.

    In a transaction that writes.
    """
    return bool(take_leases(connection, [name], holder=holder, now=now, seconds=seconds))


def take_leases(
    connection: Connection, names: Sequence[str], *, holder: str, now: datetime, seconds: float
) -> set[str]:
    """Take these leases, or prolong them; gives those that were to be had. In a transaction that writes."""
    until_at = now + timedelta(seconds=seconds)
    far_at = now + timedelta(seconds=seconds * ABSURD)
    is_free = or_(leases.c.holder == holder, leases.c.until_at <= now, leases.c.until_at > far_at)
    taken = set()
    # in one order everywhere: two that take some of the same wait for each other, and neither for ever
    for name in sorted(names):
        prolonged = update(leases).where(leases.c.name == name, is_free).values(holder=holder, until_at=until_at)
        if connection.execute(prolonged).rowcount or _insert(connection, name, holder=holder, until_at=until_at):
            taken.add(name)
    return taken


def _insert(connection: Connection, name: str, *, holder: str, until_at: datetime) -> bool:
    from sqlalchemy.dialects import postgresql, sqlite

    values = {"name": name, "holder": holder, "until_at": until_at}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return bool(connection.execute(insert(leases).values(values).on_conflict_do_nothing()).rowcount)


def lease_of(connection: Connection, name: str) -> tuple[str, datetime] | None:
    """Who holds the lease, and when it ends as the holder said last; None where nobody does."""
    row = connection.execute(select(leases.c.holder, leases.c.until_at).where(leases.c.name == name)).one_or_none()
    return None if row is None else (row.holder, row.until_at)


def prolong_lease(connection: Connection, name: str, *, holder: str, until_at: datetime) -> bool:
    """Hold the lease on; False where it was lost."""
    is_mine = and_(leases.c.name == name, leases.c.holder == holder)
    return bool(connection.execute(update(leases).where(is_mine).values(until_at=until_at)).rowcount)


def take_over_lease(
    connection: Connection, name: str, *, seen: tuple[str, datetime], holder: str, until_at: datetime
) -> bool:
    """Take the lease from a holder who did nothing with it since it was ``seen``, whatever the clocks say.

    How long that is must have been measured by something that nobody can set.
    """
    is_unchanged = and_(leases.c.name == name, leases.c.holder == seen[0], leases.c.until_at == seen[1])
    return bool(
        connection.execute(update(leases).where(is_unchanged).values(holder=holder, until_at=until_at)).rowcount
    )


def give_up_leases(connection: Connection, names: Sequence[str], *, holder: str) -> None:
    """They are free for others at once; those of other holders stay."""
    connection.execute(delete(leases).where(leases.c.name.in_(names), leases.c.holder == holder))
