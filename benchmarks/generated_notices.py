"""Rules, subscriptions and comparisons by chance, from one seed: what the figures about notices are measured on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

from clausewatch.model import (
    Comparison,
    ComparisonState,
    Direction,
    Effect,
    Finding,
    Kind,
    Quote,
    Rule,
    Severity,
    Side,
    Subscription,
    SubscriptionState,
)
from notifier.rhythm import RHYTHMS

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
TYPES = ("Privacy Policy", "Cookie Policy", "Terms of Service", "Data Processing Agreement", "Sub-processor List")
LANGUAGES = ("en", "en-GB", "de", "pt-BR", "ja", None)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
COMPANIES = ("Flurry", "AT&T", "Meta", "Straße & Söhne", "Bright Metrics", "C++ Cloud", "広告社", "Ölwerk")
WORDS = (
    "biometric", "biometrics", "retention", "advertising", "advertisers", "data", "metadata", "months", "share",
    "partners", "GEORG", "usage  data", "広告", "個人情報", "광고", "x", "co-op", "c++", "straße", "(our)", "हिन्दी",
)  # fmt: skip
_FILLERS = ("we", "our", "keep", "the", "for", "18", "24", "with", "and", "of", "profiles", "a広b", "Metas", "AT&T.")
_T = TypeVar("_T")


def vendors(count: int) -> list[str]:
    return [f"vendor-{number}" for number in range(count)]


def rule_by(chance: Random, names: Sequence[str]) -> Rule:
    """Any rule: each field is asked for now and then, with one value or some."""

    def some(values: Sequence[_T], share: float, most: int = 3) -> tuple[_T, ...]:
        return tuple(chance.sample(values, chance.randint(1, most))) if chance.random() < share else ()

    ranked = some(list(Kind), 0.15)
    return Rule(
        vendors=_in_any_case(chance, some(names, 0.5, 5)), documents=_in_any_case(chance, some(TYPES, 0.3)),
        kinds=some(list(Kind), 0.35), min_severity=chance.choice(list(Severity)) if chance.random() < 0.3 else None,
        companies=_in_any_case(chance, some(COMPANIES, 0.12)), keywords=_keywords(chance, some(WORDS, 0.15)),
        languages=tuple(each for each in some(LANGUAGES, 0.12) if each), directions=some(list(Direction), 0.12, 2),
        effects=some(list(Effect), 0.15, 2),
        severities=tuple((kind, chance.choice(list(Severity))) for kind in ranked), everything=chance.random() < 0.1,
    )  # fmt: skip


def comparison_by(chance: Random, number: int, names: Sequence[str]) -> tuple[Comparison, str]:
    """Any comparison that may be told, with its document's type; some have no findings, some are returns."""
    kind = chance.choice(TYPES)
    findings = tuple(finding_by(chance) for _ in range(chance.choice((0, 1, 1, 2, 3, 6))))
    state = ComparisonState.UNSTABLE if chance.random() < 0.1 else ComparisonState.CONFIRMED
    is_classified, is_artefact = chance.random() < 0.8, chance.random() < 0.1
    language = chance.choice(LANGUAGES)
    made = Comparison(
        id=f"c{number}", before=_side(f"b{number}", language), after=_side(f"a{number}", language), sections=(),
        findings=findings, summary="", vendor=chance.choice(names), document="d", state=state,
        is_classified=is_classified, artefact=is_artefact,
        notify=bool(findings) or not (is_classified or is_artefact),
    )  # fmt: skip
    return made, kind


def finding_by(chance: Random) -> Finding:
    """Any finding, with quotes of a few words."""
    quotes = [Quote(text, 0, len(text)) for text in (_text(chance), _text(chance))]
    direction = chance.choice(list(Direction))
    return Finding(
        kind=chance.choice(list(Kind)), direction=direction, effect=chance.choice(list(Effect)),
        subject=chance.choice((*COMPANIES, _text(chance))), severity=chance.choice(list(Severity)), confidence=0.9,
        section=("A heading",), sentence="Something changed.", rule="generated",
        before=None if direction is Direction.ADDED else quotes[0],
        after=None if direction is Direction.REMOVED else quotes[1],
    )  # fmt: skip


def subscription_by(chance: Random, number: int, rule: Rule) -> Subscription:
    """A confirmed one, of any rhythm and place."""
    return Subscription(
        id=f"s{number}", email=f"reader{number}@example.com", rule=rule, every=chance.choice(RHYTHMS),
        state=SubscriptionState.CONFIRMED, created_at=NOW, confirmed_at=NOW, zone=chance.choice(ZONES),
        hour=chance.randrange(24),
    )  # fmt: skip


def _in_any_case(chance: Random, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(chance.choice((name, name.upper(), name.lower())) for name in names)


def _keywords(chance: Random, words: Sequence[str]) -> tuple[str, ...]:
    made = []
    for word in words:
        cut = word[: chance.randint(1, len(word))] + "*"
        made.append(chance.choice((word, word.upper(), cut, f" {word} ", "*")))
    return tuple(made)


def _text(chance: Random) -> str:
    parts = [chance.choice((*WORDS, *_FILLERS, *_FILLERS, *COMPANIES)) for _ in range(chance.randint(1, 12))]
    return chance.choice((" ", " ", ", ", "-", "")).join(parts)


def _side(id: str, language: str | None) -> Side:
    return Side(id=id, label="", at=NOW, language=language, words=1, sha256="")
