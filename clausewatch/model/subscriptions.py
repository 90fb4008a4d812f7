"""Who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clausewatch.model.comparisons import Kind, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a subscription asks for. Empty means all; within a field any value will do, across fields all must hold."""

    vendors: tuple[str, ...] = ()  # slugs
    documents: tuple[str, ...] = ()  # types
    kinds: tuple[Kind, ...] = ()
    min_severity: Severity | None = None
    companies: tuple[str, ...] = ()  # named in a finding
    keywords: tuple[str, ...] = ()  # in a finding's quotes
    languages: tuple[str, ...] = ()


class SubscriptionState(StrEnum):
    PENDING = "pending"  # asked, not confirmed: nothing but the confirmation is sent
    CONFIRMED = "confirmed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that asked, confirmed, and for what."""

    id: str
    email: str
    rule: Rule
    every: str  # instant, daily, weekly
    state: SubscriptionState
    created_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None


class NoticeState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"  # given up, with the reason
    DROPPED = "dropped"  # the subscription ended before it was sent


@dataclass(frozen=True, slots=True)
class Notice:
    """One comparison owed to one subscription."""

    id: str
    subscription: str
    comparison: str
    state: NoticeState
    due_at: datetime
    attempts: int = 0
    error: str | None = None
