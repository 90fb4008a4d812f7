"""Addresses that nothing is sent to, by a keyed hash: who reads the list learns of nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select

from archive.subscriptions import end_subscription, subscription_of
from archive.tables import subscriptions, suppressions
from clausewatch.model import Subscription, SubscriptionState

_LONGEST_REASON, _ENOUGH = 200, 2000
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
_HASHES_AT_ONCE = 500  # in one query: SQLite before 3.32 took 999


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address is not written to, and since when."""

    reason: str
    since_at: datetime


def address_hash(secret: bytes, email: str) -> str:
    """What the list knows the address by, in whatever case it is written. ``secret`` is what signs links."""
    return hmac.new(secret, b"suppression\0" + email.strip().lower().encode(), hashlib.sha256).hexdigest()


def suppress(connection: Connection, email: str, *, secret: bytes, reason: str, now: datetime) -> list[str]:
    """Send nothing to the address any more: list it, and end its subscriptions; gives the ids of those ended here.

    One that is listed already keeps its first reason.
    """
    return suppress_all(connection, {email: reason}, secret=secret, now=now)


def suppress_all(connection: Connection, reasons: Mapping[str, str], *, secret: bytes, now: datetime) -> list[str]:
    """The same for many addresses with their reasons, in few statements."""
    listed = suppressed_among(connection, reasons, secret=secret)
    rows = {
        address_hash(secret, email): {"reason": _line(reason), "since_at": now}
        for email, reason in reasons.items()
        if email not in listed
    }
    if rows:
        connection.execute(insert(suppressions), [{"address": address, **row} for address, row in rows.items()])
    ids = [each.id for found in subscriptions_of(connection, reasons).values() for each in found]
    return [each for each in ids if end_subscription(connection, each, now=now)]


def unsuppress(connection: Connection, email: str, *, secret: bytes) -> bool:
    """Take the address off the list; whether it stood there. Its subscriptions stay ended."""
    done = connection.execute(delete(suppressions).where(suppressions.c.address == address_hash(secret, email)))
    return done.rowcount == 1


def suppression_of(connection: Connection, email: str, *, secret: bytes) -> Suppression | None:
    """Why nothing is sent to the address, or None if it may be written to."""
    query = select(suppressions).where(suppressions.c.address == address_hash(secret, email))
    row = connection.execute(query).one_or_none()
    return None if row is None else _suppression(row)


def suppressed_among(connection: Connection, emails: Iterable[str], *, secret: bytes) -> set[str]:
    """Those of the addresses that nothing is sent to."""
    by_hash = {email: address_hash(secret, email) for email in emails}
    hashes, found = sorted(set(by_hash.values())), set[str]()
    for at in range(0, len(hashes), _HASHES_AT_ONCE):
        some = select(suppressions.c.address).where(suppressions.c.address.in_(hashes[at : at + _HASHES_AT_ONCE]))
        found |= set(connection.execute(some).scalars())
    return {email for email, address in by_hash.items() if address in found}


def list_suppressions(connection: Connection) -> list[tuple[str, Suppression]]:
    """The hashes with their reasons, oldest first."""
    query = select(suppressions).order_by(suppressions.c.since_at, suppressions.c.address)
    return [(row.address, _suppression(row)) for row in connection.execute(query)]


def subscriptions_of(connection: Connection, emails: Iterable[str]) -> dict[str, list[Subscription]]:
    """The subscriptions of each address, by the address in lower case, that have not ended."""
    wanted, found = sorted({email.strip().lower() for email in emails}), defaultdict[str, list[Subscription]](list)
    is_open = subscriptions.c.state != SubscriptionState.ENDED.value
    for at in range(0, len(wanted), _HASHES_AT_ONCE):
        is_wanted = func.lower(subscriptions.c.email).in_(wanted[at : at + _HASHES_AT_ONCE])
        for row in connection.execute(select(subscriptions).where(is_wanted, is_open).order_by(subscriptions.c.id)):
            found[row.email.lower()].append(subscription_of(row))
    return dict(found)


def _suppression(row: Row[tuple[str, str, datetime]]) -> Suppression:
    return Suppression(reason=row.reason, since_at=row.since_at)


def _line(reason: str) -> str:
    """The reason on one line, without addresses: servers repeat them, and the list is to name nobody."""
    return " ".join(_ADDRESS.sub("…", reason[:_ENOUGH]).split())[:_LONGEST_REASON]
