"""What comes back of mails, from whatever transport: who is to hear nothing more, and who does not get it for now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clausewatch.model import Subscription

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

    taken = Taken()
    for each in returns:
        event, unknown = f"return:{each.id}", taken.unknown
        if not take_event(connection, event, now=now):
            taken.known += 1
            continue
        _take(connection, each, taken, secret=secret, now=now)
        if taken.unknown > unknown:
            drop_event(connection, event)  # it may be known another time, or believed
    forget_events(connection, now=now)
    return taken


def _take(connection: Connection, each: Return, taken: Taken, *, secret: bytes, now: datetime) -> None:
    from archive.events import note_arrival
    from archive.suppressions import suppress

    if each.verdict is Verdict.NOTHING:
        return
    concerned = _concerned(connection, each)
    addresses = sorted({each.email} if each.email else {found.email for found in concerned})
    if not addresses:
        taken.unknown += 1
    elif each.verdict is Verdict.STOP:
        for address in addresses:
            suppress(connection, address, secret=secret, reason=each.reason, now=now)
        taken.stopped += 1
    elif each.verdict is Verdict.SOFT:
        taken.soft += 1
        taken.stopped += sum(_bounced(connection, found, each, secret=secret, now=now) for found in concerned)
    else:
        taken.arrived += 1
        for found in concerned:
            note_arrival(connection, found.id, each.mail or each.id, now=now)


def _concerned(connection: Connection, each: Return) -> list[Subscription]:
    """The subscription whose mail it was; where that is not known, those of the address."""
    from archive.events import subscription_of_mail, subscriptions_of_address
    from archive.subscriptions import find_subscription

    found = find_subscription(connection, each.subscription) if each.subscription else None
    found = found or (subscription_of_mail(connection, each.mail) if each.mail else None)
    if found:
        return [found]
    return subscriptions_of_address(connection, each.email) if each.email else []


def _bounced(connection: Connection, found: Subscription, each: Return, *, secret: bytes, now: datetime) -> bool:
    """Count the mail, once however often it is put off; whether the address is given up for it."""
    from archive.events import note_bounce
    from archive.suppressions import suppress

    count = note_bounce(connection, found.id, each.mail, now=now) if each.mail else 0
    if count < MOST_SOFT_BOUNCES:
        return False
    suppress(connection, found.email, secret=secret, reason=f"{count} mails in a row did not arrive: {each.reason}",
             now=now)  # fmt: skip
    return True
