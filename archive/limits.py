"""How fast something may be asked by all processes on this database together, and until when it wants to be left alone.

A reservation is one short transaction; who made it waits for its window by itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from archive.database import open_engine, transaction
from archive.tables import limits

SHORTEST_PAUSE = timedelta(minutes=1)  # what the Internet Archive asked for; it sends no Retry-After of late
LONGEST_PAUSE = timedelta(days=1)
FORGIVEN_AFTER = timedelta(days=1)  # so long after the end of a pause the next one is a first one again
LONGEST_QUEUE = timedelta(minutes=15)
"""No number of processes reserves so far ahead: where the next window is later than this, a clock was set back."""


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
    """A small database in the folder with this table and nothing else, made if it is not there."""
    engine = open_engine(f"sqlite:///{folder / 'limits.db'}")
    with transaction(engine, is_writer=True) as connection:
        connection.execute(CreateTable(limits, if_not_exists=True))
    return engine
