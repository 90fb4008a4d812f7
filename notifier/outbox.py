"""The outbox: notices queued with their comparison, claimed, sent as mails, marked; each reaches its subscriber once.

A crash between sending and marking: the notices are claimed again when their lease ends, and make the same mail under
the same key. Files take a key once. SMTP and SendGrid cannot tell; there the mail may come twice, under one Message-ID.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from clausewatch.errors import ArchiveError, Damaged, DeliveryError, SettingsError
from clausewatch.model import Comparison, Notice, NoticeState, Subscription, SubscriptionState, content_id
from notifier.audience import audience
from notifier.compose import compose_confirmation, compose_goodbye, compose_notice, mail_key, read_sender
from notifier.letter import Entry
from notifier.mailer import Mailer, TransportDown
from notifier.tokens import CONFIRM_DAYS, Purpose, link_to, links_for, secret_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive import Archive
    from clausewatch.settings import Settings

LEASE_SECONDS = 600  # far longer than any transport takes for one mail
MOST_ATTEMPTS = 10  # with the pauses below, about a day
FIRST_PAUSE_SECONDS = 300
LONGEST_PAUSE_SECONDS = 6 * 3600
_JITTER = 0.2  # of the pause, so that what failed together does not come back together


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail that a transport took."""

    key: str
    email: str
    subject: str
    message_id: str | None
    notices: tuple[str, ...]


@dataclass(slots=True)
class DeliveryReport:
    """What came of one delivery. All but ``mails`` count notices."""

    mails: int = 0
    sent: int = 0
    put_off: int = 0  # tried again later
    given_up: int = 0
    dropped: int = 0  # their subscription ended
    problems: list[str] = field(default_factory=list)
    stopped: str | None = None  # why the transport took no more; what was left is due still


def queue(connection: Connection, comparison: Comparison, *, document_type: str, now: datetime) -> int:
    """Fill the outbox with what is owed for the comparison, in the caller's transaction; how many notices are new."""
    from archive.notices import queue_notices
    from archive.subscriptions import list_subscriptions

    confirmed = list_subscriptions(connection, state=SubscriptionState.CONFIRMED) if comparison.notify else []
    return queue_notices(connection, comparison, audience(comparison, confirmed, document_type=document_type, now=now))


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
) -> DeliveryReport:
    """Send what is due at ``now``, one mail for each subscription; several may run at once.

    ``sender`` names this run among them. ``clock`` gives seconds: in a long run leases begin when they are taken.
    ``stop``, once set, ends it after the mail at hand; the rest stays due.
    Raises SettingsError for a sender or secret that cannot be used, and ArchiveError; both leave the rest due.
    """
    from archive.notices import due_notices

    read_sender(settings.sender)  # before anything is claimed
    started = clock()
    run = _Run(archive, mailer, settings=settings, secret=secret_of(settings), sender=sender, now=now,
               elapsed=lambda: clock() - started)  # fmt: skip
    with archive.read() as connection:
        due = due_notices(connection, now)
    for group in _grouped(due):
        if stop and stop.is_set():
            break
        delivered = run.send(group)
        if delivered and on_sent:
            on_sent(delivered)
        if run.report.stopped:
            break
    return run.report


def pause_seconds(notice: str, attempts: int) -> int:
    """How long to wait after so many attempts: doubled each time up to LONGEST_PAUSE_SECONDS, jittered by the id."""
    exponent = min(max(0, attempts - 1), 20)
    pause = min(FIRST_PAUSE_SECONDS * 2.0**exponent, LONGEST_PAUSE_SECONDS)
    share = int(content_id("jitter", notice, attempts), 16) / 16**16
    return round(pause * (1 - _JITTER * share))


def _grouped(due: Iterable[Notice]) -> list[list[Notice]]:
    """The notices of each mail: those of a subscription, but what was tried together stays together.

    So a mail that may have gone out already is made again as it was, and what came since goes in another.
    """

    def tried_with(notice: Notice) -> tuple[str, bool, int, datetime | None]:
        was_interrupted = notice.state is NoticeState.CLAIMED
        put_off_to = notice.due_at if notice.attempts and not was_interrupted else None
        return notice.subscription, was_interrupted, notice.attempts, put_off_to

    def order(notice: Notice) -> tuple[str, bool, int, str, str]:
        subscription, was_interrupted, attempts, put_off_to = tried_with(notice)
        return subscription, was_interrupted, attempts, put_off_to.isoformat() if put_off_to else "", notice.id

    return [list(group) for _, group in groupby(sorted(due, key=order), key=tried_with)]


class _Run:
    """One delivery under way."""

    def __init__(
        self,
        archive: Archive,
        mailer: Mailer,
        *,
        settings: Settings,
        secret: bytes,
        sender: str,
        now: datetime,
        elapsed: Callable[[], float],
    ) -> None:
        self.archive = archive
        self.mailer = mailer
        self.settings = settings
        self.secret = secret
        self.sender = sender
        self.now = now
        self.elapsed = elapsed
        self.report = DeliveryReport()
        self._known: dict[str, Entry] = {}  # a comparison is read once, however many are told of it

    @property
    def moment(self) -> datetime:
        return self.now + timedelta(seconds=self.elapsed())

    def send(self, group: Sequence[Notice]) -> Delivered | None:
        """Claim, compose, send, mark. What fails is put off or given up, and the run goes on."""
        try:
            subscription, entries = self._claim(group)
        except Damaged as error:  # nothing was claimed: what is due stays due, and the others go on
            self.report.problems.append(f"{len(group)} notices wait: {error}")
            self.report.put_off += len(group)
            return None
        if not entries:
            return None
        ids = [entry.notice for entry in entries]
        try:
            delivered = self._hand_over(subscription, entries)
        except DeliveryError as error:
            self._failed(group, ids, error=error)
            return None
        except (ArchiveError, SettingsError):
            raise
        except Exception as error:
            _log_failure(subscription, ids)
            reason = DeliveryError(f"{subscription.id}: {type(error).__name__}: {error}", retryable=True)
            self._failed(group, ids, error=reason)
            return None
        self._sent(ids, delivered)
        return delivered

    def _claim(self, group: Sequence[Notice]) -> tuple[Subscription, list[Entry]]:
        from archive.notices import claim_notices, drop_notices
        from archive.subscriptions import get_subscription

        with self.archive.write() as connection:
            subscription = get_subscription(connection, group[0].subscription)
            ids = [notice.id for notice in group]
            claimed = set(
                claim_notices(connection, ids, sender=self.sender, now=self.moment, lease_seconds=LEASE_SECONDS)
            )
            if subscription.state is not SubscriptionState.CONFIRMED:
                drop_notices(connection, sorted(claimed))
                self.report.dropped += len(claimed)
                return subscription, []
            return subscription, [self._entry(connection, notice) for notice in group if notice.id in claimed]

    def _entry(self, connection: Connection, notice: Notice) -> Entry:
        from archive.comparisons import get_comparison
        from archive.documents import get_document

        known = self._known.get(notice.comparison)
        if known is None:
            comparison = get_comparison(connection, notice.comparison)
            document = get_document(connection, f"{comparison.vendor}/{comparison.document}")
            known = self._known[notice.comparison] = Entry(notice.id, comparison, document)
        return Entry(notice.id, known.comparison, known.document)

    def _hand_over(self, subscription: Subscription, entries: Sequence[Entry]) -> Delivered:
        links = links_for(self.secret, subscription.id, public_url=self.settings.public_url, now=self.now)
        message = compose_notice(subscription, entries, links=links, sender=self.settings.sender, now=self.now)
        key = mail_key([entry.notice for entry in entries])
        message_id = self.mailer.send(message, key=key)
        return Delivered(
            key=key,
            email=subscription.email,
            subject=str(message["Subject"]),
            message_id=message_id,
            notices=tuple(entry.notice for entry in entries),
        )

    def _sent(self, ids: Sequence[str], delivered: Delivered) -> None:
        from archive.notices import mark_sent

        with self.archive.write() as connection:
            mark_sent(connection, ids, sender=self.sender, now=self.moment, message_id=delivered.message_id)
        self.report.mails += 1
        self.report.sent += len(ids)

    def _failed(self, group: Sequence[Notice], ids: Sequence[str], *, error: DeliveryError) -> None:
        from archive.notices import mark_failed

        attempts = max(notice.attempts for notice in group) + 1
        is_down = isinstance(error, TransportDown)  # not the fault of this mail: it is never given up for it
        retries = is_down or (error.retryable and attempts < MOST_ATTEMPTS)
        wait = max(pause_seconds(min(ids), attempts), error.retry_after_seconds or 0.0)
        retry_at = self.moment + timedelta(seconds=wait) if retries else None
        with self.archive.write() as connection:
            mark_failed(
                connection, ids, sender=self.sender, error=str(error), retry_at=retry_at, is_counted=not is_down
            )
        self.report.problems.append(str(error))
        self.report.put_off += len(ids) * retries
        self.report.given_up += len(ids) * (not retries)
        if is_down:
            self.report.stopped = str(error)


def _log_failure(subscription: Subscription, notices: Sequence[str]) -> None:
    from structlog import get_logger  # slow to import, and seldom needed

    get_logger(__name__).exception("a mail could not be made or sent", subscription=subscription.id, notices=notices)


# --- mails that no notice is owed for -------------------------------------------------------------------------


def request_confirmation(subscription: Subscription, mailer: Mailer, *, settings: Settings, now: datetime) -> bool:
    """Ask a pending subscription's address to confirm; False, and no mail, for one that is not pending.

    Raises DeliveryError where the transport does not take the mail.
    """
    if subscription.state is not SubscriptionState.PENDING:
        return False
    link = link_to(secret_of(settings), Purpose.CONFIRM, subscription=subscription.id,
                   public_url=settings.public_url, now=now)  # fmt: skip
    message = compose_confirmation(
        subscription, link=link, until_at=now + timedelta(days=CONFIRM_DAYS), sender=settings.sender, now=now
    )
    mailer.send(message, key=content_id("confirm", subscription.id, now))
    return True


def say_goodbye(subscription: Subscription, mailer: Mailer, *, settings: Settings, now: datetime) -> None:
    """Tell the address that its subscription ended, and where to subscribe again. Raises DeliveryError."""
    link = f"{settings.public_url}/subscribe"
    message = compose_goodbye(subscription, link=link, sender=settings.sender, now=now)
    mailer.send(message, key=content_id("goodbye", subscription.id, now))
