"""The outbox: notices queued with their comparison, claimed, sent as mails, marked; each reaches its subscriber once.

A crash between sending and marking: the notices are claimed again when their lease ends, and make the same mail under
the same key. Files take a key once. SMTP and SendGrid cannot tell; there the mail may come twice, under one Message-ID,
and the report says so.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from clausewatch.model import Comparison, Subscription, SubscriptionState, content_id
from notifier.bundles import Bundle, bundled
from notifier.compose import compose_confirmation, compose_goodbye, read_sender
from notifier.floods import hold_back
from notifier.listeners import Listeners
from notifier.mailer import BatchMailer, Mailer
from notifier.quiet import send_quiets
from notifier.sending import LEASE_SECONDS, Delivered, DeliveryReport, Sender
from notifier.tokens import CONFIRM_DAYS, Purpose, link_to, secret_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive import Archive
    from archive.subscriptions import ConfirmedState
    from clausewatch.settings import Settings

__all__ = [
    "LEASE_SECONDS",
    "Delivered",
    "DeliveryReport",
    "Queue",
    "deliver",
    "queue",
    "request_confirmation",
    "say_goodbye",
]

CLAIMED_AT_ONCE = 20  # mails: what a crash keeps waiting until the lease ends
BATCH_CLAIMED_AT_ONCE = 500  # where the transport takes many in one request
SIBLINGS_WAIT = timedelta(minutes=30)
"""How long an instant notice waits for other documents of its vendor that were fetched and are not settled yet: what
one vendor changed is one mail."""


class Queue:
    """Fills the outbox. Who listens is read once, and from then on who confirmed, left or changed their rule since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # threads share it
        self._listeners = Listeners(())
        self._state: ConfirmedState | None = None  # as of which they are known

    def fill(self, connection: Connection, comparison: Comparison, *, document_type: str, now: datetime) -> int:
        """Queue what is owed for the comparison, in the caller's transaction; how many notices are new.

        The caller knows that subscribers may be told of it, and that nobody confirms or leaves meanwhile; here it is
        found out who wants to be.
        """
        from archive.notices import queue_notices

        with self._lock:
            self._know(connection)
            owed = self._listeners.owed(comparison, document_type=document_type, now=now)
        return queue_notices(connection, comparison, owed)

    def _know(self, connection: Connection) -> None:
        """Bring who listens up to date: by what changed, and by all where that does not add up."""
        from archive.subscriptions import changed_subscriptions, confirmed_state, confirmed_subscriptions

        state = confirmed_state(connection)
        if state == self._state:
            return
        since = _comparable(self._state, state)
        if since:
            for each in changed_subscriptions(connection, since=since):
                self._listeners.put(each)
        if not since or len(self._listeners) != state.confirmed:
            self._listeners = Listeners(confirmed_subscriptions(connection))
        self._state = state


def _comparable(before: ConfirmedState | None, state: ConfirmedState) -> datetime | None:
    """From when on all changes between the two stand where they can be read; None where some may not. Each change is
    dated after all others: only where one is taken out another may come to be dated before what was read."""
    if before is None or before.newest_at is None or before.erasures != state.erasures:
        return None
    return before.newest_at if state.newest_at and state.newest_at >= before.newest_at else None


def queue(connection: Connection, comparison: Comparison, *, document_type: str, now: datetime) -> int:
    """Queue what is owed for one comparison; for many, a Queue is quicker."""
    return Queue().fill(connection, comparison, document_type=document_type, now=now)


def deliver(
    archive: Archive,
    mailer: Mailer,
    *,
    settings: Settings,
    now: datetime,
    sender: str,
    on_sent: Callable[[Delivered], None] | None = None,
    stop: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
    is_flood_allowed: bool = False,
) -> DeliveryReport:
    """Send what is due at ``now``, one mail for each subscription; several may run at once.

    ``sender`` names this run among them. ``clock`` gives seconds: in a long run leases begin when they are taken.
    ``stop``, once set, ends it after the mail at hand; the rest stays due. A run that would mail too many at once
    sends nothing and asks the operator; ``is_flood_allowed`` is the answer yes.
    Raises SettingsError for a sender or secret that cannot be used, and ArchiveError; both leave the rest due.
    """
    read_sender(settings.sender)  # before anything is claimed
    started = clock()
    run = Sender(archive, mailer, settings=settings, secret=secret_of(settings), name=sender, now=now,
                 elapsed=lambda: clock() - started)  # fmt: skip
    bundles = _due_bundles(archive, now)
    held_back = hold_back(archive, mailer, bundles, settings=settings, now=now, is_allowed=is_flood_allowed)
    if held_back:
        run.report.held_back = held_back
        run.report.problems.append(held_back)
        return run.report
    _send_bundles(run, bundles, on_sent=on_sent, stop=stop or threading.Event())
    if not run.report.stopped and not (stop and stop.is_set()):
        send_quiets(run, on_sent=on_sent, stop=stop or threading.Event())
    return run.report


def _due_bundles(archive: Archive, now: datetime) -> list[Bundle]:
    from archive.notices import due_notices, unsettled_siblings
    from archive.subscriptions import listeners_of_due

    fresh = now - SIBLINGS_WAIT
    with archive.read() as connection:
        due = due_notices(connection, now)
        waits = unsettled_siblings(connection, since=fresh, until=now)
        listeners = listeners_of_due(connection, now) if waits else {}
    return bundled(
        notice
        for notice in due
        if notice.mail or notice.comparison not in waits or notice.due_at <= fresh
        or listeners.get(notice.subscription, ("", ""))[1] != "instant"
    )  # fmt: skip


def _send_bundles(
    run: Sender, bundles: Iterable[Bundle], *, on_sent: Callable[[Delivered], None] | None, stop: threading.Event
) -> None:
    waiting = deque(bundles)
    at_once = BATCH_CLAIMED_AT_ONCE if isinstance(run.mailer, BatchMailer) else CLAIMED_AT_ONCE
    while waiting and not stop.is_set() and not run.report.stopped:
        chunk: Sequence[Bundle] = list(islice(waiting, at_once))
        for _ in chunk:
            waiting.popleft()
        waiting.extendleft(reversed(run.send(chunk, on_sent=on_sent, stop=stop)))


# --- mails that no notice is owed for -------------------------------------------------------------------------


def request_confirmation(
    subscription: Subscription,
    mailer: Mailer,
    *,
    settings: Settings,
    now: datetime,
    vendor_names: Mapping[str, str] | None = None,
) -> bool:
    """Ask a pending subscription's address to confirm; False, and no mail, for one that is not pending.

    Raises DeliveryError where the transport does not take the mail.
    """
    if subscription.state is not SubscriptionState.PENDING:
        return False
    link = link_to(secret_of(settings), Purpose.CONFIRM, subscription=subscription.id,
                   public_url=settings.public_url, now=now)  # fmt: skip
    message = compose_confirmation(
        subscription, link=link, until_at=now + timedelta(days=CONFIRM_DAYS), sender=settings.sender, now=now,
        vendor_names=vendor_names,
    )  # fmt: skip
    mailer.send(message, key=content_id("confirm", subscription.id, now))
    return True


def say_goodbye(
    subscription: Subscription,
    mailer: Mailer,
    *,
    settings: Settings,
    now: datetime,
    vendor_names: Mapping[str, str] | None = None,
) -> None:
    """Tell the address that its subscription ended, and where to subscribe again. Raises DeliveryError."""
    link = f"{settings.public_url}/subscribe"
    message = compose_goodbye(subscription, link=link, sender=settings.sender, now=now, vendor_names=vendor_names)
    mailer.send(message, key=content_id("goodbye", subscription.id, now))
