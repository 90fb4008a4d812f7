"""What comes back of mails, from whatever transport: who is to hear nothing more, and who does not get it for now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clausewatch.model import Subscription

_log = logging.getLogger(__name__)

MOST_SOFT_BOUNCES = 5  # mails in a row that did not arrive; then the address is given up


class Verdict(StrEnum):
    """What a return says of the address."""

    STOP = "stop"  # it takes no mail, or wants none
    SOFT = "soft"  # this mail did not arrive; a later one may
    ARRIVED = "arrived"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Return:
    """One thing that came back."""

    id: str  # the same when it comes again
    verdict: Verdict
    reason: str
    mail: str | None = None  # the key of the mail that it is about
    subscription: str | None = None  # where a signed link of ours names it
    email: str | None = None  # only where who says so can be trusted


@dataclass(slots=True)
class Taken:
    """What came of returns; each is counted once."""

    stopped: int = 0  # addresses that are not written to any more
    soft: int = 0
    arrived: int = 0
    known: int = 0  # came before, changed nothing
    unknown: int = 0  # about no mail or address of ours

    def __iadd__(self, other: Taken) -> Self:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def take_in(connection: Connection, returns: Iterable[Return], *, secret: bytes, now: datetime) -> Taken:
    """Let each return have its effect, once, in the caller's transaction; ``returns`` in the order of time."""
    from archive.events import drop_event, forget_events, take_event
    from archive.suppressions import suppress_all

    taken, stopped = Taken(), dict[str, str]()
    given = list(returns)
    fresh = [each for each in given if take_event(connection, _event(each), now=now)]
    taken.known = len(given) - len(fresh)
    for each, concerned in _with_concerned(connection, fresh):
        if each.verdict is Verdict.NOTHING:
            continue
        if not concerned and not each.email:
            taken.unknown += 1
            drop_event(connection, _event(each))  # it may be known another time, or believed
            continue
        stopped |= _take(connection, each, concerned, taken=taken, now=now)
    for ended in suppress_all(connection, stopped, secret=secret, now=now):
        _log.info("subscription %s: ended, its address takes no mail", ended)
    taken.stopped = len(stopped)
    forget_events(connection, now=now)
    return taken


def _event(each: Return) -> str:
    return f"return:{each.id}"


def _with_concerned(connection: Connection, returns: Sequence[Return]) -> list[tuple[Return, list[Subscription]]]:
    """Each with the subscription whose mail it was; where that is not known, with those of its address."""
    from archive.suppressions import subscriptions_of

    found = [_by_mail(connection, each) for each in returns]
    unknown = {each.email for each, one in zip(returns, found, strict=True) if each.email and not one}
    by_address = subscriptions_of(connection, unknown)
    return [
        (each, [one] if one else by_address.get((each.email or "").strip().lower(), []))
        for each, one in zip(returns, found, strict=True)
    ]


def _by_mail(connection: Connection, each: Return) -> Subscription | None:
    from archive.events import subscription_of_mail
    from archive.subscriptions import find_subscription

    found = find_subscription(connection, each.subscription) if each.subscription else None
    return found or (subscription_of_mail(connection, each.mail) if each.mail else None)


def _take(
    connection: Connection, each: Return, concerned: Sequence[Subscription], *, taken: Taken, now: datetime
) -> dict[str, str]:
    """Note what came of the mail; the addresses that are not to be written to any more, with the reasons."""
    from archive.events import note_arrival, note_bounce

    if each.verdict is Verdict.STOP:
        emails = {each.email} if each.email else {found.email for found in concerned}
        return dict.fromkeys(emails, each.reason)
    stopped = {}
    for found in concerned if each.mail else ():
        if each.verdict is Verdict.ARRIVED:
            note_arrival(connection, found.id, each.mail or "", now=now)
        elif not _is_to(connection, each.mail or "", found):
            continue  # who holds a link of one subscription might name the mails of another
        elif (count := note_bounce(connection, found.id, each.mail or "", now=now)) >= MOST_SOFT_BOUNCES:
            stopped[found.email] = f"{count} mails in a row did not arrive: {each.reason}"
    taken.arrived += each.verdict is Verdict.ARRIVED
    taken.soft += each.verdict is Verdict.SOFT
    return stopped


def _is_to(connection: Connection, mail: str, subscription: Subscription) -> bool:
    from archive.events import subscription_of_mail

    told = subscription_of_mail(connection, mail)
    return told is not None and told.id == subscription.id
