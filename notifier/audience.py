"""What a rule asks for: whether a comparison is owed to it. Pure; who subscribed to which rule, listeners knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from clausewatch.model import Comparison, ComparisonState, Finding, Rule


def is_owed(rule: Rule, comparison: Comparison, *, document_type: str) -> bool:
    """Whether the rule asks for this comparison, of which subscribers may be told.

    What the rule says about findings must hold for one and the same finding.
    """
    if not _is_told(rule, comparison):
        return False
    if rule.vendors and (comparison.vendor or "").casefold() not in map(str.casefold, rule.vendors):
        return False
    if rule.documents and plain_type(document_type) not in map(plain_type, rule.documents):
        return False
    if rule.languages and _main_tag(comparison.after.language) not in map(_main_tag, rule.languages):
        return False
    return not rule.asks_of_findings or any(satisfies(rule, finding) for finding in comparison.findings)


def satisfies(rule: Rule, finding: Finding) -> bool:
    """Whether the finding is all that the rule asks of a finding: kind, direction, effect, severity as the subscriber
    ranks it, a company named, a keyword.

    A company stands in the subject or in a quote, a keyword in a quote; both as whole words, case ignored. A
    keyword that ends in ``*`` begins a word: ``biometric*``.
    """
    if rule.kinds and finding.kind not in rule.kinds:
        return False
    if rule.directions and finding.direction not in rule.directions:
        return False
    if rule.effects and finding.effect not in rule.effects:
        return False
    if rule.min_severity and rule.severity_of(finding).rank < rule.min_severity.rank:
        return False
    quotes = [side.quote for side in (finding.before, finding.after) if side]
    if rule.companies and not _names_any(rule.companies, [finding.subject, *quotes]):
        return False
    return not rule.keywords or _names_any(rule.keywords, quotes)


def is_editorial(comparison: Comparison) -> bool:
    """Whether the text changed for good and no finding tells of it: only who asked for everything hears of that."""
    return comparison.state is ComparisonState.CONFIRMED and not comparison.is_news and not comparison.artefact


def is_return(comparison: Comparison) -> bool:
    """Whether the vendor went back to an earlier text. Digests list it once it has lasted; no mail comes at once."""
    return comparison.state is ComparisonState.UNSTABLE


def _is_told(rule: Rule, comparison: Comparison) -> bool:
    return comparison.notify or (rule.everything and is_editorial(comparison))


@lru_cache(maxsize=10_000)
def plain_type(document_type: str) -> str:
    """ "Privacy Policy", "privacy policy" and "privacy-policy" are one type."""
    return " ".join(document_type.replace("-", " ").casefold().split())


@lru_cache(maxsize=10_000)
def _main_tag(language: str | None) -> str:
    """ "pt" of "pt-BR"; a text of unknown language is in none."""
    return re.split(r"[-_]", language or "")[0].casefold()


# --- names and keywords ---------------------------------------------------------------------------------------

Anchor = tuple[str, str]
"""A sign that a text must show before a name can stand in it: how it is looked for, and what."""
_PREFIX = 3  # characters of a word's beginning that are looked for
_WORD = re.compile(r"\w+")


def anchor_of(name: str) -> Anchor | None:
    """What every text that names this shows among its ``anchors_in``; None for a name that nothing can hold."""
    words, is_start = _words_of(name)
    if not words:
        return None
    first = words[0]
    if not _is_spaced(first[0]):
        return "character", first[0]
    run = _WORD.match(first)
    start = run.group() if run else first[0]
    is_open = len(words) == 1 and start == first and (is_start or not _is_spaced(first[-1]))
    return ("prefix", start[:_PREFIX]) if is_open else ("word", start)


def anchors_in(texts: Sequence[str]) -> set[Anchor]:
    """All that anchors of names in these texts can be."""
    plain = "\n".join(texts).casefold()
    words = set(_WORD.findall(plain))
    prefixes = {("prefix", word[:length]) for word in words for length in range(1, _PREFIX + 1)}
    characters = {("character", character) for character in set(plain) if not _is_spaced(character)}
    return {("word", word) for word in words} | prefixes | characters


def _names_any(names: Sequence[str], texts: Sequence[str]) -> bool:
    return any(_pattern(name).search(text.casefold()) for name in names for text in texts)


def _words_of(name: str) -> tuple[list[str], bool]:
    """The words of the name, and whether the last one only begins a word."""
    plain = name.casefold().strip()
    return plain.removesuffix("*").split(), plain.endswith("*")


@lru_cache(maxsize=10_000)
def _pattern(name: str) -> re.Pattern[str]:
    words, is_start = _words_of(name)
    if not words:
        return re.compile(r"(?!)")  # matches nothing
    before = r"(?<!\w)" if _is_spaced(words[0][0]) else ""
    after = "" if is_start or not _is_spaced(words[-1][-1]) else r"(?!\w)"
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def _is_spaced(character: str) -> bool:
    """Whether words of its script stand apart. Han, kana, Hangul with its particles, and Thai do not."""
    return (character.isascii() and character.isalnum()) or character.upper() != character.lower()
