"""Subscriptions: addresses that asked, confirmed, and for what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from archive.tables import notices, subscriptions
from clausewatch.errors import NotFound
from clausewatch.model import Kind, NoticeState, Rule, Severity, Subscription, SubscriptionState, content_id


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """The rule as plain data; empty fields are left out."""
    fields: dict[str, Any] = {
        "vendors": list(rule.vendors), "documents": list(rule.documents), "kinds": [kind.value for kind in rule.kinds],
        "min_severity": rule.min_severity.value if rule.min_severity else None, "companies": list(rule.companies),
        "keywords": list(rule.keywords), "languages": list(rule.languages),
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value}


def rule_from_json(data: dict[str, Any]) -> Rule:
    """The inverse of ``rule_to_json``."""
    return Rule(
        vendors=tuple(data.get("vendors", ())),
        documents=tuple(data.get("documents", ())),
        kinds=tuple(map(Kind, data.get("kinds", ()))),
        min_severity=Severity(data["min_severity"]) if data.get("min_severity") else None,
        companies=tuple(data.get("companies", ())),
        keywords=tuple(data.get("keywords", ())),
        languages=tuple(data.get("languages", ())),
    )


def add_subscription(
    connection: Connection, email: str, rule: Rule, *, every: str, now: datetime, is_confirmed: bool = False
) -> Subscription:
    """The subscription of that address, rule and rhythm: made, or brought back if it had ended.

    Asking again for a pending one changes nothing; ``is_confirmed`` confirms it.
    """
    subscription_id = content_id("subscription", email.lower(), sorted(rule_to_json(rule).items()), every)
    known = find_subscription(connection, subscription_id)
    if known is None:
        connection.execute(
            insert(subscriptions).values(
                id=subscription_id, email=email, rule=rule_to_json(rule), every=every,
                state=SubscriptionState.PENDING.value, created_at=now,
            )
        )  # fmt: skip
    elif known.state is SubscriptionState.ENDED:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == subscription_id)
            .values(state=SubscriptionState.PENDING.value, created_at=now, confirmed_at=None, ended_at=None)
        )
    if is_confirmed:
        confirm_subscription(connection, subscription_id, now=now)
    return get_subscription(connection, subscription_id)


def confirm_subscription(connection: Connection, subscription: str, *, now: datetime) -> bool:
    """Confirm a pending subscription; whether this call did it."""
    done = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription, subscriptions.c.state == SubscriptionState.PENDING.value)
        .values(state=SubscriptionState.CONFIRMED.value, confirmed_at=now)
    )
    return done.rowcount == 1


def end_subscription(connection: Connection, subscription: str, *, now: datetime) -> bool:
    """End the subscription and drop its notices that were not sent; whether this call did it."""
    done = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription, subscriptions.c.state != SubscriptionState.ENDED.value)
        .values(state=SubscriptionState.ENDED.value, ended_at=now)
    )
    connection.execute(
        update(notices)
        .where(notices.c.subscription == subscription, notices.c.state == NoticeState.DUE.value)
        .values(state=NoticeState.DROPPED.value)
    )
    return done.rowcount == 1


def find_subscription(connection: Connection, subscription: str) -> Subscription | None:
    row = connection.execute(select(subscriptions).where(subscriptions.c.id == subscription)).one_or_none()
    return None if row is None else _subscription(row)


def get_subscription(connection: Connection, subscription: str) -> Subscription:
    """The subscription of that id. Raises NotFound."""
    found = find_subscription(connection, subscription)
    if found is None:
        raise NotFound(f"{subscription}: no such subscription; see clausewatch subscriptions")
    return found


def list_subscriptions(
    connection: Connection, *, email: str | None = None, state: SubscriptionState | None = None
) -> list[Subscription]:
    """Subscriptions by address and id."""
    query = select(subscriptions).order_by(subscriptions.c.email, subscriptions.c.id)
    if state:
        query = query.where(subscriptions.c.state == state.value)
    found = [_subscription(row) for row in connection.execute(query)]
    return [each for each in found if email is None or each.email.lower() == email.lower()]


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id, email=row.email, rule=rule_from_json(row.rule), every=row.every, state=SubscriptionState(row.state),
        created_at=row.created_at, confirmed_at=row.confirmed_at, ended_at=row.ended_at,
    )  # fmt: skip
