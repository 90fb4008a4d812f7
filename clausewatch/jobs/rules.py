"""What people ask for, from the words of an option, a form or a program to a checked rule, and back into words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from archive.documents import slug_of
from clausewatch.errors import UsageError
from clausewatch.model import Direction, Effect, Kind, Rule, Severity, Subscription
from notifier.rhythm import DIGEST_HOUR, RHYTHMS, checked_hour, checked_zone
from notifier.webhook import checked_webhook

MOST_VALUES = 100  # of one field: a rule is asked of every change
LONGEST_VALUE = 100  # characters of a name or a word

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: which changes, and when and where they hear of them."""

    rule: Rule
    every: str = "instant"
    zone: str = "UTC"
    hour: int = DIGEST_HOUR
    is_quiet_told: bool = False
    webhook: str | None = None


def asked_of(subscription: Subscription) -> Asked:
    """What the subscription asks for."""
    return Asked(
        rule=subscription.rule, every=subscription.every, zone=subscription.zone, hour=subscription.hour,
        is_quiet_told=subscription.is_quiet_told, webhook=subscription.webhook,
    )  # fmt: skip


def read_rule(
    *,
    vendors: Iterable[str] = (),
    documents: Iterable[str] = (),
    kinds: Iterable[str] = (),
    min_severity: str | None = None,
    companies: Iterable[str] = (),
    keywords: Iterable[str] = (),
    languages: Iterable[str] = (),
    directions: Iterable[str] = (),
    effects: Iterable[str] = (),
    severities: Iterable[str] = (),
    everything: bool = False,
) -> Rule:
    """The rule that these words make; ``severities`` are KIND=SEVERITY, the last one of a kind holds.

    Blank words are left out, doubles told once. Raises UsageError for what is no choice, too long or too much.
    """
    rule = Rule(
        vendors=tuple(dict.fromkeys(map(slug_of, _words("vendors", vendors)))),
        documents=_words("documents", documents),
        kinds=_choices(Kind, kinds),
        min_severity=_choice(Severity, min_severity) if min_severity else None,
        companies=_words("companies", companies),
        keywords=_words("keywords", keywords),
        languages=_words("languages", languages),
        directions=_choices(Direction, directions),
        effects=_choices(Effect, effects),
        severities=_rankings(severities),
        everything=everything,
    )
    if rule.everything and rule.asks_of_findings:
        raise UsageError(
            "all changes, and yet only some kinds, severities, words or the like: changes of wording have none; "
            "ask for one or the other"
        )
    return rule


def read_asked(
    rule: Rule,
    *,
    every: str = "instant",
    zone: str | None = None,
    hour: int | None = None,
    is_quiet_told: bool = False,
    webhook: str | None = None,
    allow_hosts: Collection[str] = (),
) -> Asked:
    """The rule with when and where. Raises UsageError for a rhythm, a zone, an hour or a webhook that is none."""
    if every not in RHYTHMS:
        raise UsageError(f"{every[:LONGEST_VALUE]}: is none of {', '.join(RHYTHMS)}")
    return Asked(
        rule=rule,
        every=every,
        zone=checked_zone(zone or "UTC"),
        hour=checked_hour(DIGEST_HOUR if hour is None else hour),
        is_quiet_told=is_quiet_told,
        webhook=checked_webhook(webhook, allow_hosts) if webhook else None,
    )


def split_words(text: str) -> list[str]:
    """The words of a field that takes several, with commas or line breaks between."""
    return [word for line in text.splitlines() for word in line.split(",")]


def _words(name: str, given: Iterable[str]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(" ".join(word.split()) for word in given if word.strip()))
    if len(words) > MOST_VALUES:
        raise UsageError(f"{name}: {len(words)} are too many for one rule; {MOST_VALUES} at most")
    for word in words:
        if len(word) > LONGEST_VALUE or not word.isprintable():
            raise UsageError(f"{name}: {word[:40]!r} is no name or word; {LONGEST_VALUE} characters at most")
    return words


def _choices(choices: type[_Choice], given: Iterable[str]) -> tuple[_Choice, ...]:
    return tuple(dict.fromkeys(_choice(choices, word) for word in given if word.strip()))


def _choice(choices: type[_Choice], word: str) -> _Choice:
    try:
        return choices(word.strip().lower())
    except ValueError:
        listed = ", ".join(choices)
        raise UsageError(f"{word[:40]!r} is no {choices.__name__.lower()}; choose of {listed}") from None


def _rankings(given: Iterable[str]) -> tuple[tuple[Kind, Severity], ...]:
    ranked: dict[Kind, Severity] = {}
    for words in given:
        if not words.strip():
            continue
        kind, is_pair, severity = words.partition("=")
        if not is_pair:
            raise UsageError(f"{words[:40]!r}: names no severity; write KIND=SEVERITY, as in children=critical")
        ranked[_choice(Kind, kind)] = _choice(Severity, severity)
    return tuple(sorted(ranked.items(), key=lambda pair: list(Kind).index(pair[0])))


def unknown_vendors(rule: Rule, known: Collection[str]) -> Sequence[str]:
    """The vendors of the rule that are not kept: it waits for them in silence."""
    return sorted(set(rule.vendors) - set(known))
