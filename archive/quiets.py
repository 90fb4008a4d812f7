"""Quiet digests: planned for who wants to hear that nothing happened, then claimed and sent like notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from archive.notices import is_free
from archive.subscriptions import subscription_of
from archive.tables import notices, quiets, subscriptions
from clausewatch.model import NoticeState, Subscription, SubscriptionState, content_id

PLANNED_AT_ONCE = 1000  # in one transaction


@dataclass(frozen=True, slots=True)
class Quiet:
    """A digest that may turn out to have nothing in it."""

    id: str
    subscription: str
    digest_at: datetime
    state: NoticeState
    attempts: int
    tried_at: datetime | None


_IS_UNPLANNED = and_(
    subscriptions.c.quiet_at.is_(None),
    subscriptions.c.is_quiet_told.is_(True),
    subscriptions.c.state == SubscriptionState.CONFIRMED.value,
    subscriptions.c.webhook.is_(None),
)


def waits_for_quiets(connection: Connection, now: datetime) -> bool:
    """Whether a digest is to be planned, or the moment of a planned one has come."""
    query = select(subscriptions.c.id).where(or_(_IS_UNPLANNED, subscriptions.c.quiet_at <= now))
    return connection.execute(query.limit(1)).first() is not None


def unplanned_quiets(connection: Connection) -> list[Subscription]:
    """Confirmed subscriptions that ask for quiet digests and have no next one yet."""
    return [subscription_of(row) for row in connection.execute(select(subscriptions).where(_IS_UNPLANNED))]


def plan_next(connection: Connection, subscription: str, *, at: datetime) -> None:
    """The subscription's next quiet digest may be due then."""
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription).values(quiet_at=at))


def _plan_next(connection: Connection, subscription: str, *, was: datetime, at: datetime) -> bool:
    """As plan_next, if nobody else has done so; whether it was done here."""
    is_due = and_(subscriptions.c.id == subscription, subscriptions.c.quiet_at == was)
    return connection.execute(update(subscriptions).where(is_due).values(quiet_at=at)).rowcount == 1


def queue_quiets(
    connection: Connection, now: datetime, *, next_after: Callable[[Subscription, datetime], datetime]
) -> int:
    """Queue up to PLANNED_AT_ONCE digests whose moment has come, and plan the next of each; how many there were.

    Of several that were missed only the last is queued: nobody wants to hear ten times that nothing happened.
    """
    query = select(subscriptions).where(subscriptions.c.quiet_at <= now).limit(PLANNED_AT_ONCE)
    rows = connection.execute(query).all()
    for row in rows:
        subscription, digest_at = subscription_of(row), row.quiet_at
        following = next_after(subscription, digest_at)
        while following <= now:
            digest_at, following = following, next_after(subscription, following)
        if _plan_next(connection, subscription.id, was=row.quiet_at, at=following):
            _queue(connection, subscription.id, digest_at)
    return len(rows)


def _queue(connection: Connection, subscription: str, digest_at: datetime) -> None:
    id = content_id("quiet", subscription, digest_at)
    if connection.execute(select(quiets.c.id).where(quiets.c.id == id)).first():
        return  # the clock was set back, and its hour came again
    values = {"digest_at": digest_at, "due_at": digest_at, "attempts": 0, "state": NoticeState.DUE.value}
    connection.execute(insert(quiets).values(id=id, subscription=subscription, **values))


def due_quiets(connection: Connection, now: datetime) -> list[Quiet]:
    """Quiet digests to be sent, by their moment."""
    query = select(quiets).where(is_free(now, quiets)).order_by(quiets.c.digest_at, quiets.c.id)
    return [
        Quiet(row.id, row.subscription, row.digest_at, NoticeState(row.state), row.attempts, row.tried_at)
        for row in connection.execute(query)
    ]


def was_told(connection: Connection, subscription: str, *, since: datetime, now: datetime) -> bool:
    """Whether something was sent to the subscription since then, or is owed to it by now and is not sent yet."""
    waits: Any = and_(notices.c.state.in_([NoticeState.DUE.value, NoticeState.CLAIMED.value]), notices.c.due_at <= now)
    failed = and_(notices.c.state == NoticeState.FAILED.value, notices.c.due_at >= since)
    query = select(notices.c.id).where(
        notices.c.subscription == subscription, or_(notices.c.sent_at >= since, waits, failed)
    )
    return connection.execute(query.limit(1)).first() is not None
