"""Every sentence that is told to people: one for a finding, one to four for a comparison.

What a clause grants or says of models is read in ``speech``; the words of the policy stand in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clausewatch.model import Direction, Effect, Finding, Kind, Quote

from .names import companies, countries
from .rules import Lexicon
from .speech import granted_in, trained_on
from .subject import ARROW, words_of

DOUBT_UNDER = 0.62
"""Confidence under which a sentence says "appears to"."""

SUMMARY_SENTENCES = 4
NAMED = "recipient.named"
MOST_NAME_WORDS = 6
SUMMARY_NAMES = 5
"""Names of recipients that a summary spells out; of the others it gives the number."""

_NAMED_SENTENCE = re.compile(
    r"(?P<start>.* (?:now names|no longer names|appears to name (?:now|no longer)) )(?!.* instead of ).*"
    r" as (?:a recipient|recipients) of your data\.$"
)

_THINGS = {
    Kind.DATA: "the data that is collected", Kind.PURPOSE: "what data is used for",
    Kind.RECIPIENT: "who gets your data", Kind.TRACKING: "cookies and tracking",
    Kind.RETENTION: "how long data is kept", Kind.TRANSFER: "where data goes",
    Kind.RIGHTS: "your rights", Kind.CHOICE: "what you can choose", Kind.LEGAL_BASIS: "the legal basis",
    Kind.CHILDREN: "children", Kind.SECURITY: "how data is kept safe",
    Kind.AUTOMATION: "automated decisions and the training of models", Kind.CONTROLLER: "who answers for your data",
    Kind.NOTICE: "how changes are announced", Kind.SCOPE: "what the document covers", Kind.TERMS: "the contract",
}  # fmt: skip

_SAYS = {
    Direction.ADDED: ("now says", "appears to say now"),
    Direction.REMOVED: ("no longer says", "appears to say no longer"),
    Direction.CHANGED: ("changed what it says", "appears to have changed what it says"),
}
_NAMES = {
    Direction.ADDED: ("now names", "appears to name now"),
    Direction.REMOVED: ("no longer names", "appears to name no longer"),
}
_LISTS = {
    Direction.ADDED: ("now lists", "appears to list now"),
    Direction.REMOVED: ("no longer lists", "appears to list no longer"),
}
_OPENS = "“\"'‘(&"
_NAME_LINKS = frozenset({"&", "of", "de", "and"})
_WITH_ARTICLE = (
    "United ",
    "Netherlands",
    "Philippines",
    "Czech Republic",
    "European ",
    "Bahamas",
    "Isle ",
    "Dominican ",
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding with what its sentence depends on."""

    finding: Finding
    vendor_name: str | None
    lexicon: Lexicon

    @property
    def who(self) -> str:
        return self.vendor_name or "The policy"

    @property
    def it(self) -> str:
        """Who acts, in a clause after "says that": a policy itself does nothing."""
        return "it" if self.vendor_name else "the vendor"

    @property
    def doubts(self) -> bool:
        return self.finding.confidence < DOUBT_UNDER

    @property
    def words(self) -> str:
        """The subject without the heading that it stands under."""
        return words_of(self.finding.subject, self.finding.section)

    @property
    def sides(self) -> tuple[str, str]:
        """What went and what came, by the subject; one of them is empty where it names no pair."""
        subject, after = self.words, self.finding.after
        if ARROW in subject:
            old, _, new = subject.partition(ARROW)
            return old, new
        is_gone = self.finding.direction is Direction.REMOVED or after is None or subject not in after.quote
        return (subject, "") if is_gone and self.finding.direction is not Direction.ADDED else ("", subject)

    @property
    def turn(self) -> Direction:
        """Whether what the subject names came or went."""
        return Direction.ADDED if self.sides[1] else Direction.REMOVED


def sentence_of(finding: Finding, *, vendor_name: str | None, lexicon: Lexicon) -> str:
    """One plain sentence about one finding; its own ``sentence`` is not looked at."""
    told = _Told(finding, vendor_name, lexicon)
    for say in (_values, _recipients, _countries, _turned, _training, _granted, _entries):
        sentence = say(told)
        if sentence:
            return sentence
    said, thing = f"{told.who} {_SAYS[finding.direction][told.doubts]}", _THINGS[finding.kind]
    old, new = told.sides
    was, now = (f"“{_marked(words, quote)}”" for words, quote in ((old, finding.before), (new, finding.after)))
    if old and new:
        return f"{said} on {thing}: {now} instead of {was}."
    if finding.direction is Direction.CHANGED:
        return f"{said} on {thing}: now {now}." if new else f"{said} on {thing}: no longer {was}."
    return f"{said}, on {thing}: {now if new else was}."


def _marked(words: str, quote: Quote | None) -> str:
    """The words, with a mark where they stop in the middle of a clause of the policy."""
    start = quote.quote.find(words) if quote and words else -1
    if quote is None or start < 0:
        return words
    after = quote.quote[start + len(words) :].lstrip()
    return f"{words} …" if after and (after[0].isalnum() or after[0] in _OPENS) else words


def _values(told: _Told) -> str:
    old, new = told.sides
    if not (old[:1].isdigit() and new[:1].isdigit()):
        return ""
    if told.finding.kind is Kind.RETENTION:
        if told.vendor_name:
            return (
                f"{told.who} {'appears to keep data now' if told.doubts else 'now keeps data'} {new} instead of {old}."
            )
        kept = "appears to be kept now" if told.doubts else "is now kept"
        return f"Data {kept} {new} instead of {_without_unit(old, new)}."
    if told.finding.kind is Kind.CHILDREN:
        return f"{told.who} {'appears to set' if told.doubts else 'now sets'} the age limit at {new} instead of {old}."
    return ""


def _without_unit(old: str, new: str) -> str:
    """``18 months`` beside ``24 months`` is ``18``."""
    was, now = old.split(), new.split()
    return was[0] if len(was) == len(now) == 2 and was[1] == now[1] else old


def _recipients(told: _Told) -> str:
    old, new = told.sides
    if told.finding.kind is not Kind.RECIPIENT or not all(_are_names(s, told.finding.rule) for s in (old, new) if s):
        return ""
    role = "as a recipient of your data" if "," not in (new or old) else "as recipients of your data"
    verb = _NAMES[told.turn][told.doubts]
    return f"{told.who} {verb} {_listed(new or old)}{f' instead of {_listed(old)}' if old and new else ''} {role}."


def _countries(told: _Told) -> str:
    old, new = told.sides
    if told.finding.kind is not Kind.TRANSFER or not all(_are_countries(s, told.lexicon) for s in (old, new) if s):
        return ""
    rest = f" instead of {_listed(old, articles=True)}" if old and new else ""
    return f"{told.who} {_SAYS[told.turn][told.doubts]} that data goes to {_listed(new or old, articles=True)}{rest}."


def _turned(told: _Told) -> str:
    """Opt-in became opt-out, or the reverse."""
    finding, (old, new) = told.finding, told.sides
    if finding.kind is not Kind.CHOICE or finding.rule not in ("choice.out", "choice.in"):
        return ""
    asks = "no longer asks first" if finding.effect is Effect.EXPANDS else "now asks first"
    return f"{told.who} {asks}: “{new}” instead of “{old}”."


def _training(told: _Told) -> str:
    finding, quote = told.finding, told.finding.after or told.finding.before
    if finding.kind is not Kind.AUTOMATION or finding.direction is Direction.CHANGED or quote is None:
        return ""
    found = trained_on(quote.quote, told.lexicon)
    if not found:
        return ""
    does = "does not train models on" if found.is_denied else "trains models on"
    return f"{told.who} {_SAYS[finding.direction][told.doubts]} that {told.it} {does} {found.words}."


def _granted(told: _Told) -> str:
    finding, quote = told.finding, told.finding.after or told.finding.before
    if finding.kind not in (Kind.RIGHTS, Kind.CHOICE) or finding.direction is Direction.CHANGED or quote is None:
        return ""
    grant = granted_in(quote.quote, told.words, lexicon=told.lexicon)
    return f"{told.who} {_SAYS[finding.direction][told.doubts]} that {grant}." if grant else ""


def _entries(told: _Told) -> str:
    finding = told.finding
    if finding.kind is not Kind.DATA or finding.rule != "data.entry" or finding.direction is Direction.CHANGED:
        return ""
    collects = "it collects" if told.vendor_name else "is collected"
    return f"{told.who} {_LISTS[finding.direction][told.doubts]} “{told.words}” among the data that {collects}."


def _are_names(words: str, rule: str) -> bool:
    """Whether each of the parts is a known company or was found as a name, in a few words that are capitalised."""
    return all(_is_name(part) and (rule == NAMED or companies().within(part)) for part in words.split(", "))


def _is_name(words: str) -> bool:
    parts = words.split()
    return 1 <= len(parts) <= MOST_NAME_WORDS and all(part[0].isupper() or part in _NAME_LINKS for part in parts)


def _are_countries(words: str, lexicon: Lexicon) -> bool:
    known = countries(lexicon.language)
    return all(any((n.start, n.end) == (0, len(part)) for n in known.within(part)) for part in words.split(", "))


def _listed(words: str, *, articles: bool = False) -> str:
    """``A, B and C``, with "the" before the countries that take it."""
    parts = words.split(", ")
    if articles:
        parts = [f"the {p}" if p.startswith(_WITH_ARTICLE) or p.replace(".", "").isupper() else p for p in parts]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def summary_of(findings: Sequence[Finding]) -> str:
    """One to four sentences, the gravest first; findings of one kind and direction share one."""
    if not findings:
        return "No change that matters was found."
    groups: dict[tuple[Kind, Direction], list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (-finding.severity.rank, -finding.confidence)):
        groups.setdefault((finding.kind, finding.direction), []).append(finding)
    told = dict.fromkeys(_group_sentence(group) for group in groups.values())
    return " ".join(list(told)[:SUMMARY_SENTENCES])


def _group_sentence(group: Sequence[Finding]) -> str:
    first, more = group[0].sentence, len({finding.sentence for finding in group}) - 1
    if not more:
        return first
    return _names_sentence(group) or f"{first.removesuffix('.')} (and {more} more)."


def _names_sentence(group: Sequence[Finding]) -> str:
    """One sentence for many that name recipients: an edit may bring ten at once. Empty where they say other things."""
    told = [(finding, _NAMED_SENTENCE.match(finding.sentence)) for finding in group]
    starts = {match["start"] for _, match in told if match}
    if len(starts) != 1 or not all(match for _, match in told):
        return ""
    names = list(dict.fromkeys(name for finding, _ in told for name in finding.subject.split(", ")))
    shown, rest = names[:SUMMARY_NAMES], len(names) - SUMMARY_NAMES
    listed = ", ".join(shown) + f" and {rest} more" if rest > 0 else _listed(", ".join(shown))
    return f"{starts.pop()}{listed} as recipients of your data."


def unclassified_summary(language: str | None) -> str:
    """What is said of a comparison that no lexicon can read."""
    if language is None:
        return "The text changed; its language is not known, so what changed is not classified."
    name = LANGUAGES.get(language, f"a language ({language})")
    return f"The text changed; it is in {name}, for which there are no rules yet, so what changed is not classified."


LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay",
    "nb": "Norwegian", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""The languages that policies are most often in, by ISO 639-1."""
