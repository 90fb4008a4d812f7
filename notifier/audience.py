"""Who is owed a notice of a comparison, and when. Pure: rules and a comparison in, subscriptions and instants out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from clausewatch.model import Comparison, Finding, Rule, Subscription, SubscriptionState

RHYTHMS = ("instant", "daily", "weekly")
DIGEST_HOUR = 7  # UTC: before work in Europe, and at night in America
_MONDAY = 0


def audience(
    comparison: Comparison, subscriptions: Iterable[Subscription], *, document_type: str, now: datetime
) -> list[tuple[Subscription, datetime]]:
    """The confirmed subscriptions that are owed a notice of the comparison, each with the instant it is due.

    In the order given. Empty for a comparison that nobody is to be told of.
    """
    if not comparison.notify:
        return []
    return [
        (subscription, due_at(subscription.every, now))
        for subscription in subscriptions
        if subscription.state is SubscriptionState.CONFIRMED
        and is_owed(subscription.rule, comparison, document_type=document_type)
    ]


def is_owed(rule: Rule, comparison: Comparison, *, document_type: str) -> bool:
    """Whether the rule asks for this comparison, which subscribers are told of.

    What the rule says about findings must hold for one and the same finding.
    """
    if not comparison.notify:
        return False
    if rule.vendors and (comparison.vendor or "").casefold() not in map(str.casefold, rule.vendors):
        return False
    if rule.documents and _plain_type(document_type) not in map(_plain_type, rule.documents):
        return False
    if rule.languages and _main_tag(comparison.after.language) not in map(_main_tag, rule.languages):
        return False
    if not (rule.kinds or rule.min_severity or rule.companies or rule.keywords):
        return True
    return any(satisfies(rule, finding) for finding in comparison.findings)


def satisfies(rule: Rule, finding: Finding) -> bool:
    """Whether the finding is all that the rule asks of a finding: kind, severity, a company named, a keyword.

    A company stands in the subject or in a quote, a keyword in a quote; both as whole words, case ignored. A
    keyword that ends in ``*`` begins a word: ``biometric*``.
    """
    if rule.kinds and finding.kind not in rule.kinds:
        return False
    if rule.min_severity and finding.severity.rank < rule.min_severity.rank:
        return False
    quotes = [side.quote for side in (finding.before, finding.after) if side]
    if rule.companies and not _names_any(rule.companies, [finding.subject, *quotes]):
        return False
    return not rule.keywords or _names_any(rule.keywords, quotes)


def due_at(every: str, now: datetime) -> datetime:
    """When what happens at ``now`` is due: at once, at the next DIGEST_HOUR, or at that hour of the next Monday.

    At the very hour it is the next day's, or the next week's.
    """
    if every == "instant":
        return now
    due = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if due <= now:
        due += timedelta(days=1)
    if every == "daily":
        return due
    if every == "weekly":
        return due + timedelta(days=(_MONDAY - due.weekday()) % 7)
    raise ValueError(f"{every!r} is no rhythm; there are {', '.join(RHYTHMS)}")


def _plain_type(document_type: str) -> str:
    """ "Privacy Policy", "privacy policy" and "privacy-policy" are one type."""
    return " ".join(document_type.replace("-", " ").casefold().split())


def _main_tag(language: str | None) -> str:
    """ "pt" of "pt-BR"; a text of unknown language is in none."""
    return re.split(r"[-_]", language or "")[0].casefold()


def _names_any(names: Sequence[str], texts: Sequence[str]) -> bool:
    return any(_pattern(name).search(text.casefold()) for name in names for text in texts)


@lru_cache(maxsize=10_000)
def _pattern(name: str) -> re.Pattern[str]:
    plain = name.casefold().strip()
    words = plain.removesuffix("*").split()
    if not words:
        return re.compile(r"(?!)")  # matches nothing
    is_start = plain.endswith("*")
    before = r"(?<!\w)" if _is_spaced(words[0][0]) else ""
    after = "" if is_start or not _is_spaced(words[-1][-1]) else r"(?!\w)"
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def _is_spaced(character: str) -> bool:
    """Whether words of its script stand apart. Han, kana, Hangul with its particles, and Thai do not."""
    return (character.isascii() and character.isalnum()) or character.upper() != character.lower()
