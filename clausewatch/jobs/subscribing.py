"""Asking, confirming, changing, leaving: what happens to a subscription and which mail goes with it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from archive import Archive
from archive.documents import vendor_names
from archive.subscribers import erase_subscriber, forget_unconfirmed, subscriber_data
from archive.subscriptions import (
    add_subscription,
    change_subscription,
    confirm_subscription,
    end_subscription,
    get_subscription,
)
from archive.suppressions import suppression_of
from clausewatch.errors import UsageError
from clausewatch.instants import rfc3339
from clausewatch.jobs.rules import Asked
from clausewatch.model import Subscription, SubscriptionState
from clausewatch.settings import Settings
from notifier.letter import described
from notifier.mailer import open_mailer
from notifier.outbox import request_confirmation, say_goodbye
from notifier.tokens import Purpose, read_confirmation, read_token, secret_of

log = logging.getLogger(__name__)

FORGOTTEN = timedelta(days=30)
"""After so long an address that never confirmed is removed: its link has been dead for weeks."""


def ask(archive: Archive, settings: Settings, email: str, asked: Asked, *, now: datetime) -> Subscription | None:
    """Keep the subscription as pending and mail its confirmation; None, and no mail, for a suppressed address.

    One that is confirmed already stays as it is and gets no mail. Raises DeliveryError where the mail is not taken.
    """
    subscription = _keep(archive, settings, email, asked, now=now, is_confirmed=False)
    if subscription is None:
        return None
    log.info("subscription %s: asked for", subscription.id)
    if subscription.state is SubscriptionState.PENDING:
        with open_mailer(settings) as mailer:
            request_confirmation(
                subscription, mailer, settings=settings, now=now, vendor_names=_names(archive, subscription)
            )
    return subscription


def enlist(archive: Archive, settings: Settings, email: str, asked: Asked, *, now: datetime) -> Subscription | None:
    """Keep the subscription of somebody who asked in person, as confirmed; None for a suppressed address."""
    return _keep(archive, settings, email, asked, now=now, is_confirmed=True)


def _keep(
    archive: Archive, settings: Settings, email: str, asked: Asked, *, now: datetime, is_confirmed: bool
) -> Subscription | None:
    with archive.write() as connection:
        forget_unconfirmed(connection, before=now - FORGOTTEN)
        if suppression_of(connection, email, secret=secret_of(settings)):
            return None
        return add_subscription(
            connection, email, asked.rule, every=asked.every, now=now, zone=asked.zone, hour=asked.hour,
            is_quiet_told=asked.is_quiet_told, webhook=asked.webhook, is_confirmed=is_confirmed,
        )  # fmt: skip


def find_asked(archive: Archive, settings: Settings, token: str, *, now: datetime) -> Subscription:
    """The subscription that the token confirms; it need not be pending any more.

    Raises UsageError for a token that is not ours, has expired, or was sent for an earlier asking.
    """
    secret = secret_of(settings)
    subscription = read_token(secret, token, purpose=Purpose.CONFIRM, now=now)
    with archive.read() as connection:
        found = get_subscription(connection, subscription)
    read_confirmation(secret, token, asked_at=found.created_at, now=now)
    return found


def confirm(archive: Archive, settings: Settings, token: str, *, now: datetime) -> tuple[Subscription, bool]:
    """The subscription, and whether this call confirmed it. Raises UsageError, also where it was ended since."""
    subscription = find_asked(archive, settings, token, now=now)
    with archive.write() as connection:
        is_news = confirm_subscription(connection, subscription.id, now=now)
        found = get_subscription(connection, subscription.id)
    if found.state is SubscriptionState.ENDED:
        raise UsageError("this subscription was ended; subscribe again if you want it back")
    if is_news:
        log.info("subscription %s: confirmed", subscription.id)
    return found, is_news


def change(archive: Archive, subscription: Subscription, asked: Asked, *, now: datetime) -> Subscription:
    """Let the subscription ask for something else from now on. Raises UsageError for one that was ended."""
    if subscription.state is SubscriptionState.ENDED:
        raise UsageError("this subscription was ended; subscribe again if you want it back")
    with archive.write() as connection:
        return change_subscription(
            connection, subscription.id, now=now, rule=asked.rule, every=asked.every, zone=asked.zone,
            hour=asked.hour, is_quiet_told=asked.is_quiet_told, webhook=asked.webhook,
        )  # fmt: skip


def leave(archive: Archive, subscription: Subscription, *, now: datetime) -> bool:
    """End the subscription; whether this call did it, so that a goodbye is owed."""
    with archive.write() as connection:
        is_news = end_subscription(connection, subscription.id, now=now)
    if is_news:
        log.info("subscription %s: ended", subscription.id)
    return is_news and subscription.state is SubscriptionState.CONFIRMED


def wave(archive: Archive, settings: Settings, subscription: Subscription, *, now: datetime) -> None:
    """Mail the goodbye. Raises DeliveryError."""
    with open_mailer(settings) as mailer:
        say_goodbye(subscription, mailer, settings=settings, now=now, vendor_names=_names(archive, subscription))


def in_words(archive: Archive, subscription: Subscription) -> list[str]:
    """What the subscription asks for, a line for each constraint, with the names of vendors."""
    return described(subscription, _names(archive, subscription))


def _names(archive: Archive, subscription: Subscription) -> dict[str, str]:
    with archive.read() as connection:
        return vendor_names(connection, subscription.rule.vendors)


def export(archive: Archive, settings: Settings, email: str) -> dict[str, Any]:
    """All that is kept about the address, as JSON."""
    with archive.read() as connection:
        data = subscriber_data(connection, email, secret=secret_of(settings))
    exported: dict[str, Any] = _plain(data)
    return exported


def erase(archive: Archive, settings: Settings, email: str, *, now: datetime) -> int:
    """Remove all that is kept about the address but a keyed hash; how many subscriptions it had."""
    with archive.write() as connection:
        return erase_subscriber(connection, email, secret=secret_of(settings), now=now)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return rfc3339(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value
