"""Addresses that nothing is sent to, by a keyed hash: who reads the list learns of nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select

from archive.subscriptions import end_subscription
from archive.tables import subscriptions, suppressions
from clausewatch.model import SubscriptionState

_LONGEST_REASON = 200
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
    if suppression_of(connection, email, secret=secret) is None:
        row = {"address": address_hash(secret, email), "reason": _line(reason), "since_at": now}
        connection.execute(insert(suppressions), row)
    return [each for each in _ids_of(connection, email) if end_subscription(connection, each, now=now)]


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
    by_hash = {address_hash(secret, email): email for email in emails}
    hashes, found = list(by_hash), set()
    for at in range(0, len(hashes), _HASHES_AT_ONCE):
        some = select(suppressions.c.address).where(suppressions.c.address.in_(hashes[at : at + _HASHES_AT_ONCE]))
        found |= {by_hash[address] for address in connection.execute(some).scalars()}
    return found


def list_suppressions(connection: Connection) -> list[tuple[str, Suppression]]:
    """The hashes with their reasons, oldest first."""
    query = select(suppressions).order_by(suppressions.c.since_at, suppressions.c.address)
    return [(row.address, _suppression(row)) for row in connection.execute(query)]


def _ids_of(connection: Connection, email: str) -> list[str]:
    query = select(subscriptions.c.id).where(
        func.lower(subscriptions.c.email) == email.strip().lower(),
        subscriptions.c.state != SubscriptionState.ENDED.value,
    )
    return list(connection.execute(query.order_by(subscriptions.c.id)).scalars())


def _suppression(row: Row[tuple[str, str, datetime]]) -> Suppression:
    return Suppression(reason=row.reason, since_at=row.since_at)


def _line(reason: str) -> str:
    return " ".join(reason.split())[:_LONGEST_REASON]
