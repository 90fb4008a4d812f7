"""Notices: the outbox. Queued with the comparison, claimed by a conditional update, sent once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from archive.tables import notices
from clausewatch.model import Comparison, Notice, NoticeState, Subscription, content_id


def queue_notices(connection: Connection, comparison: Comparison, owed: Iterable[tuple[Subscription, datetime]]) -> int:
    """Queue a notice of the comparison for each subscription, due at the given instant; how many are new.

    A subscription that was told of the version after is passed over.
    """
    version = comparison.after.id
    known = set(connection.execute(select(notices.c.subscription).where(notices.c.version == version)).scalars())
    rows = [
        {
            "id": content_id("notice", subscription.id, version), "subscription": subscription.id,
            "comparison": comparison.id, "version": version, "state": NoticeState.DUE.value, "due_at": due_at,
            "attempts": 0,
        }
        for subscription, due_at in owed
        if subscription.id not in known
    ]  # fmt: skip
    if rows:
        connection.execute(insert(notices), rows)
    return len(rows)


def due_notices(connection: Connection, now: datetime) -> list[Notice]:
    """Notices to be sent: due, or claimed by a sender whose lease has ended. By subscription, then by time."""
    query = select(notices).where(_is_free(now)).order_by(notices.c.subscription, notices.c.due_at, notices.c.id)
    return [_notice(row) for row in connection.execute(query)]


def claim_notices(
    connection: Connection, ids: Sequence[str], *, sender: str, now: datetime, lease_seconds: int
) -> list[str]:
    """Claim notices for ``sender``; give those that it got. Two senders never get the same one."""
    got = []
    for notice in ids:
        claimed = connection.execute(
            update(notices)
            .where(notices.c.id == notice, _is_free(now))
            .values(
                state=NoticeState.CLAIMED.value, claimed_by=sender, attempts=notices.c.attempts + 1,
                claimed_until=now + timedelta(seconds=lease_seconds),
            )
        )  # fmt: skip
        if claimed.rowcount == 1:
            got.append(notice)
    return got


def _is_free(now: datetime) -> Any:
    return or_(
        and_(notices.c.state == NoticeState.DUE.value, notices.c.due_at <= now),
        and_(notices.c.state == NoticeState.CLAIMED.value, notices.c.claimed_until <= now),
    )


def mark_sent(
    connection: Connection, ids: Sequence[str], *, sender: str, now: datetime, message_id: str | None
) -> None:
    """The notices that ``sender`` holds went out in one mail."""
    connection.execute(
        update(notices)
        .where(notices.c.id.in_(ids), notices.c.claimed_by == sender, notices.c.state == NoticeState.CLAIMED.value)
        .values(state=NoticeState.SENT.value, sent_at=now, message_id=message_id, error=None, claimed_until=None)
    )


def mark_failed(
    connection: Connection,
    ids: Sequence[str],
    *,
    sender: str,
    error: str,
    retry_at: datetime | None,
    is_counted: bool = True,
) -> None:
    """The mail was not taken: due again at ``retry_at``, or given up with None. An attempt that the mail is not to
    blame for, such as an unreachable server, is not counted against it."""
    state = NoticeState.DUE if retry_at else NoticeState.FAILED
    values: dict[str, Any] = {"state": state.value, "error": error, "claimed_by": None, "claimed_until": None}
    if retry_at:
        values["due_at"] = retry_at
    if not is_counted:
        values["attempts"] = notices.c.attempts - 1
    connection.execute(
        update(notices)
        .where(notices.c.id.in_(ids), notices.c.claimed_by == sender, notices.c.state == NoticeState.CLAIMED.value)
        .values(**values)
    )


def drop_notices(connection: Connection, ids: Sequence[str]) -> None:
    """The subscription ended before they were sent."""
    connection.execute(update(notices).where(notices.c.id.in_(ids)).values(state=NoticeState.DROPPED.value))


def list_notices(connection: Connection, *, state: NoticeState | None = None) -> list[Notice]:
    """Notices by the time they are due."""
    query = select(notices).order_by(notices.c.due_at, notices.c.id)
    if state:
        query = query.where(notices.c.state == state.value)
    return [_notice(row) for row in connection.execute(query)]


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id, subscription=row.subscription, comparison=row.comparison, state=NoticeState(row.state),
        due_at=row.due_at, attempts=row.attempts, error=row.error,
    )  # fmt: skip
