"""The person behind an address: all that is kept about it in one piece, and the erasure of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select

from archive.changes import note_erasure
from archive.subscriptions import list_subscriptions, rule_to_json
from archive.suppressions import suppress, suppression_of
from archive.tables import notices, quiets, subscriptions
from clausewatch.model import Subscription, SubscriptionState

ERASED = "erased on request"
"""The reason that the list of suppressed addresses keeps, beside a keyed hash and the day."""


def subscriber_data(connection: Connection, email: str, *, secret: bytes) -> dict[str, Any]:
    """All that is kept about the address, with instants as they are; nothing but the address where it is unknown."""
    suppression = suppression_of(connection, email, secret=secret)
    return {
        "email": email,
        "subscriptions": [_subscription_data(connection, each) for each in list_subscriptions(connection, email=email)],
        "suppressed": None if suppression is None else {"reason": suppression.reason, "since_at": suppression.since_at},
    }


def erase_subscriber(connection: Connection, email: str, *, secret: bytes, now: datetime) -> int:
    """Remove the address with its subscriptions and notices, whatever their state; how many subscriptions it had.

    A keyed hash of it stays on the list of suppressed addresses, so that no import brings it back.
    """
    if connection.dialect.name == "sqlite":  # which leaves deleted bytes in its file, unless it is told not to
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    ids = [each.id for each in list_subscriptions(connection, email=email)]
    suppress(connection, email, secret=secret, reason=ERASED, now=now)
    for table in (notices, quiets):
        connection.execute(delete(table).where(table.c.subscription.in_(ids)))
    connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(ids)))
    note_erasure(connection)
    return len(ids)


def forget_unconfirmed(connection: Connection, *, before: datetime) -> int:
    """Remove what was asked for before then and never confirmed, where nothing was ever told; how many."""
    told = (exists().where(table.c.subscription == subscriptions.c.id) for table in (notices, quiets))
    done = connection.execute(
        delete(subscriptions)
        .where(
            subscriptions.c.state == SubscriptionState.PENDING.value,
            subscriptions.c.created_at < before,
            *(~each for each in told),
        )
        .returning(subscriptions.c.changed_at)
    )
    were_changed = [changed_at is not None for changed_at in done.scalars()]
    if any(were_changed):  # it was confirmed once: who goes by the newest change must know that one is gone
        note_erasure(connection)
    return len(were_changed)


def _subscription_data(connection: Connection, subscription: Subscription) -> dict[str, Any]:
    of_it = notices.c.subscription == subscription.id
    told = select(notices).where(of_it).order_by(notices.c.due_at, notices.c.id)
    quiet = select(quiets).where(quiets.c.subscription == subscription.id).order_by(quiets.c.digest_at)
    return {
        "id": subscription.id, "email": subscription.email, "state": subscription.state.value,
        "rule": rule_to_json(subscription.rule), "every": subscription.every, "zone": subscription.zone,
        "hour": subscription.hour, "quiet": subscription.is_quiet_told, "webhook": subscription.webhook,
        "created_at": subscription.created_at, "confirmed_at": subscription.confirmed_at,
        "ended_at": subscription.ended_at, "bounces": subscription.bounces,
        "notices": [
            {"comparison": row.comparison, "state": row.state, "due_at": row.due_at, "sent_at": row.sent_at,
             "message_id": row.message_id, "error": row.error}
            for row in connection.execute(told)
        ],
        "quiet_digests": [
            {"digest_at": row.digest_at, "state": row.state, "sent_at": row.sent_at, "message_id": row.message_id,
             "error": row.error}
            for row in connection.execute(quiet)
        ],
    }  # fmt: skip
