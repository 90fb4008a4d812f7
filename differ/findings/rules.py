"""The lexicon of a language: rules and word lists, read once from ``lexicon/LANGUAGE.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from clausewatch.model import Effect, Kind, Severity

FEW_WORDS = 100  # under which nothing can be told
SMALL_WORDS_FROM = 0.2  # share of small words; policies in English hold 0.35 to 0.5, other languages under 0.1
_KEPT_PLACES = 512  # headings with what introduces their lists: more than two policies have
_KEPT_STEMS = 16_384  # words: more than two policies hold

ANY_WORD = r"\w+"


@dataclass(frozen=True, slots=True)
class KindRule:
    """Says that a changed sentence is about ``kind`` where all patterns that it has are found."""

    id: str
    kind: Kind
    weight: float
    about: str  # for docs/findings.md and for people who ask why
    changed: re.Pattern[str] | None  # must touch a changed word
    sentence: re.Pattern[str] | None  # anywhere in the sentence
    context: re.Pattern[str] | None  # in headings, list lead-in or table header
    unless: re.Pattern[str] | None  # nowhere in the sentence
    title: re.Pattern[str] | None  # in the title of the document
    was: re.Pattern[str] | None  # in the old sentence and not in the new, of one that was altered
    becomes: re.Pattern[str] | None  # in the new sentence and not in the old
    is_listed: bool  # fires only on items and rows
    is_fact: bool  # fires on so little that chances are small, and is seldom wrong
    effect: Effect | None  # None: read from the sentence
    severity: Severity | None  # None: that of the kind
    takes_any_word: bool  # any changed word will do
    is_vague: bool  # says only that the passage is about the kind
    needs_new_name: bool  # fires only where a changed name stands nowhere in the other version
    names: str | None  # "party": fires on the recipients that are named newly, by parties.py


@dataclass(frozen=True, slots=True)
class Grave:
    """Makes a finding of ``kind`` as grave as ``severity`` where its changed words say so, whichever rule named it."""

    kind: Kind
    changed: re.Pattern[str]
    unless: re.Pattern[str]  # nowhere in the sentence
    severity: Severity

    def weighs(self, kind: Kind, text: str) -> bool:
        """Whether it may speak of a finding of a kind in a sentence."""
        return self.kind is kind and not self.unless.search(text)


@dataclass(frozen=True)
class Lexicon:
    """All that is known of one language."""

    language: str
    rules: tuple[KindRule, ...]
    grave: tuple[Grave, ...]
    quiet: tuple[tuple[str, re.Pattern[str], float], ...]  # id, pattern, factor on every score of the sentence
    stop: frozenset[str]
    same: dict[str, str]  # word -> the word that it means as much as
    phrases: tuple[tuple[re.Pattern[str], str], ...]  # a turn of phrase, the one that it means as much as
    date_line: re.Pattern[str]
    patterns: dict[str, re.Pattern[str]]  # named patterns for direction, effect and wording
    words: dict[str, frozenset[str]]
    families: dict[str, str]  # word -> the family of words that do the same work

    @cached_property
    def rules_under(self) -> Callable[[str, str, bool], tuple[KindRule, ...]]:
        """The rules that may speak under headings and a lead-in, in a document of a title, on items and rows or not:
        asked anew for every sentence, of which many stand in one place."""
        return lru_cache(_KEPT_PLACES)(self._rules_under)

    def _rules_under(self, context: str, title: str, is_listed: bool) -> tuple[KindRule, ...]:
        return tuple(
            rule
            for rule in self.rules
            if not rule.was
            and (is_listed or not rule.is_listed)
            and not (rule.title and not rule.title.search(title))
            and not (rule.context and not rule.context.search(context))
        )

    def meaning(self, key: str) -> str:
        """The word without what does not matter: empty for words without content, stemmed otherwise."""
        if key in self.stop:
            return ""
        return self.same.get(key) or stem(key)

    def is_small(self, key: str) -> bool:
        """Whether a word says nothing by itself, though it may turn a sentence around."""
        return key in self.stop or any(key in words for words in self.words.values())

    def reads(self, keys: Sequence[str]) -> bool:
        """Whether a text of which nobody knows the language is in this one, by its share of small words."""
        small = sum(key in self.stop for key in keys)
        return len(keys) < FEW_WORDS or small >= SMALL_WORDS_FROM * len(keys)

    def is_contract(self, title: str) -> bool:
        """Whether a document of this title is a contract and no privacy or cookie policy."""
        return bool(self.patterns["terms_title"].search(title)) and not self.patterns["privacy_title"].search(title)

    def is_date_line(self, sentence: str) -> bool:
        """Whether it only says from when the document is."""
        return len(sentence) <= 90 and bool(self.date_line.search(sentence))


@lru_cache(_KEPT_STEMS)
def stem(key: str) -> str:
    """A word without its commonest endings, so that forms of one word are one."""
    for suffix, least in (("ies", 5), ("ing", 6), ("ed", 5), ("es", 5), ("s", 4), ("e", 4), ("y", 4)):
        if key.endswith(suffix) and len(key) >= least:
            return key[: -len(suffix)]
    return key


def languages() -> frozenset[str]:
    """The languages that have a lexicon, as ISO 639-1 codes."""
    folder = files("differ.findings") / "lexicon"
    return frozenset(entry.name[:2] for entry in folder.iterdir() if re.fullmatch(r"[a-z]{2}\.toml", entry.name))


@cache
def lexicon_of(language: str) -> Lexicon | None:
    """The lexicon of a language, None where there is none."""
    if language not in languages():
        return None
    source = files("differ.findings") / "lexicon" / f"{language}.toml"
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return Lexicon(
        language=language,
        rules=tuple(_rule(row, table["terms"]) for row in table["rules"]),
        grave=tuple(_grave(row, table["terms"]) for row in table.get("grave", ())),
        quiet=tuple((r["id"], _compile(r["sentence"], table["terms"]), float(r["factor"])) for r in table["quiet"]),
        stop=frozenset(table["stop"].split()),
        same={word: group[0] for group in table["same"] for word in group},
        phrases=tuple((_compile(said, table["terms"]), meant) for said, meant in table["phrases"]),
        date_line=_compile(table["date_line"], table["terms"]),
        patterns={name: _compile(pattern, table["terms"]) for name, pattern in table["patterns"].items()},
        words={name: frozenset(value.split()) for name, value in table["words"].items()},
        families={word: name for name, words in table["families"].items() for word in words.split()},
    )


def _rule(row: dict[str, str], terms: dict[str, str]) -> KindRule:
    parts = {
        name: _compile(row[name], terms) if name in row else None
        for name in ("changed", "sentence", "context", "unless", "title", "was", "becomes")
    }
    kind = Kind(row["id"].partition(".")[0])
    takes_any_word = row.get("changed", ANY_WORD) == ANY_WORD
    needs_new_name = bool(row.get("needs_new_name", False))
    severity = Severity(row["severity"]) if "severity" in row else None
    return KindRule(
        row["id"],
        kind,
        float(row["weight"]),
        row["about"],
        severity=severity,
        effect=Effect(row["effect"]) if "effect" in row else None,
        takes_any_word=takes_any_word,
        is_vague=takes_any_word or bool(row.get("is_vague", False)),
        needs_new_name=needs_new_name,
        names=row.get("names"),
        is_listed=bool(row.get("is_listed", False)),
        is_fact=bool(row.get("is_fact", False)),
        **parts,
    )


def _grave(row: dict[str, str], terms: dict[str, str]) -> Grave:
    changed, unless = (_compile(row[name], terms) for name in ("changed", "unless"))
    return Grave(Kind(row["kind"]), changed, unless, Severity(row["severity"]))


def _compile(pattern: str, terms: dict[str, str]) -> re.Pattern[str]:
    """A pattern over whole words; ``{name}`` stands for a term list."""
    for name, words in terms.items():
        if "{" + name + "}" in pattern:
            pattern = pattern.replace("{" + name + "}", f"(?:{words})")
    pattern = re.sub(r"\n\s*", "", pattern)
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
