"""How fast something may be asked by all processes on this database together, and until when it wants to be left alone.

A reservation is one short transaction; who made it waits for its window by itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from archive.database import open_engine, transaction
from archive.leases import ABSURD
from archive.tables import limits
from archive.tables.watched import leases

SHORTEST_PAUSE = timedelta(minutes=1)  # what the Internet Archive asked for; it sends no Retry-After of late
LONGEST_PAUSE = timedelta(days=1)
FORGIVEN_AFTER = timedelta(days=1)  # so long after the end of a pause the next one is a first one again
LONGEST_QUEUE = timedelta(minutes=15)
"""No number of processes reserves so far ahead: where the next window is later than this, a clock was set back."""

CONNECTION_SECONDS = timedelta(seconds=150)
"""The longest that a request lasts, and something to spare: of a process that was killed nothing is open for longer."""
LINGERING = timedelta(seconds=5)
"""So long a connection may stay open that is not in use."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How a limit stands."""

    name: str
    closed_until: datetime | None  # None: never closed
    strikes: int  # pauses asked for in a row


def reserve_window(connection: Connection, name: str, *, length: timedelta, now: datetime) -> datetime:
    """When a window of that length begins that is ours alone: at once, or after those that others reserved."""
    next_at = _locked(connection, name).next_at
    is_behind = next_at is None or not now <= next_at <= now + LONGEST_QUEUE
    start_at: datetime = now if is_behind else next_at
    connection.execute(update(limits).where(limits.c.name == name).values(next_at=start_at + length))
    return start_at


def closed_until(connection: Connection, name: str, *, now: datetime) -> datetime | None:
    """Until when nobody may ask; None where it is open."""
    until = connection.execute(select(limits.c.closed_until).where(limits.c.name == name)).scalar_one_or_none()
    # later than any pause: the clock that wrote it was ahead
    return until if until is not None and now < until <= now + LONGEST_PAUSE else None


def close(connection: Connection, name: str, *, asked_seconds: float | None, now: datetime) -> datetime:
    """It asked for a pause: nobody asks before the instant that this gives.

    Each pause in a row lasts twice as long as the one before. Where several requests were under way, their answers
    make one pause together.
    """
    row = _locked(connection, name)
    asked = timedelta(seconds=asked_seconds or 0.0)
    if (until := closed_until(connection, name, now=now)) is not None:
        strikes, until = row.strikes, max(until, now + min(asked, LONGEST_PAUSE))
    else:
        asked = max(asked, SHORTEST_PAUSE)
        is_first = row.closed_until is None or now - row.closed_until >= FORGIVEN_AFTER
        strikes = 1 if is_first else row.strikes + 1
        until = now + min(asked * 2 ** (strikes - 1), LONGEST_PAUSE)
    connection.execute(
        update(limits).where(limits.c.name == name).values(closed_until=until, strikes=strikes, struck_at=now)
    )
    return until


def pause_until(connection: Connection, name: str, *, until_at: datetime, now: datetime) -> None:
    """It said itself until when nobody may ask; an earlier word for later holds on."""
    _locked(connection, name)
    later_at = max(filter(None, (closed_until(connection, name, now=now), until_at)))
    connection.execute(update(limits).where(limits.c.name == name).values(closed_until=later_at))


def closed_limits(connection: Connection, prefix: str, *, now: datetime) -> dict[str, datetime]:
    """Until when nobody may ask, of all that are closed and whose name begins so."""
    is_closed = and_(limits.c.closed_until > now, limits.c.closed_until <= now + LONGEST_PAUSE)
    rows = connection.execute(
        select(limits.c.name, limits.c.closed_until).where(limits.c.name.startswith(prefix, autoescape=True), is_closed)
    )
    return {row.name: row.closed_until for row in rows}


def share_connections(connection: Connection, name: str, *, holder: str, most: int, in_use: int, now: datetime) -> int:
    """How many of the ``most`` connections to one place, over all processes, the holder may use; 0: wait, ask again.

    Whoever asks has as many as everybody else who asked of late. What the holder has beyond that and has not in use
    comes free, once nothing keeps it open. Its share is its own for CONNECTION_SECONDS, or until ``give_up_all``.
    """
    _locked(connection, name)
    until_at, absurd_at = now + CONNECTION_SECONDS, now + CONNECTION_SECONDS * ABSURD
    rows = connection.execute(select(leases).where(leases.c.name.startswith(f"{name} ", autoescape=True)))
    live = {row.name: row for row in rows if now < row.until_at <= absurd_at}
    party = f"{name} party "
    share = max(1, most // len({holder} | {row.holder for each, row in live.items() if each.startswith(party)}))
    seats = [f"{name} connection {number}" for number in range(1, most + 1)]
    mine = sorted(
        (seat for seat in seats if seat in live and live[seat].holder == holder), key=lambda s: live[s].until_at
    )
    kept = mine[::-1][: max(share, in_use)]
    kept += [seat for seat in seats if seat not in live][: max(share - len(kept), 0)]
    ours = [*kept, party + holder]
    connection.execute(delete(leases).where(leases.c.name.in_(ours)))
    connection.execute(insert(leases), [{"name": each, "holder": holder, "until_at": until_at} for each in ours])
    for seat in set(mine) - set(kept):
        free_at = min(live[seat].until_at, now + LINGERING)
        connection.execute(update(leases).where(leases.c.name == seat).values(until_at=free_at))
    return min(len(kept), share)


def list_limits(connection: Connection) -> list[Limit]:
    """Every limit that was ever used, by name."""
    rows = connection.execute(select(limits).order_by(limits.c.name))
    return [Limit(row.name, row.closed_until, row.strikes) for row in rows]


def _locked(connection: Connection, name: str) -> Row[Any]:
    """The row of that name, made if it is not there; no other transaction changes it before this one ends."""
    query = select(limits).where(limits.c.name == name).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is not None:
        return row
    with suppress(IntegrityError), connection.begin_nested():  # another process may be first
        connection.execute(insert(limits).values(name=name, strikes=0))
    return connection.execute(query).one()


def open_limits_alone(folder: Path) -> Engine:
    """A small database in the folder with what limits need and nothing else, made if it is not there."""
    engine = open_engine(f"sqlite:///{folder / 'limits.db'}")
    with transaction(engine, is_writer=True) as connection:
        for table in (limits, leases):
            connection.execute(CreateTable(table, if_not_exists=True))
    return engine
