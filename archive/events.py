"""What became of mails: events that were taken in, each once, and soft bounces in a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, literal, select, update

from archive.subscriptions import find_subscription
from archive.tables import events, notices, quiets, subscriptions
from archive.tables.base import Instant
from clausewatch.model import Subscription, SubscriptionState

KEPT = timedelta(days=14)  # senders of events repeat them for a day, mailboxes are read again after a holiday
LONGEST_ID = 100


def take_event(connection: Connection, event: str, *, now: datetime) -> bool:
    """Note that the event of that id came; False where it had come before."""
    known = exists().where(events.c.id == event)
    row = select(literal(event), literal(now, Instant)).where(~known)
    return connection.execute(insert(events).from_select(["id", "received_at"], row)).rowcount == 1


def forget_events(connection: Connection, *, now: datetime) -> int:
    """Drop what is older than KEPT; how many."""
    return connection.execute(delete(events).where(events.c.received_at < now - KEPT)).rowcount


def subscription_of_mail(connection: Connection, mail: str) -> Subscription | None:
    """Whom the mail of that key went to: notices of it, or a digest with nothing in it."""
    of_notices = select(notices.c.subscription).where(notices.c.mail == mail)
    of_quiets = select(quiets.c.subscription).where(quiets.c.id == mail)
    for query in (of_notices, of_quiets):
        found = connection.execute(query.limit(1)).scalar_one_or_none()
        if found:
            return find_subscription(connection, found)
    return None


def subscriptions_of_address(connection: Connection, email: str) -> list[Subscription]:
    """Those of the address, in whatever case it is written, that have not ended."""
    query = select(subscriptions.c.id).where(
        func.lower(subscriptions.c.email) == email.strip().lower(),
        subscriptions.c.state != SubscriptionState.ENDED.value,
    )
    found = [find_subscription(connection, each) for each in connection.execute(query).scalars().all()]
    return [each for each in found if each]


def count_bounce(connection: Connection, subscription: str) -> int:
    """One more mail in a row that did not arrive; how many there are."""
    chosen = subscriptions.c.id == subscription
    connection.execute(update(subscriptions).where(chosen).values(bounces=subscriptions.c.bounces + 1))
    return int(connection.execute(select(subscriptions.c.bounces).where(chosen)).scalar_one())


def forget_bounces(connection: Connection, subscription: str) -> None:
    """A mail arrived: the row of bounces is over."""
    chosen = (subscriptions.c.id == subscription) & (subscriptions.c.bounces > 0)
    connection.execute(update(subscriptions).where(chosen).values(bounces=0))
