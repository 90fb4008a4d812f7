"""A delivery under way: bundles of notices claimed, made into mails or calls, handed over and marked.

The only place where a failure of one mail ends: it is put off or given up, and the others go on.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING

from clausewatch.counts import counted
from clausewatch.errors import ArchiveError, Damaged, DeliveryError, SettingsError
from clausewatch.model import Subscription, SubscriptionState
from notifier.bundles import Bundle
from notifier.compose import compose_notice, mail_key
from notifier.entries import Entry
from notifier.mailer import AddressRefused, BatchMailer, Mailer, Outcome, ReceiverGone, TransportDown, send_all
from notifier.retries import Unmakeable, reason_of, retry_at
from notifier.rhythm import day_around, next_digest
from notifier.tokens import links_for
from notifier.watched import Watches

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from archive import Archive
    from clausewatch.settings import Settings

_log = logging.getLogger(__name__)

LEASE_SECONDS = 600  # far longer than any transport takes for one mail
SUPPRESSED = "nothing is sent to this address"
_LONGEST_DAY = timedelta(hours=26)  # of any place, when clocks are put back
_LATE_SECONDS = LEASE_SECONDS / 2  # into a lease: what was not come to is claimed anew


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail that a transport took."""

    key: str
    email: str
    subscription: str  # its id
    subject: str
    message_id: str | None
    notices: tuple[str, ...]


@dataclass(slots=True)
class DeliveryReport:
    """What came of one delivery. All but ``mails``, ``quiet`` and ``repeated`` count notices."""

    mails: int = 0
    sent: int = 0
    quiet: int = 0  # digests with nothing in them
    put_off: int = 0  # tried again later
    folded: int = 0  # into the next digest: the address had its share of mails today
    given_up: int = 0
    dropped: int = 0  # their subscription ended, or nothing is to be sent to its address
    repeated: int = 0  # mails that a run which was cut short may have sent already
    problems: list[str] = field(default_factory=list)
    stopped: str | None = None  # why the transport took no more; what was left is due still
    held_back: str | None = None  # why nothing was sent: too many would be mailed, and the operator is asked


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this run holds."""

    bundle: Bundle
    subscription: Subscription
    entries: tuple[Entry, ...]
    mail: str  # its id: the same notices make the same
    tried_at: datetime  # first

    @property
    def ids(self) -> list[str]:
        return [entry.notice for entry in self.entries]


_Answer = tuple[Claimed, Outcome, str]  # with the mail's subject


class Sender:
    """One delivery under way, among others that may run at once."""

    def __init__(
        self,
        archive: Archive,
        mailer: Mailer,
        *,
        settings: Settings,
        secret: bytes,
        name: str,
        now: datetime,
        elapsed: Callable[[], float],
    ) -> None:
        self.archive = archive
        self.mailer = mailer
        self.settings = settings
        self.secret = secret
        self.name = name
        self.now = now
        self.elapsed = elapsed
        self.report = DeliveryReport()
        self.watches = Watches(archive, now=now)
        self._known: dict[str, Entry] = {}  # a comparison is read once, however many are told of it

    @property
    def moment(self) -> datetime:
        return self.now + timedelta(seconds=self.elapsed())

    def send(
        self, bundles: Sequence[Bundle], *, on_sent: Callable[[Delivered], None] | None, stop: threading.Event
    ) -> list[Bundle]:
        """Claim, compose, send, mark. Gives those that it did not come to before their lease was half over; with
        ``stop`` set, or a transport that is down, what is left is due as it was."""
        begun = self.elapsed()
        ready = self._with_entries(bundles)
        with self.archive.write() as connection:
            held = self._claim(connection, ready)
        left, is_late = {each.mail: each for each in held}, False
        for answers in self._answers(held):
            for each, outcome, subject in answers:
                del left[each.mail]
                self._mark(each, outcome, subject, on_sent=on_sent)
            is_late = self.elapsed() - begun > _LATE_SECONDS
            if is_late or stop.is_set() or self.report.stopped:
                break
        if not left:
            return []
        self._release(left.values())
        return [each.bundle for each in left.values()] if is_late else []

    # --- claiming ---------------------------------------------------------------------------------------------

    def _with_entries(self, bundles: Sequence[Bundle]) -> list[tuple[Bundle, dict[str, Entry]]]:
        ready = []
        with self.archive.read() as connection:
            for bundle in bundles:
                try:
                    entries = {each.id: self._entry(connection, each.id, each.comparison) for each in bundle.notices}
                except Damaged as error:  # nothing was claimed: what is due stays due, and the others go on
                    self.report.problems.append(f"{counted(len(bundle.notices), 'notice')} left waiting: {error}")
                    self.report.put_off += len(bundle.notices)
                    continue
                ready.append((bundle, entries))
        return ready

    def _entry(self, connection: Connection, notice: str, comparison_id: str) -> Entry:
        from archive.comparisons import get_comparison
        from archive.documents import get_document

        known = self._known.get(comparison_id)
        if known is None:
            comparison = get_comparison(connection, comparison_id, has_sections=False)  # they stand in no mail
            document = get_document(connection, f"{comparison.vendor}/{comparison.document}")
            known = self._known[comparison_id] = Entry(notice, comparison, document)
        return Entry(notice, known.comparison, known.document)

    def _claim(self, connection: Connection, ready: Sequence[tuple[Bundle, dict[str, Entry]]]) -> list[Claimed]:
        from archive.notices import claim, drop_notices, put_in_mails
        from archive.subscriptions import subscriptions_by_id
        from archive.suppressions import suppressed_among

        known = subscriptions_by_id(connection, {bundle.subscription for bundle, _ in ready})
        ready = [each for each in ready if each[0].subscription in known]  # the others were erased meanwhile
        refused = suppressed_among(connection, {each.email for each in known.values()}, secret=self.secret)
        wanted = self._unfolded(connection, ready, known)
        ids = [id for bundle, _ in wanted for id in bundle.ids]
        got = claim(connection, ids, sender=self.name, now=self.moment, lease_seconds=LEASE_SECONDS)
        held: list[Claimed] = []
        for bundle, entries in wanted:
            subscription, mine = known[bundle.subscription], [id for id in bundle.ids if id in got]
            if not mine:  # another run has it
                continue
            if subscription.state is not SubscriptionState.CONFIRMED or subscription.email in refused:
                drop_notices(connection, mine, error=SUPPRESSED if subscription.email in refused else None)
                self.report.dropped += len(mine)
                continue
            self.report.repeated += bundle.was_cut_short
            tried_at = min(got[id] for id in mine)
            mail = bundle.mail or mail_key(mine)
            held.append(Claimed(bundle, subscription, tuple(entries[id] for id in mine), mail, tried_at))
        put_in_mails(connection, {each.mail: each.ids for each in held if not each.bundle.mail})
        return held

    def _unfolded(
        self,
        connection: Connection,
        ready: Sequence[tuple[Bundle, dict[str, Entry]]],
        known: Mapping[str, Subscription],
    ) -> list[tuple[Bundle, dict[str, Entry]]]:
        """What may be sent today. The rest of what an address gets at once waits for its digest of tomorrow."""
        from archive.notices import mails_of, put_off_notices

        capped = {known[bundle.subscription].email.lower() for bundle, _ in ready if self._is_capped(bundle, known)}
        sent = mails_of(connection, capped, since=self.moment - _LONGEST_DAY) if capped else {}
        left = []
        for bundle, entries in ready:
            subscription = known[bundle.subscription]
            if not self._is_capped(bundle, known):
                left.append((bundle, entries))
                continue
            begin, _ = day_around(self.moment, zone=subscription.zone)
            today = sent.setdefault(subscription.email.lower(), [])
            if sum(at is None or at >= begin for at in today) < self.settings.mails_a_day:
                today.append(None)
                left.append((bundle, entries))
                continue
            until = next_digest(self.moment, zone=subscription.zone, hour=subscription.hour)
            put_off_notices(connection, bundle.ids, until=until)
            self.report.folded += len(bundle.ids)
        return left

    def _is_capped(self, bundle: Bundle, known: Mapping[str, Subscription]) -> bool:
        """Whether it counts how much mail there was today: not for digests, calls, and what was tried already."""
        subscription = known[bundle.subscription]
        return bundle.mail is None and subscription.every == "instant" and subscription.webhook is None

    def _release(self, held: Iterable[Claimed]) -> None:
        from archive.notices import release_notices

        with self.archive.write() as connection:
            for each in held:
                release_notices(connection, each.ids, sender=self.name)

    # --- sending ----------------------------------------------------------------------------------------------

    def _answers(self, held: Sequence[Claimed]) -> Iterator[list[_Answer]]:
        """What came of them, as it comes: of a call, of a mail, of those that went in one request. What is not asked
        for is not sent."""
        mails = []
        for each in held:
            if each.subscription.webhook:
                yield [(each, self._call(each), "")]
            elif isinstance(self.mailer, BatchMailer):
                mails.append(each)
            else:
                yield from self._handed_over([each])
        if mails:
            yield from self._handed_over(mails)

    def _handed_over(self, held: Sequence[Claimed]) -> Iterator[list[_Answer]]:
        made: dict[str, tuple[Claimed, EmailMessage]] = {}
        for each in held:
            message = self._composed_or_why(each)
            if isinstance(message, DeliveryError):
                yield [(each, Outcome(each.mail, None, message), "")]
            else:
                made[each.mail] = each, message
        try:
            for outcomes in send_all(self.mailer, [(message, key) for key, (_, message) in made.items()]):
                taken = [(*made.pop(outcome.key), outcome) for outcome in outcomes]
                yield [(each, outcome, str(message["Subject"])) for each, message, outcome in taken]
        except (ArchiveError, SettingsError):
            raise
        except Exception as error:  # a transport with a bug: the mail is not to blame, and the next ones may go
            reason = Unmakeable(f"{type(error).__name__}: {error}", retryable=True)
            yield [(each, Outcome(key, None, reason), "") for key, (each, _) in made.items()]

    def _composed_or_why(self, held: Claimed) -> EmailMessage | DeliveryError:
        try:
            return self._composed(held)
        except (ArchiveError, SettingsError):
            raise
        except Exception as error:
            # by the plain logger: one that shows variables would show signed links, and what signs them
            _log.exception("subscription %s: a mail could not be made", held.subscription.id)
            return Unmakeable(f"{held.subscription.id}: {type(error).__name__}: {error}", retryable=True)

    def _composed(self, held: Claimed) -> EmailMessage:
        subscription = held.subscription
        links = links_for(self.secret, subscription.id, public_url=self.settings.public_url, now=held.tried_at)
        watched = None
        if subscription.every != "instant":
            watched = self.watches.of(subscription, until=held.tried_at)
        return compose_notice(
            subscription, held.entries, links=links, sender=self.settings.sender, now=held.tried_at, watched=watched
        )

    def _call(self, held: Claimed) -> Outcome:
        from notifier.webhook import Call, post, signing_secret, webhook_body

        subscription = held.subscription
        notices = [(entry.notice, entry.comparison, entry.document) for entry in held.entries]
        call = Call(
            address=subscription.webhook or "", key=held.mail, secret=signing_secret(self.secret, subscription.id),
            body=webhook_body(held.mail, subscription.id, notices, public_url=self.settings.public_url),
        )  # fmt: skip
        try:
            post(call, at=self.moment, allow_hosts=self.settings.allow_hosts)
        except DeliveryError as error:
            return Outcome(held.mail, None, error)
        return Outcome(held.mail, None)

    # --- marking ----------------------------------------------------------------------------------------------

    def _mark(
        self, held: Claimed, outcome: Outcome, subject: str, *, on_sent: Callable[[Delivered], None] | None
    ) -> None:
        if outcome.error:
            self._failed(held, outcome.error)
            return
        self._sent(held, outcome.message_id)
        if on_sent:
            to = held.subscription
            on_sent(Delivered(held.mail, to.email, to.id, subject, outcome.message_id, tuple(held.ids)))

    def _sent(self, held: Claimed, message_id: str | None) -> None:
        from archive.notices import mark_sent

        with self.archive.write() as connection:
            mark_sent(connection, held.ids, sender=self.name, now=self.moment, message_id=message_id)
        self.report.mails += 1
        self.report.sent += len(held.ids)
        _log.info("subscription %s: mail %s sent", held.subscription.id, held.mail)

    def _failed(self, held: Claimed, error: DeliveryError) -> None:
        from archive.tables import notices

        again_at = self.note_failure(
            held.ids, held.subscription, error, mail=held.mail, attempts=held.bundle.attempts + 1,
            tried_at=held.tried_at, table=notices,
        )  # fmt: skip
        self.report.put_off += len(held.ids) * (again_at is not None)
        self.report.given_up += len(held.ids) * (again_at is None)

    def note_failure(
        self,
        ids: Sequence[str],
        subscription: Subscription,
        error: DeliveryError,
        *,
        mail: str,
        attempts: int,
        tried_at: datetime,
        table: Table,
    ) -> datetime | None:
        """Note that the mail with these was not taken, and what follows for its subscription; when it is tried again,
        None where it is given up."""
        from archive.notices import mark_failed
        from archive.subscriptions import end_subscription
        from archive.suppressions import suppress

        is_down = isinstance(error, TransportDown)
        again_at = retry_at(error, mail=mail, attempts=attempts, tried_at=tried_at, now=self.moment)
        reason = reason_of(error, attempts=attempts, is_given_up=again_at is None)
        with self.archive.write() as connection:
            mark_failed(
                connection, ids, sender=self.name, error=reason, retry_at=again_at, is_counted=not is_down, table=table
            )
            if isinstance(error, AddressRefused):
                suppress(connection, subscription.email, secret=self.secret, reason=error.reason, now=self.moment)
            if isinstance(error, ReceiverGone):
                end_subscription(connection, subscription.id, now=self.moment)
                _log.warning("subscription %s: its webhook is gone, and it has ended", subscription.id)
        self.report.problems.append(without_address(reason, subscription))
        if is_down:
            self.report.stopped = str(error)
        return again_at


def without_address(reason: str, subscription: Subscription) -> str:
    """The reason as logs may keep it: the subscription's id for its address, which servers repeat."""
    return re.sub(re.escape(subscription.email), lambda _: f"subscription {subscription.id}", reason, flags=re.I)
