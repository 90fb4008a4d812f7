"""The circuit breaker: a delivery that would mail too many at once waits until the operator says that it is meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clausewatch.errors import DeliveryError, SettingsError, UsageError
from notifier.address import checked_email
from notifier.alarm import Flood, FloodedDocument
from notifier.bundles import Bundle
from notifier.compose import compose_question
from notifier.mailer import Mailer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive import Archive
    from archive.floods import HeldBack
    from clausewatch.settings import Settings

REMEMBERED = timedelta(days=92)
"""For so long digests may be as many as the operator allowed once: they come every week, and are no surprise."""
GROWTH = 1.25  # that such digests may have grown by since
_MOST_NAMED = 10  # documents that the question names


def hold_back(
    archive: Archive,
    mailer: Mailer,
    bundles: Sequence[Bundle],
    *,
    settings: Settings,
    now: datetime,
    is_allowed: bool,
) -> str | None:
    """Why these bundles are not to be sent now; None where they may. The operator is asked once, by mail.

    With ``is_allowed`` what is due by ``now`` may go, whatever it is.
    """
    from archive.floods import allow_flood, open_flood, raise_flood, recede

    with archive.read() as connection:
        count, subscribers = _reach(connection, bundles, now=now)
        is_open = open_flood(connection) is not None
    is_flood = count > max(settings.flood_least, settings.flood_share * subscribers)
    if not is_flood and not is_open:
        return None
    with archive.write() as connection:
        if not is_flood:
            (allow_flood if is_allowed else recede)(connection, now=now)
            return None
        flood = raise_flood(connection, mails=count, subscribers=subscribers, now=now)
        if is_allowed:  # kept, for what this run may not come to
            allow_flood(connection, now=now)
            return None
    _ask(archive, mailer, flood, settings=settings, now=now)
    return (
        f"{count} of {subscribers} subscribers would be mailed at once, so nothing is sent; if that is meant, "
        "run clausewatch deliver --anyway"
    )


def _reach(connection: Connection, bundles: Sequence[Bundle], *, now: datetime) -> tuple[int, int]:
    """How many subscribers these bundles would surprise, and how many there are. What was tried before, what the
    operator has allowed, and digests to as many as there were, surprise nobody."""
    from archive.floods import largest_allowed, last_allowed_at
    from archive.subscriptions import count_subscribers, listeners_of_due

    allowed_at = last_allowed_at(connection)
    usual = largest_allowed(connection, since=now - REMEMBERED) * GROWTH
    fresh = {
        each.subscription
        for each in bundles
        if not each.mail and (allowed_at is None or each.newest_due_at > allowed_at)
    }
    if not fresh:
        return 0, 0
    listeners = [each for id, each in listeners_of_due(connection, now).items() if id in fresh]
    at_once = {email for email, every in listeners if every == "instant"}
    digests = {email for email, every in listeners if every != "instant"}
    return len(at_once | digests if len(digests) > usual else at_once), count_subscribers(connection)


def _ask(archive: Archive, mailer: Mailer, flood: HeldBack, *, settings: Settings, now: datetime) -> None:
    """Ask the operator, unless that was done. Where it does not work the next run tries again.

    Raises SettingsError for an operator that is no address.
    """
    from archive.floods import mark_asked, most_awaited

    if flood.told_at or not settings.operator:
        return
    with archive.read() as connection:
        named, total = most_awaited(connection, now=now, limit=_MOST_NAMED)
    question = Flood(
        subscribers=flood.mails, of=flood.subscribers, share=settings.flood_share,
        documents=tuple(FloodedDocument(*each) for each in named), more_documents=total - len(named),
    )  # fmt: skip
    try:
        email = checked_email(settings.operator)
    except UsageError as error:
        raise SettingsError(f"CLAUSEWATCH_OPERATOR: {error}") from error
    try:
        mailer.send(
            compose_question(email, question, key=flood.id, sender=settings.sender, now=flood.raised_at), key=flood.id
        )
    except DeliveryError:
        return
    with archive.write() as connection:
        mark_asked(connection, flood.id, at=now)
