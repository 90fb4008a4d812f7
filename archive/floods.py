"""Floods: deliveries that stopped because they would have mailed too many at once, and what the operator said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from archive.notices import drop_notices
from archive.tables import comparisons, documents, floods, notices
from clausewatch.model import NoticeState, content_id

_IDS_AT_ONCE = 500  # in one statement


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A delivery that waits for the operator."""

    id: str
    raised_at: datetime
    mails: int
    subscribers: int
    told_at: datetime | None


def open_flood(connection: Connection) -> HeldBack | None:
    """The flood that nobody has decided on yet."""
    row = connection.execute(select(floods).where(floods.c.ended_at.is_(None))).first()
    return None if row is None else _held_back(row)


def raise_flood(connection: Connection, *, mails: int, subscribers: int, now: datetime) -> HeldBack:
    """A delivery would send so many mails: there is a flood, or the open one has grown."""
    known = open_flood(connection)
    if known is None:
        id = content_id("flood", now, mails)
        connection.execute(insert(floods).values(id=id, raised_at=now, mails=mails, subscribers=subscribers))
    elif known.mails < mails:
        connection.execute(update(floods).where(floods.c.id == known.id).values(mails=mails, subscribers=subscribers))
    found = open_flood(connection)
    assert found is not None  # the same transaction
    return found


def mark_asked(connection: Connection, flood: str, *, at: datetime) -> None:
    """The operator was asked about it."""
    connection.execute(update(floods).where(floods.c.id == flood).values(told_at=at))


def allow_flood(connection: Connection, *, now: datetime) -> bool:
    """The operator says that all that is due by now is meant; whether a flood was open."""
    return _end(connection, now=now, allowed_at=now)


def refuse_flood(connection: Connection, *, now: datetime) -> int:
    """The operator says that it is not meant: what is due and was never tried is dropped; how many notices."""
    query = select(notices.c.id).where(
        notices.c.state == NoticeState.DUE.value, notices.c.due_at <= now, notices.c.mail.is_(None)
    )
    ids = list(connection.execute(query).scalars()) if _end(connection, now=now) else []
    for at in range(0, len(ids), _IDS_AT_ONCE):
        drop_notices(connection, ids[at : at + _IDS_AT_ONCE], error="the operator refused a delivery to so many")
    return len(ids)


def recede(connection: Connection, *, now: datetime) -> None:
    """What is due is no flood any more."""
    _end(connection, now=now)


def last_allowed_at(connection: Connection) -> datetime | None:
    """When the operator last allowed one: what was due by then may go."""
    newest_at: datetime | None = connection.execute(select(func.max(floods.c.allowed_at))).scalar_one()
    return newest_at


def largest_allowed(connection: Connection, *, since: datetime) -> int:
    """The mails of the largest delivery that the operator has allowed since then."""
    query = select(func.max(floods.c.mails)).where(floods.c.allowed_at >= since)
    return connection.execute(query).scalar_one() or 0


def most_awaited(connection: Connection, *, now: datetime, limit: int) -> tuple[list[tuple[str, str, int]], int]:
    """The documents that most notices are due of, as (vendor/document, summary, notices), and how many there are."""
    count = func.count(notices.c.id)
    query = (
        select(documents.c.vendor, documents.c.slug, func.max(comparisons.c.summary).label("summary"), count)
        .select_from(notices)
        .join(comparisons, notices.c.comparison == comparisons.c.id)
        .join(documents, comparisons.c.document == documents.c.id)
        .where(notices.c.state == NoticeState.DUE.value, notices.c.due_at <= now)
        .group_by(documents.c.vendor, documents.c.slug)
        .order_by(count.desc(), documents.c.vendor, documents.c.slug)
    )
    rows = connection.execute(query).all()
    return [(f"{row[0]}/{row[1]}", row[2], row[3]) for row in rows[:limit]], len(rows)


def _end(connection: Connection, *, now: datetime, allowed_at: datetime | None = None) -> bool:
    done = connection.execute(
        update(floods).where(floods.c.ended_at.is_(None)).values(ended_at=now, allowed_at=allowed_at)
    )
    return done.rowcount > 0


def _held_back(row: Row[Any]) -> HeldBack:
    return HeldBack(row.id, row.raised_at, row.mails, row.subscribers, row.told_at)
