"""Subscriptions: addresses that asked, confirmed, and for what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from archive.changes import count_erasures
from archive.tables import notices, subscriptions
from clausewatch.errors import NotFound
from clausewatch.model import (
    Direction,
    Effect,
    Kind,
    NoticeState,
    Rule,
    Severity,
    Subscription,
    SubscriptionState,
    content_id,
)

_AT_ONCE = 1000  # rows that are fetched together


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """The rule as plain data; empty fields are left out."""
    fields: dict[str, Any] = {
        "vendors": list(rule.vendors), "documents": list(rule.documents), "kinds": [kind.value for kind in rule.kinds],
        "min_severity": rule.min_severity.value if rule.min_severity else None, "companies": list(rule.companies),
        "keywords": list(rule.keywords), "languages": list(rule.languages),
        "directions": [each.value for each in rule.directions], "effects": [each.value for each in rule.effects],
        "severities": {kind.value: severity.value for kind, severity in rule.severities},
        "everything": rule.everything,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value}


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """The inverse of ``rule_to_json``."""
    return Rule(
        vendors=tuple(data.get("vendors", ())),
        documents=tuple(data.get("documents", ())),
        kinds=tuple(map(Kind, data.get("kinds", ()))),
        min_severity=Severity(data["min_severity"]) if data.get("min_severity") else None,
        companies=tuple(data.get("companies", ())),
        keywords=tuple(data.get("keywords", ())),
        languages=tuple(data.get("languages", ())),
        directions=tuple(map(Direction, data.get("directions", ()))),
        effects=tuple(map(Effect, data.get("effects", ()))),
        severities=tuple((Kind(kind), Severity(severity)) for kind, severity in data.get("severities", {}).items()),
        everything=bool(data.get("everything", False)),
    )


def add_subscription(
    connection: Connection,
    email: str,
    rule: Rule,
    *,
    every: str,
    now: datetime,
    is_confirmed: bool = False,
    zone: str = "UTC",
    hour: int = 7,
    is_quiet_told: bool = False,
    webhook: str | None = None,
) -> Subscription:
    """The subscription of that address, rule, rhythm and webhook: made, or brought back if it had ended.

    Asking again for a pending one changes only when its digests come; for a confirmed one nothing: who asks did not
    prove yet to be its owner. ``is_confirmed`` confirms it.
    """
    found = _place_of(connection, email, rule, every=every, webhook=webhook)
    chosen = {"zone": zone, "hour": hour, "is_quiet_told": is_quiet_told}
    if isinstance(found, str):
        connection.execute(
            insert(subscriptions).values(
                id=found, email=email, rule=rule_to_json(rule), every=every, webhook=webhook, created_at=now,
                state=SubscriptionState.PENDING.value, **chosen,
            )
        )  # fmt: skip
    elif found.state is not SubscriptionState.CONFIRMED:
        values: dict[str, Any] = {"state": SubscriptionState.PENDING.value, **chosen}
        if found.state is SubscriptionState.ENDED:
            values |= {"created_at": now, "confirmed_at": None, "ended_at": None, "bounces": 0}
        connection.execute(update(subscriptions).where(subscriptions.c.id == found.id).values(**values))
    id = found if isinstance(found, str) else found.id
    if is_confirmed:
        confirm_subscription(connection, id, now=now)
    return get_subscription(connection, id)


def _place_of(connection: Connection, email: str, rule: Rule, *, every: str, webhook: str | None) -> Subscription | str:
    """The subscription that asks for just this, or the id that a new one gets."""
    asked = sorted(rule_to_json(rule).items())
    parts = [email.lower(), asked, every, *([webhook] if webhook else [])]
    id = content_id("subscription", *parts)
    number = 0
    while known := find_subscription(connection, id):
        is_same = sorted(rule_to_json(known.rule).items()) == asked
        if is_same and (known.every, known.webhook) == (every, webhook):
            return known
        number += 1  # its owner has changed what it asks for since
        id = content_id("subscription", *parts, number)
    return id


def change_subscription(connection: Connection, subscription: str, *, now: datetime, **changed: Any) -> Subscription:
    """Give the subscription another ``rule``, ``every``, ``zone``, ``hour``, ``is_quiet_told`` or ``webhook``.

    Its id stays, and so do its links and what it was told. What is in the outbox for it is sent as it was queued.
    Raises NotFound, and TypeError for a field that cannot be changed.
    """
    if unknown := changed.keys() - {"rule", "every", "zone", "hour", "is_quiet_told", "webhook"}:
        raise TypeError(f"{', '.join(sorted(unknown))}: not to be changed")
    if "rule" in changed:
        changed["rule"] = rule_to_json(changed["rule"])
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription)
        .values(**changed, changed_at=_change_at(connection, now), quiet_at=None)
    )
    return get_subscription(connection, subscription)


def confirm_subscription(connection: Connection, subscription: str, *, now: datetime) -> bool:
    """Confirm a pending subscription; whether this call did it."""
    done = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription, subscriptions.c.state == SubscriptionState.PENDING.value)
        .values(
            state=SubscriptionState.CONFIRMED.value,
            confirmed_at=now,
            changed_at=_change_at(connection, now),
            quiet_at=None,
        )
    )
    return done.rowcount == 1


def end_subscription(connection: Connection, subscription: str, *, now: datetime) -> bool:
    """End the subscription and drop its notices that were not sent; whether this call did it."""
    done = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription, subscriptions.c.state != SubscriptionState.ENDED.value)
        .values(
            state=SubscriptionState.ENDED.value, ended_at=now, changed_at=_change_at(connection, now), quiet_at=None
        )
    )
    connection.execute(
        update(notices)
        .where(notices.c.subscription == subscription, notices.c.state == NoticeState.DUE.value)
        .values(state=NoticeState.DROPPED.value)
    )
    return done.rowcount == 1


def find_subscription(connection: Connection, subscription: str) -> Subscription | None:
    row = connection.execute(select(subscriptions).where(subscriptions.c.id == subscription)).one_or_none()
    return None if row is None else subscription_of(row)


def get_subscription(connection: Connection, subscription: str) -> Subscription:
    """The subscription of that id. Raises NotFound."""
    found = find_subscription(connection, subscription)
    if found is None:
        raise NotFound(f"{subscription}: no such subscription; see clausewatch subscriptions")
    return found


def subscriptions_by_id(connection: Connection, ids: Collection[str]) -> dict[str, Subscription]:
    """Those of these ids that there are; no more of them than one statement takes."""
    rows = connection.execute(select(subscriptions).where(subscriptions.c.id.in_(ids)))
    return {row.id: subscription_of(row) for row in rows}


def list_subscriptions(
    connection: Connection, *, email: str | None = None, state: SubscriptionState | None = None
) -> list[Subscription]:
    """Subscriptions by address and id."""
    query = select(subscriptions).order_by(subscriptions.c.email, subscriptions.c.id)
    if state:
        query = query.where(subscriptions.c.state == state.value)
    if email is not None and email.isascii():  # the case of other letters only Python knows
        query = query.where(func.lower(subscriptions.c.email) == email.lower())
    found = [subscription_of(row) for row in connection.execute(query)]
    return [each for each in found if email is None or each.email.lower() == email.lower()]


@dataclass(frozen=True, slots=True)
class ConfirmedState:
    """What is another as soon as somebody confirmed, left or changed what they ask for."""

    confirmed: int
    newest_at: datetime | None  # when one of all was last changed
    erasures: int  # what was changed and is there no more


def confirmed_state(connection: Connection) -> ConfirmedState:
    """By what it is known whether the confirmed subscriptions are those that they were."""
    confirmed = select(func.count()).where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)
    newest_at = connection.execute(select(func.max(subscriptions.c.changed_at))).scalar_one()
    count = connection.execute(confirmed.select_from(subscriptions)).scalar_one()
    return ConfirmedState(count, newest_at, count_erasures(connection))


def confirmed_subscriptions(connection: Connection) -> Iterator[Subscription]:
    """All that are confirmed, in no order, read as they are asked for."""
    is_confirmed = subscriptions.c.state == SubscriptionState.CONFIRMED.value
    rows = connection.execute(select(subscriptions).where(is_confirmed).execution_options(yield_per=_AT_ONCE))
    yield from map(subscription_of, rows)


def changed_subscriptions(connection: Connection, *, since: datetime) -> Iterator[Subscription]:
    """Those that were confirmed, ended or changed after then, as they are now, in no order; but for those that were
    taken out."""
    is_newer = subscriptions.c.changed_at > since
    rows = connection.execute(select(subscriptions).where(is_newer).execution_options(yield_per=_AT_ONCE))
    yield from map(subscription_of, rows)


def _change_at(connection: Connection, now: datetime) -> datetime:
    """When a change is said to have been made: after all others, or who holds them in memory would not notice one by a
    clock that is behind."""
    newest_at: datetime | None = connection.execute(select(func.max(subscriptions.c.changed_at))).scalar_one()
    return now if newest_at is None else max(now, newest_at + timedelta(microseconds=1))


def listeners_of_due(connection: Connection, now: datetime) -> dict[str, tuple[str, str]]:
    """For each subscription that a notice is due to, its address and how often it wants mail."""
    query = (
        select(subscriptions.c.id, func.lower(subscriptions.c.email).label("email"), subscriptions.c.every)
        .join(notices, notices.c.subscription == subscriptions.c.id)
        .where(notices.c.state == NoticeState.DUE.value, notices.c.due_at <= now)
        .distinct()
    )
    return {row.id: (row.email, row.every) for row in connection.execute(query)}


def count_subscribers(connection: Connection) -> int:
    """How many addresses have a confirmed subscription."""
    query = select(func.count(func.lower(subscriptions.c.email).distinct()))
    return connection.execute(query.where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)).scalar_one()


def subscription_of(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id, email=row.email, rule=rule_from_json(row.rule), every=row.every, state=SubscriptionState(row.state),
        created_at=row.created_at, confirmed_at=row.confirmed_at, ended_at=row.ended_at, zone=row.zone, hour=row.hour,
        is_quiet_told=row.is_quiet_told, webhook=row.webhook, bounces=row.bounces,
    )  # fmt: skip
