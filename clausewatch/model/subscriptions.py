"""Who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clausewatch.model.comparisons import Direction, Effect, Finding, Kind, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a subscription asks for. Empty means all; within a field any value will do, across fields all must hold."""

    vendors: tuple[str, ...] = ()  # slugs
    documents: tuple[str, ...] = ()  # types
    kinds: tuple[Kind, ...] = ()
    min_severity: Severity | None = None  # as this subscriber ranks findings
    companies: tuple[str, ...] = ()  # named in a finding
    keywords: tuple[str, ...] = ()  # in a finding's quotes
    languages: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    effects: tuple[Effect, ...] = ()
    severities: tuple[tuple[Kind, Severity], ...] = ()  # how this subscriber ranks findings of these kinds
    everything: bool = False  # changes of wording that no finding tells, too

    @property
    def asks_of_findings(self) -> bool:
        """Whether it asks something that only a finding can fulfil."""
        return bool(
            self.kinds or self.min_severity or self.companies or self.keywords or self.directions or self.effects
        )

    def severity_of(self, finding: Finding) -> Severity:
        """How grave the finding is to this subscriber."""
        return next((severity for kind, severity in self.severities if kind is finding.kind), finding.severity)


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
    zone: str = "UTC"  # IANA name: where the hour is
    hour: int = 7  # of digests, 0 to 23
    is_quiet_told: bool = False  # a digest comes with nothing in it, too
    webhook: str | None = None  # where notices go instead of the mailbox; the mailbox confirms and manages
    bounces: int = 0  # soft ones in a row


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
    mail: str | None = None  # the mail that it was put into when it was first claimed, and stays in
    tried_at: datetime | None = None  # when that was
