"""Quiet digests: proof that someone watches, for who asked for it, at the hours when nothing else is to be told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from clausewatch.errors import ArchiveError, DeliveryError, SettingsError
from clausewatch.model import Subscription, SubscriptionState
from notifier.compose import compose_quiet
from notifier.retries import Unmakeable
from notifier.rhythm import digest_before, due_at
from notifier.sending import LEASE_SECONDS, SUPPRESSED, Delivered, Sender
from notifier.tokens import links_for
from notifier.watched import quiet_rhythm

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive import Archive
    from archive.quiets import Quiet


def send_quiets(run: Sender, *, on_sent: Callable[[Delivered], None] | None, stop: threading.Event) -> None:
    """Queue the quiet digests whose hour has come, and send those that nothing was told beside."""
    from archive.quiets import due_quiets

    _plan(run.archive, run.now)
    with run.archive.read() as connection:
        due = due_quiets(connection, run.now)
    for quiet in due:
        if stop.is_set() or run.report.stopped:
            return
        claimed = _claimed(run, quiet)
        if claimed:
            _send(run, *claimed, on_sent=on_sent)


def next_quiet(subscription: Subscription, after: datetime) -> datetime:
    """When the subscription's next quiet digest is due."""
    return due_at(quiet_rhythm(subscription), after, zone=subscription.zone, hour=subscription.hour)


def _plan(archive: Archive, now: datetime) -> None:
    from archive.quiets import plan_next, queue_quiets, unplanned_quiets, waits_for_quiets

    with archive.read() as connection:
        if not waits_for_quiets(connection, now):
            return
    with archive.write() as connection:
        for subscription in unplanned_quiets(connection):
            after = subscription.confirmed_at or subscription.created_at
            first = next_quiet(subscription, after)
            plan_next(connection, subscription.id, at=first if first > now else next_quiet(subscription, now))
    while True:
        with archive.write() as connection:
            if not queue_quiets(connection, now, next_after=next_quiet):
                return


def _claimed(run: Sender, quiet: Quiet) -> tuple[Quiet, Subscription] | None:
    """It, as it was first tried, and the subscription to send it to; None where another run has it, or it is not to be
    sent."""
    from archive.notices import claim, drop_notices
    from archive.subscriptions import find_subscription
    from archive.suppressions import suppression_of
    from archive.tables import quiets

    with run.archive.write() as connection:
        subscription = find_subscription(connection, quiet.subscription)
        got = claim(connection, [quiet.id], sender=run.name, now=run.moment, lease_seconds=LEASE_SECONDS, table=quiets)
        if not got or subscription is None:  # None: erased meanwhile
            return None
        is_refused = suppression_of(connection, subscription.email, secret=run.secret) is not None
        is_wanted = subscription.state is SubscriptionState.CONFIRMED and not is_refused
        if is_wanted and not _has_news(connection, quiet, subscription, run.now):
            return replace(quiet, tried_at=got[quiet.id]), subscription
        drop_notices(connection, [quiet.id], error=SUPPRESSED if is_refused else None, table=quiets)
        return None


def _has_news(connection: Connection, quiet: Quiet, subscription: Subscription, now: datetime) -> bool:
    """Whether something is told with this digest; to who hears at once, since the one before."""
    from archive.quiets import was_told

    since = quiet.digest_at
    if subscription.every == "instant":
        since = digest_before("weekly", since, zone=subscription.zone, hour=subscription.hour)
    return was_told(connection, subscription.id, since=since, now=now)


def _send(
    run: Sender, quiet: Quiet, subscription: Subscription, *, on_sent: Callable[[Delivered], None] | None
) -> None:
    from archive.notices import mark_sent
    from archive.tables import quiets

    try:
        message = _composed(run, quiet, subscription)
        message_id = run.mailer.send(message, key=quiet.id)
    except DeliveryError as error:
        _failed(run, quiet, subscription, error=error)
        return
    except (ArchiveError, SettingsError):
        raise
    except Exception as error:  # one mail that cannot be made must not keep the others
        reason = Unmakeable(f"{subscription.id}: {type(error).__name__}: {error}", retryable=True)
        _failed(run, quiet, subscription, error=reason)
        return
    with run.archive.write() as connection:
        mark_sent(connection, [quiet.id], sender=run.name, now=run.moment, message_id=message_id, table=quiets)
    run.report.quiet += 1
    if on_sent:
        on_sent(Delivered(quiet.id, subscription.email, subscription.id, str(message["Subject"]), message_id, ()))


def _composed(run: Sender, quiet: Quiet, subscription: Subscription) -> EmailMessage:
    from archive.documents import vendor_names

    at = quiet.tried_at or run.now
    links = links_for(run.secret, subscription.id, public_url=run.settings.public_url, now=at)
    watched = run.watches.of(subscription, until=quiet.digest_at)
    with run.archive.read() as connection:
        names = vendor_names(connection, subscription.rule.vendors)
    return compose_quiet(
        subscription, watched, key=quiet.id, links=links, sender=run.settings.sender, now=at, vendor_names=names
    )


def _failed(run: Sender, quiet: Quiet, subscription: Subscription, *, error: DeliveryError) -> None:
    from archive.tables import quiets

    run.note_failure(
        [quiet.id], subscription, error, mail=quiet.id, attempts=quiet.attempts + 1,
        tried_at=quiet.tried_at or run.moment, table=quiets,
    )  # fmt: skip
