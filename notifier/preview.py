"""What a rule would have sent: the mails of a subscription that did not exist, found as those of one that does."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from clausewatch.model import Comparison, Rule, Subscription, SubscriptionState
from notifier.listeners import Listeners
from notifier.rhythm import DIGEST_HOUR, day_in, next_digest

if TYPE_CHECKING:
    from sqlalchemy import Connection

AFTER_THE_FACT = timedelta(days=30)
"""What was decided so long after the change came by an import: it is foreseen as if somebody had watched then."""


@dataclass(frozen=True, slots=True)
class ForeseenMail:
    """A mail that would have been sent."""

    due_at: datetime
    comparisons: tuple[Comparison, ...]


def foresee(
    connection: Connection,
    rule: Rule,
    *,
    since: datetime,
    until: datetime,
    every: str = "instant",
    zone: str = "UTC",
    hour: int = DIGEST_HOUR,
    mails_a_day: int | None = None,
) -> list[ForeseenMail]:
    """The mails of a subscription with that rule, of what changed in that time and subscribers were told of; by time.

    A replay of the same archive sends the same comparisons. With ``mails_a_day`` what is more waits for the next day's
    digest, as it does for an address without another subscription; it may come after ``until``.
    """
    from archive.comparisons import decided_comparisons
    from archive.documents import list_documents

    types = {(each.vendor, each.slug): each.type for each in list_documents(connection)}
    listeners = Listeners([_imagined(rule, every=every, zone=zone, hour=hour, since=since)])
    mails: defaultdict[tuple[datetime, str], list[Comparison]] = defaultdict(list)
    told: set[str | None] = set()
    decided = decided_comparisons(connection, since=since, until=until)
    for comparison, decided_at in sorted(decided, key=lambda each: each[1]):  # stable: then by the version
        if comparison.after.id in told:
            continue
        told.add(comparison.after.id)
        at, together = _moment(comparison, decided_at)
        kind = types[comparison.vendor or "", comparison.document or ""]
        for _, due_at in listeners.owed(comparison, document_type=kind, now=at):
            mails[due_at, together if every == "instant" else ""].append(comparison)
    foreseen = sorted((ForeseenMail(at, tuple(each)) for (at, _), each in mails.items()), key=lambda mail: mail.due_at)
    if every != "instant" or mails_a_day is None:
        return foreseen
    return list(_capped(foreseen, mails_a_day, zone=zone, hour=hour))


def _capped(mails: Iterable[ForeseenMail], most: int, *, zone: str, hour: int) -> Iterator[ForeseenMail]:
    """The mails, by time; of those beyond the most of a day one is made, which comes the next day at that hour and
    counts there."""
    sent: defaultdict[date, int] = defaultdict(int)
    folded: deque[ForeseenMail] = deque()  # by time: at most one a day
    waiting = deque(mails)
    while waiting or folded:
        is_folded = bool(folded) and (not waiting or folded[0].due_at <= waiting[0].due_at)
        mail = folded.popleft() if is_folded else waiting.popleft()
        day = day_in(zone, mail.due_at)
        if sent[day] < most:
            sent[day] += 1
            yield mail
            continue
        at = next_digest(mail.due_at, zone=zone, hour=hour)
        before = folded.pop().comparisons if folded and folded[-1].due_at == at else ()
        folded.append(ForeseenMail(at, before + mail.comparisons))


def _moment(comparison: Comparison, decided_at: datetime) -> tuple[datetime, str]:
    """When it would have been told, and what of that moment is one mail: all, or what one vendor changed on one day."""
    after_at = comparison.after.at
    if after_at is None or decided_at - after_at < AFTER_THE_FACT:
        return decided_at, ""
    return after_at.replace(hour=0, minute=0, second=0, microsecond=0), comparison.vendor or ""


def _imagined(rule: Rule, *, every: str, zone: str, hour: int, since: datetime) -> Subscription:
    return Subscription(
        id="", email="", rule=rule, every=every, state=SubscriptionState.CONFIRMED, created_at=since, zone=zone,
        hour=hour,
    )  # fmt: skip
