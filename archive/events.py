"""What became of mails: events that were taken in, each once, and soft bounces in a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, union_all, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from archive.subscriptions import find_subscription
from archive.tables import events, notices, quiets, subscriptions
from clausewatch.model import Subscription

KEPT = timedelta(days=14)  # senders of events repeat them for a day, mailboxes are read again after a holiday
BOUNCES_KEPT = timedelta(days=100)  # so many weekly digests are enough to tell that none arrives
_MOST_LOOKED_AT = 20  # mails; a row that long has ended the subscription
_SOFT, _ARRIVED = "soft:", "arrived:"


def take_event(connection: Connection, event: str, *, now: datetime) -> bool:
    """Note that the event of that id came; False where it had come before, or comes to another process just now."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = insert(events).values(id=event, received_at=now).on_conflict_do_nothing()
    # told by what is given back: PostgreSQL's driver counts no rows of such a statement
    return connection.execute(row.returning(events.c.id)).first() is not None


def drop_event(connection: Connection, event: str) -> None:
    """The event was taken in vain: let it come again."""
    connection.execute(delete(events).where(events.c.id == event))


def forget_events(connection: Connection, *, now: datetime) -> int:
    """Drop what is older than KEPT, and soft bounces older than BOUNCES_KEPT; how many."""
    is_old = events.c.received_at < now - KEPT
    is_bounce = events.c.id.startswith(_SOFT)
    is_very_old = events.c.received_at < now - BOUNCES_KEPT
    return connection.execute(delete(events).where(is_old, ~is_bounce | is_very_old)).rowcount


def subscription_of_mail(connection: Connection, mail: str) -> Subscription | None:
    """Whom the mail of that key went to: notices of it, or a digest with nothing in it."""
    of_notices = select(notices.c.subscription).where(notices.c.mail == mail)
    of_quiets = select(quiets.c.subscription).where(quiets.c.id == mail)
    for query in (of_notices, of_quiets):
        found = connection.execute(query.limit(1)).scalar_one_or_none()
        if found:
            return find_subscription(connection, found)
    return None


def note_bounce(connection: Connection, subscription: str, mail: str, *, now: datetime) -> int:
    """The mail did not arrive, for now; how many in a row have not, up to this one. 0 where it has arrived since."""
    if connection.execute(select(events.c.id).where(events.c.id == _ARRIVED + mail)).first():
        return 0
    take_event(connection, _SOFT + mail, now=now)
    return _count_bounces(connection, subscription, mail)


def note_arrival(connection: Connection, subscription: str, mail: str, *, now: datetime) -> None:
    """The mail arrived, whatever was or will be said of it; the row of bounces is over."""
    take_event(connection, _ARRIVED + mail, now=now)
    connection.execute(delete(events).where(events.c.id == _SOFT + mail))
    chosen = (subscriptions.c.id == subscription) & (subscriptions.c.bounces > 0)
    connection.execute(update(subscriptions).where(chosen).values(bounces=0))


def _count_bounces(connection: Connection, subscription: str, mail: str) -> int:
    """Of the mails to the subscription up to this one, the newest first, how many bounced before one that did not.

    So a row ends too where nobody tells of arrivals, as with SMTP.
    """
    bounced = 0
    for sent in _mails_up_to(connection, subscription, mail):
        if not connection.execute(select(events.c.id).where(events.c.id == _SOFT + sent)).first():
            break
        bounced += 1
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription).values(bounces=bounced))
    return bounced


def _mails_up_to(connection: Connection, subscription: str, mail: str) -> list[str]:
    of_notices = (
        select(notices.c.mail, func.max(notices.c.sent_at).label("sent_at"))
        .where(notices.c.subscription == subscription, notices.c.sent_at.is_not(None))
        .group_by(notices.c.mail)
    )
    of_quiets = select(quiets.c.id, quiets.c.sent_at).where(
        quiets.c.subscription == subscription, quiets.c.sent_at.is_not(None)
    )
    sent = union_all(of_notices, of_quiets).subquery()
    at = select(sent.c.sent_at).where(sent.c.mail == mail).scalar_subquery()
    query = select(sent.c.mail).where(sent.c.sent_at <= at).order_by(sent.c.sent_at.desc(), sent.c.mail == mail)
    return list(connection.execute(query.limit(_MOST_LOOKED_AT)).scalars())
