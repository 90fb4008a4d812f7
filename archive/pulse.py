"""How the whole is doing, in a few numbers that the database counts: what is due, late, failing, held, waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from archive.floods import HeldBack, open_flood
from archive.tables import comparisons, documents, limits, notices, vendors, watches
from archive.tables.watched import leases
from archive.turns import is_due
from clausewatch.model import ComparisonState, NoticeState


@dataclass(frozen=True, slots=True)
class Pulse:
    """The numbers of one moment. Counts by name hold no zeros."""

    vendors: int
    documents: int
    watched: int  # documents that are crawled
    snapshots: int
    unsettled: int  # documents with snapshots that no version tells of yet
    due: int  # documents whose next look is due
    due_since_at: datetime | None  # the longest
    last_good_at: datetime | None  # when any document was seen last
    held: int  # documents whose newest step waits to be confirmed
    notices: dict[str, int]  # by state
    notice_due_since_at: datetime | None  # of those to be sent, the longest due
    held_back: HeldBack | None  # a delivery to so many that the operator is asked first
    closed_until: dict[str, datetime]  # limits that are closed, by name
    led_until_at: datetime | None  # until when the schedule is led, as the leader said last


def pulse(connection: Connection, *, now: datetime) -> Pulse:
    """The numbers as they are."""
    is_waiting = notices.c.state.in_((NoticeState.DUE.value, NoticeState.CLAIMED.value))
    listed = connection.execute(
        select(
            func.count().label("all"),
            func.count(documents.c.due_at).label("watched"),
            func.coalesce(func.sum(documents.c.chain_length), 0).label("snapshots"),
        )
    ).one()
    late = connection.execute(select(func.count(), func.min(documents.c.due_at)).where(is_due(connection, now))).one()
    return Pulse(
        vendors=_count(connection, vendors.c.slug),
        documents=listed.all,
        watched=listed.watched,
        snapshots=int(listed.snapshots),
        unsettled=_count(connection, documents.c.id, documents.c.is_unsettled.is_(True)),
        due=late[0],
        due_since_at=late[1],
        last_good_at=connection.execute(select(func.max(watches.c.last_good_at))).scalar_one(),
        held=len(held_documents(connection)),
        notices=_counts(connection, notices.c.state),
        notice_due_since_at=connection.execute(
            select(func.min(notices.c.due_at)).where(is_waiting, notices.c.due_at <= now)
        ).scalar_one(),
        held_back=open_flood(connection),
        closed_until={
            row.name: row.closed_until
            for row in connection.execute(select(limits.c.name, limits.c.closed_until))
            if row.closed_until and row.closed_until > now
        },
        led_until_at=connection.execute(
            select(leases.c.until_at).where(leases.c.name == "schedule")
        ).scalar_one_or_none(),
    )  # fmt: skip


def held_documents(connection: Connection) -> set[str]:
    """The documents, by id, that have a step which waits to be confirmed."""
    query = select(comparisons.c.document).where(
        comparisons.c.material.in_((True, False)),  # it is one of them, and begins the index
        comparisons.c.state == ComparisonState.HELD.value,
        comparisons.c.is_current.is_(True),
    )
    return set(connection.execute(query).scalars())


def _count(connection: Connection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count(column)).where(*conditions)).scalar_one()


def _counts(connection: Connection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).where(*conditions).group_by(column).order_by(column))
    return {name: count for name, count in rows if name is not None}
