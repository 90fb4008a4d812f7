"""Notices: the outbox. Queued with the comparison, claimed by a conditional update, sent once.

What says ``table`` does the same for quiet digests, which are claimed and sent alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, bindparam, func, insert, or_, select, update

from archive.tables import comparisons, documents, notices, subscriptions
from clausewatch.model import Comparison, Notice, NoticeState, content_id

_IDS_AT_ONCE = 500  # in one statement: SQLite before 3.32 took 999


def queue_notices(connection: Connection, comparison: Comparison, owed: Iterable[tuple[str, datetime]]) -> int:
    """Queue a notice of the comparison for each subscription (by id), due at the given instant; how many are new.

    A subscription that was told of the version after is passed over.
    """
    version = comparison.after.id
    known = set(connection.execute(select(notices.c.subscription).where(notices.c.version == version)).scalars())
    rows = [
        {
            "id": content_id("notice", subscription, version), "subscription": subscription,
            "comparison": comparison.id, "version": version, "state": NoticeState.DUE.value, "due_at": due_at,
            "attempts": 0,
        }
        for subscription, due_at in owed
        if subscription not in known
    ]  # fmt: skip
    if rows:
        connection.execute(insert(notices), rows)
    return len(rows)


def due_notices(connection: Connection, now: datetime) -> list[Notice]:
    """Notices to be sent: due, or claimed by a sender whose lease has ended. By subscription, then by time."""
    query = select(notices).where(is_free(now)).order_by(notices.c.subscription, notices.c.due_at, notices.c.id)
    return [_notice(row) for row in connection.execute(query)]


def claim(
    connection: Connection,
    ids: Sequence[str],
    *,
    sender: str,
    now: datetime,
    lease_seconds: int,
    table: Table = notices,
) -> dict[str, datetime]:
    """Claim notices for ``sender``; for each that it got, when it was first claimed. Two senders never get the same."""
    values = {
        "state": NoticeState.CLAIMED.value, "claimed_by": sender, "attempts": table.c.attempts + 1,
        "claimed_until": now + timedelta(seconds=lease_seconds), "tried_at": func.coalesce(table.c.tried_at, now),
    }  # fmt: skip
    got: dict[str, datetime] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        claimed = connection.execute(
            update(table)
            .where(table.c.id.in_(ids[at : at + _IDS_AT_ONCE]), is_free(now, table))
            .values(**values)
            .returning(table.c.id, table.c.tried_at)
        )
        got |= {row.id: row.tried_at for row in claimed}
    return got


def put_in_mails(connection: Connection, mails: Mapping[str, Sequence[str]]) -> None:
    """The notices make up these mails, given by their ids, now and whenever they are tried again."""
    rows = [{"notice": notice, "its_mail": mail} for mail, ids in mails.items() for notice in ids]
    if rows:
        of_row = update(notices).where(notices.c.id == bindparam("notice")).values(mail=bindparam("its_mail"))
        connection.execute(of_row, rows)


def put_off_notices(connection: Connection, ids: Sequence[str], *, until: datetime) -> None:
    """What is due and was never tried waits until then."""
    connection.execute(
        update(notices)
        .where(notices.c.id.in_(ids), notices.c.state == NoticeState.DUE.value, notices.c.mail.is_(None))
        .values(due_at=until)
    )


def is_free(now: datetime, table: Table = notices) -> Any:
    return or_(
        and_(table.c.state == NoticeState.DUE.value, table.c.due_at <= now),
        and_(table.c.state == NoticeState.CLAIMED.value, table.c.claimed_until <= now),
    )


def mark_sent(
    connection: Connection,
    ids: Sequence[str],
    *,
    sender: str,
    now: datetime,
    message_id: str | None,
    table: Table = notices,
) -> None:
    """The notices that ``sender`` holds went out in one mail."""
    connection.execute(
        update(table)
        .where(_is_held(ids, sender, table))
        .values(
            state=NoticeState.SENT.value, sent_at=now, message_id=message_id, error=None, claimed_by=None,
            claimed_until=None,
        )
    )  # fmt: skip


def mark_failed(
    connection: Connection,
    ids: Sequence[str],
    *,
    sender: str,
    error: str,
    retry_at: datetime | None,
    is_counted: bool = True,
    table: Table = notices,
) -> None:
    """The mail was not taken: due again at ``retry_at``, or given up with None. An attempt that the mail is not to
    blame for, such as an unreachable server, is not counted against it."""
    state = NoticeState.DUE if retry_at else NoticeState.FAILED
    values: dict[str, Any] = {"state": state.value, "error": error, "claimed_by": None, "claimed_until": None}
    if retry_at:
        values["due_at"] = retry_at
    if not is_counted:
        values["attempts"] = table.c.attempts - 1
    connection.execute(update(table).where(_is_held(ids, sender, table)).values(**values))


def release_notices(connection: Connection, ids: Sequence[str], *, sender: str, table: Table = notices) -> None:
    """``sender`` did not come to them: they are due as they were."""
    values = {"state": NoticeState.DUE.value, "claimed_by": None, "claimed_until": None}
    connection.execute(
        update(table).where(_is_held(ids, sender, table)).values(**values, attempts=table.c.attempts - 1)
    )


def _is_held(ids: Sequence[str], sender: str, table: Table) -> Any:
    return and_(table.c.id.in_(ids), table.c.claimed_by == sender, table.c.state == NoticeState.CLAIMED.value)


def drop_notices(
    connection: Connection, ids: Sequence[str], *, error: str | None = None, table: Table = notices
) -> None:
    """They are not sent: the subscription ended before, or for the reason that ``error`` gives."""
    connection.execute(
        update(table).where(table.c.id.in_(ids)).values(state=NoticeState.DROPPED.value, error=error, claimed_by=None)
    )


def mails_of(connection: Connection, emails: Collection[str], *, since: datetime) -> dict[str, list[datetime | None]]:
    """For each of the addresses, in lower case, when it was sent its mails with notices since then; None for one under
    way to it. What webhooks take is none."""
    email = func.lower(subscriptions.c.email).label("email")
    query = (
        select(email, notices.c.mail, func.max(notices.c.sent_at).label("sent_at"))
        .join(subscriptions, notices.c.subscription == subscriptions.c.id)
        .where(
            email.in_(emails),
            subscriptions.c.webhook.is_(None),
            or_(notices.c.sent_at >= since, notices.c.state == NoticeState.CLAIMED.value),
        )
        .group_by(email, notices.c.mail)
    )
    found: dict[str, list[datetime | None]] = {}
    for row in connection.execute(query):
        found.setdefault(row.email, []).append(row.sent_at)
    return found


def last_failures(connection: Connection) -> dict[str, str]:
    """For each subscription of which a notice was given up since it was last asked for, why the last one was."""
    query = (
        select(notices.c.subscription, notices.c.error)
        .join(subscriptions, notices.c.subscription == subscriptions.c.id)
        .where(notices.c.state == NoticeState.FAILED.value, notices.c.tried_at >= subscriptions.c.created_at)
    )
    rows = connection.execute(query.order_by(notices.c.tried_at, notices.c.id))
    return {row.subscription: row.error or "" for row in rows}


def unsettled_siblings(connection: Connection, *, since: datetime, until: datetime) -> set[str]:
    """The comparisons with notices that came due in that time, of whose vendor another document is not settled yet."""
    other = documents.alias("other")
    query = (
        select(notices.c.comparison)
        .join(comparisons, notices.c.comparison == comparisons.c.id)
        .join(documents, comparisons.c.document == documents.c.id)
        .join(other, and_(other.c.vendor == documents.c.vendor, other.c.id != documents.c.id))
        .where(
            notices.c.state == NoticeState.DUE.value,
            notices.c.due_at > since,
            notices.c.due_at <= until,
            other.c.is_unsettled.is_(True),
        )
        .distinct()
    )
    return set(connection.execute(query).scalars())


def list_notices(connection: Connection, *, state: NoticeState | None = None) -> list[Notice]:
    """Notices by the time they are due."""
    query = select(notices).order_by(notices.c.due_at, notices.c.id)
    if state:
        query = query.where(notices.c.state == state.value)
    return [_notice(row) for row in connection.execute(query)]


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id, subscription=row.subscription, comparison=row.comparison, state=NoticeState(row.state),
        due_at=row.due_at, attempts=row.attempts, error=row.error, mail=row.mail, tried_at=row.tried_at,
    )  # fmt: skip
