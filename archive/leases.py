"""Leases: who does what only one may do at a time, over all processes on the database.

A lease ends by itself, so that what a dead process held comes free.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from archive.tables.watched import leases

AT_ONCE = 1000  # leases in one statement
ABSURD = 10
"""A lease that ends later than in so many times its length was taken by a clock that was wrong, and is free."""
_HELD = (
    select(leases.c.name)
    .where(leases.c.name.in_(bindparam("among", expanding=True)), leases.c.holder == bindparam("by"))
    .order_by(leases.c.name)
    .with_for_update()
)
"""Built once: a crawl asks after each group of looks."""


def take_lease(connection: Connection, name: str, *, holder: str, now: datetime, seconds: float) -> bool:
    """Take the lease, or prolong it, for so many seconds; False where another one has it.

    In a transaction that writes.
    """
    return bool(take_leases(connection, [name], holder=holder, now=now, seconds=seconds))


def take_leases(
    connection: Connection, names: Collection[str], *, holder: str, now: datetime, seconds: float
) -> set[str]:
    """Take these leases, or prolong them; gives those that were to be had. In a transaction that writes."""
    until_at = now + timedelta(seconds=seconds)
    ordered, taken = sorted(names), set[str]()
    for at in range(0, len(ordered), AT_ONCE):
        some = ordered[at : at + AT_ONCE]
        # in one order everywhere: two that want some of the same wait for each other, and neither for ever
        connection.execute(
            select(leases.c.name).where(leases.c.name.in_(some)).order_by(leases.c.name).with_for_update()
        )
        is_free = or_(
            leases.c.holder == holder, leases.c.until_at <= now,
            leases.c.until_at > now + timedelta(seconds=seconds * ABSURD),
        )  # fmt: skip
        prolonged = update(leases).where(leases.c.name.in_(some), is_free).values(holder=holder, until_at=until_at)
        taken |= set(connection.execute(prolonged.returning(leases.c.name)).scalars())
        taken |= _insert(connection, [name for name in some if name not in taken], holder=holder, until_at=until_at)
    return taken


def _insert(connection: Connection, names: Collection[str], *, holder: str, until_at: datetime) -> set[str]:
    """Those that nobody had."""
    from sqlalchemy.dialects import postgresql, sqlite

    if not names:
        return set()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [{"name": name, "holder": holder, "until_at": until_at} for name in names]
    fresh = insert(leases).on_conflict_do_nothing().returning(leases.c.name)
    return set(connection.execute(fresh, rows).scalars())


def lease_of(connection: Connection, name: str) -> tuple[str, datetime] | None:
    """Who holds the lease, and when it ends as the holder said last; None where nobody does."""
    row = connection.execute(select(leases.c.holder, leases.c.until_at).where(leases.c.name == name)).one_or_none()
    return None if row is None else (row.holder, row.until_at)


def held_leases(connection: Connection, names: Collection[str], *, holder: str) -> set[str]:
    """Those of the leases that ``holder`` has still, or had and nobody took; nobody does until the transaction ends."""
    held = set[str]()
    ordered = sorted(names)
    for at in range(0, len(ordered), AT_ONCE):
        held |= set(connection.execute(_HELD, {"among": ordered[at : at + AT_ONCE], "by": holder}).scalars())
    return held


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


def prolong_all(connection: Connection, *, holder: str, until_at: datetime) -> None:
    """Hold on to all that ``holder`` has still."""
    connection.execute(update(leases).where(leases.c.holder == holder).values(until_at=until_at))


def give_up_all(connection: Connection, *, holder: str) -> None:
    """What ``holder`` has is free for others at once."""
    connection.execute(delete(leases).where(leases.c.holder == holder))
