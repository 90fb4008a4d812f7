"""``python -m benchmarks.score_notices``: the index of rules against a naive reading, and a year of digests.

The naive reading tries every rule on every comparison, and looks for names character by character.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from benchmarks.generated_notices import NOW, comparison_by, rule_by, subscription_by, vendors
from benchmarks.year_of_notices import simulate
from clausewatch.model import Comparison, ComparisonState, Finding, Rule, Severity
from notifier.listeners import Listeners

RULES = 10_000
COMPARISONS = 100
SEED = 7
WRONG = ("differences", "told_twice", "lost", "and_altered", "digests_in_two_mails")
"""What is to be nought."""
_NAMES = vendors(12)


def oracle(rules: int = RULES, comparisons: int = COMPARISONS, *, seed: int = SEED) -> dict[str, int]:
    """How often index and naive reading differ about who is owed what; and how many they agree are owed something."""
    chance = Random(seed)
    asked = [subscription_by(chance, number, rule_by(chance, _NAMES)) for number in range(rules)]
    listeners = Listeners(asked)
    differences = owed = 0
    for number in range(comparisons):
        comparison, kind = comparison_by(chance, number, _NAMES)
        found = [id for id, _ in listeners.owed(comparison, document_type=kind, now=NOW)]
        wanted = sorted(
            each.id
            for each in asked
            if reads(each.rule, comparison, kind)
            and not (each.every == "instant" and comparison.state is ComparisonState.UNSTABLE)
        )
        differences += len(set(found) ^ set(wanted)) + (found != wanted)
        owed += len(wanted)
    return {"rules": rules, "comparisons": comparisons, "owed": owed, "differences": differences}


# --- the naive reading ----------------------------------------------------------------------------------------


def reads(rule: Rule, comparison: Comparison, kind: str) -> bool:
    """Whether the rule, read word by word, asks for the comparison."""
    if not comparison.notify:
        is_editorial = comparison.state is ComparisonState.CONFIRMED and not comparison.findings
        if not (rule.everything and is_editorial and not comparison.artefact):
            return False
    if rule.vendors and (comparison.vendor or "").lower() not in [each.lower() for each in rule.vendors]:
        return False
    if rule.documents and kind.lower() not in [each.lower() for each in rule.documents]:
        return False
    language = (comparison.after.language or "")[:2]
    if rule.languages and language not in [each[:2] for each in rule.languages]:
        return False
    asks = [rule.kinds, rule.min_severity, rule.companies, rule.keywords, rule.directions, rule.effects]
    return not any(asks) or any(_is_asked_for(rule, finding) for finding in comparison.findings)


def _is_asked_for(rule: Rule, finding: Finding) -> bool:
    severity = dict(rule.severities).get(finding.kind, finding.severity)
    order = [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    quotes = [side.quote for side in (finding.before, finding.after) if side]
    return (
        (not rule.kinds or finding.kind in rule.kinds)
        and (not rule.directions or finding.direction in rule.directions)
        and (not rule.effects or finding.effect in rule.effects)
        and (not rule.min_severity or order.index(severity) >= order.index(rule.min_severity))
        and (not rule.companies or _any_stands_in(rule.companies, [finding.subject, *quotes]))
        and (not rule.keywords or _any_stands_in(rule.keywords, quotes))
    )  # fmt: skip


def _any_stands_in(names: Sequence[str], texts: Sequence[str]) -> bool:
    return any(_stands_in(name, text) for name in names for text in texts)


def _stands_in(name: str, text: str) -> bool:
    """Whether the text holds the name in whole words, spaces of any width; ``*`` at the end leaves that end open."""
    plain, wanted = " ".join(text.casefold().split()), name.casefold().strip()
    is_open = wanted.endswith("*")
    wanted = " ".join(wanted.removesuffix("*").split())
    if not wanted:
        return False
    at = plain.find(wanted)
    while at >= 0:
        before, after = plain[at - 1 : at], plain[at + len(wanted) : at + len(wanted) + 1]
        if not (_in_word(before) and _has_case(wanted[0])) and (
            is_open or not (_in_word(after) and _has_case(wanted[-1]))
        ):
            return True
        at = plain.find(wanted, at + 1)
    return False


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _has_case(character: str) -> bool:
    """Whether its script writes words apart: letters that have a case, and our digits."""
    return character in "0123456789" or character.upper() != character.lower()


def main() -> None:
    """Print both; end with 1 where anything was wrong."""
    figures = {
        "who is owed what, by index and by naive reading": oracle(),
        "a year of digests, with a crash at every step": simulate(),
    }
    for title, found in figures.items():
        print(f"{title}:")
        for name, value in found.items():
            print(f"  {name:24} {value:10}")
    if any(found.get(wrong) for found in figures.values() for wrong in WRONG):
        sys.exit(1)


if __name__ == "__main__":
    main()
