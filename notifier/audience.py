"""What a rule asks for: whether a comparison is owed to it. Pure; who subscribed to which rule, listeners knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from clausewatch.model import Comparison, ComparisonState, Finding, Rule, Severity

_RANKS = {severity: severity.rank for severity in Severity}


class ShownFinding:
    """A finding as rules look at it; what one rule found out, the next need not."""

    __slots__ = ("_named", "_quoted", "finding", "quotes", "texts")

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.quotes = [side.quote.casefold() for side in (finding.before, finding.after) if side]
        self.texts = [finding.subject.casefold(), *self.quotes]
        self._named: dict[str, bool] = {}
        self._quoted: dict[str, bool] = {}

    def names(self, company: str) -> bool:
        """Whether the subject or a quote names the company, in whole words, case ignored."""
        if company not in self._named:
            self._named[company] = _holds(company, self.texts)
        return self._named[company]

    def holds(self, keyword: str) -> bool:
        """Whether a quote holds the keyword; one that ends in ``*`` begins a word: ``biometric*``."""
        if keyword not in self._quoted:
            self._quoted[keyword] = _holds(keyword, self.quotes)
        return self._quoted[keyword]


class Shown:
    """A comparison, of which subscribers may be told, as rules look at it."""

    __slots__ = ("comparison", "document_type", "findings", "is_editorial", "language", "vendor")

    def __init__(self, comparison: Comparison, *, document_type: str) -> None:
        self.comparison = comparison
        self.vendor = (comparison.vendor or "").casefold()
        self.document_type = plain_type(document_type)
        self.language = _main_tag(comparison.after.language)
        self.findings = [ShownFinding(finding) for finding in comparison.findings]
        self.is_editorial = is_editorial(comparison)


def is_owed(rule: Rule, comparison: Comparison, *, document_type: str) -> bool:
    """Whether the rule asks for this comparison, of which subscribers may be told."""
    return asks_for(rule, Shown(comparison, document_type=document_type))


def asks_for(rule: Rule, shown: Shown) -> bool:
    """Whether the rule asks for what is shown. What it says about findings must hold for one and the same finding."""
    if not (shown.comparison.notify or (rule.everything and shown.is_editorial)):
        return False
    if rule.vendors and shown.vendor not in _folded(rule.vendors):
        return False
    if rule.documents and shown.document_type not in _plain_types(rule.documents):
        return False
    if rule.languages and shown.language not in _main_tags(rule.languages):
        return False
    if not rule.asks_of_findings:
        return True
    return any(_satisfies(rule, finding) for finding in shown.findings)


def _satisfies(rule: Rule, shown: ShownFinding) -> bool:
    """Whether the finding is all that the rule asks of a finding: kind, direction, effect, severity as the subscriber
    ranks it, a company named, a keyword."""
    finding = shown.finding
    if rule.kinds and finding.kind not in rule.kinds:
        return False
    if rule.directions and finding.direction not in rule.directions:
        return False
    if rule.effects and finding.effect not in rule.effects:
        return False
    if rule.min_severity and _RANKS[rule.severity_of(finding)] < _RANKS[rule.min_severity]:
        return False
    if rule.companies and not any(shown.names(company) for company in rule.companies):
        return False
    return not rule.keywords or any(shown.holds(keyword) for keyword in rule.keywords)


def is_editorial(comparison: Comparison) -> bool:
    """Whether the text changed for good and no finding tells of it: only who asked for everything hears of that."""
    return comparison.state is ComparisonState.CONFIRMED and not comparison.is_news and not comparison.artefact


def is_return(comparison: Comparison) -> bool:
    """Whether the vendor went back to an earlier text. Digests list it once it has lasted; no mail comes at once."""
    return comparison.state is ComparisonState.UNSTABLE


@lru_cache(maxsize=10_000)
def plain_type(document_type: str) -> str:
    """ "Privacy Policy", "privacy policy" and "privacy-policy" are one type."""
    return " ".join(document_type.replace("-", " ").casefold().split())


@lru_cache(maxsize=10_000)
def _main_tag(language: str | None) -> str:
    """ "pt" of "pt-BR"; a text of unknown language is in none."""
    return re.split(r"[-_]", language or "")[0].casefold()


@lru_cache(maxsize=100_000)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(str.casefold, names))


@lru_cache(maxsize=10_000)
def _plain_types(types: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain_type, types))


@lru_cache(maxsize=10_000)
def _main_tags(languages: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_main_tag, languages))


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


def anchors_in(texts: Iterable[str]) -> set[Anchor]:
    """All that anchors of names in these texts, which are folded, can be."""
    plain = "\n".join(texts)
    words = set(_WORD.findall(plain))
    prefixes = {("prefix", word[:length]) for word in words for length in range(1, _PREFIX + 1)}
    characters = {("character", character) for character in set(plain) if not _is_spaced(character)}
    return {("word", word) for word in words} | prefixes | characters


def _holds(name: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts, which are folded, holds the name."""
    pattern = _pattern(name)
    return any(pattern.search(text) for text in texts)


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
