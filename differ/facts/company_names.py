"""What names of companies look like: those of the table, those with a legal form, and those that may be proper, which
are no words of policies. Which are proper in a version, and which the vendor's own, is for name_reader.py to say."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from differ.findings.clause import clause_model_of, plain
from differ.findings.names import countries
from differ.findings.rules import stem
from differ.findings.sentences import keys_of
from differ.kept import Kept

from .known import known_companies
from .lexicon import lexicon_for

KEPT_CHARACTERS = 2_000_000  # of passages of which the names are kept
LONGEST_NAME = 100  # characters; what is longer is a line in capitals
KEPT_WORDS = 16_384
MOST_WORDS = 6  # of a name; what is longer describes somebody

_CAP = r"(?:[A-Z][\w&’'!+-]*(?:\.(?=[\w&]))?)+|[a-z]{1,8}[A-Z][\w-]*"
_FORM = (
    r"(?:Inc|LLC|L\.L\.C|Ltd|LTD|Limited|GmbH|AG|SE|SAS|S\.A\.S|SARL|S\.à r\.l|S\.a\.r\.l|SA|S\.A|B\.?V|N\.?V|AB|A/S"
    r"|ApS|Oy|OÜ|Pty|Pte|Pvt|PLC|Plc|plc|LLP|LP|Corp|Corporation|Co|KG|S\.?p\.?A|S\.?r\.?l|Kft|s\.r\.o|DAC|PBC|EMEA)"
)
_NAME = re.compile(rf"(?<![\w.@/-])(?:{_CAP})(?: (?:(?:&|of|de) )?(?:{_CAP}))*")
_FORMS = re.compile(rf"(?:,? {_FORM}\b\.?|,? Designated Activity Company)+$")
_FORM_NEXT = re.compile(rf"(?:,? {_FORM}\b\.?)+")
_FORM_WITHIN = re.compile(rf" {_FORM}\b\.?(?= )")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name that stands in a passage."""

    value: str  # as the ledger calls it
    start: int
    end: int
    is_known: bool = False  # stands in the table
    has_form: bool = False  # ends with a legal form
    is_proper: bool = False  # its first word is none of policies, and the version writes none of its words small

    @property
    def is_plain(self) -> bool:
        """Whether it is a single word as any may be that begins a line: "Civic", and not "nitroMail"."""
        return " " not in self.value and not self.has_form and not self.is_known and self.value[1:].islower()

    @property
    def is_initials(self) -> bool:
        """Whether it is a single word of capitals, as ISP and FTC are."""
        return " " not in self.value and self.value.rstrip("s").isupper()


def without_form(name: str) -> str:
    """A name without its legal form.

    >>> without_form("Fennel Hosting Pte. Ltd.")
    'Fennel Hosting'
    """
    return _FORMS.sub("", name).strip(" .,'’-") or name


def ledger_name(company: str) -> str:
    """What the ledger calls a company that people name, by any of its names and legal forms.

    >>> ledger_name("facebook"), ledger_name("Quillmark GmbH")
    ('Meta', 'Quillmark')
    """
    companies = known_companies()
    for name in (company, without_form(company)):
        if (value := companies.value_of(name)) != name:
            return value
    begins = companies.within(company)
    return begins[0].value if begins and begins[0].start == 0 else without_form(company)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is a name, if it is a proper one: that takes all words of a version to say."""

    name: CompanyName
    stems: tuple[str, ...]  # of its words
    proper: tuple[str, ...]  # of those that are no words of policies
    begins_proper: bool  # whether its first word is one of these

    def name_in(self, small: frozenset[str]) -> CompanyName | None:
        """The name in a version that writes these stems small; None where it is none."""
        if not self.name.has_form and small.issuperset(self.proper):
            return None
        return replace(self.name, is_proper=True) if self.begins_proper and small.isdisjoint(self.stems) else self.name


def _candidates(words: str, language: str) -> tuple[CompanyName | Candidate, ...]:
    known = known_companies().within(words)
    found: list[CompanyName | Candidate] = [CompanyName(each.value, each.start, each.end, True) for each in known]
    for match in _NAME.finditer(words):
        if any(each.start < match.end() and match.start() < each.end for each in known):
            continue
        candidate = _at(words, match, language=language)
        if candidate:
            found.append(candidate)
    return tuple(found)


def _at(words: str, match: re.Match[str], *, language: str) -> Candidate | None:
    """What begins at a match; of what many sentences begin with, "We" and "Your data", it is known that it is none."""
    end = match.end()
    is_alone = len(match[0]) <= LONGEST_NAME and not _FORM_NEXT.match(words, end, end + LONGEST_NAME)
    if is_alone and _is_no_name(match[0], language):
        return None
    return _unknown(words, match.start(), end, language=language)


@lru_cache(KEPT_WORDS)
def _is_no_name(words: str, language: str) -> bool:
    """Whether a run of words is no name where no legal form stands in it or follows it."""
    return not _FORM_WITHIN.search(words) and _unknown(words, 0, len(words), language=language) is None


candidates_of: Kept[tuple[CompanyName | Candidate, ...]] = Kept(_candidates, characters=KEPT_CHARACTERS)
"""The names of the table in a run of words, then what else may be a name, each in order; takes words and language."""


def _unknown(words: str, start: int, end: int, *, language: str) -> Candidate | None:
    start = _after_small_words(words, start, end, language=language)
    inner = _FORM_WITHIN.search(words, start, end)
    end = inner.end() if inner else end
    if end - start > LONGEST_NAME:
        return None
    form = _FORM_NEXT.match(words, end, end + LONGEST_NAME)
    whole = words[start : form.end() if form else end].strip(" .,")
    value = without_form(whole)
    has_form = bool(_FORMS.search(whole))
    if len(value.split()) > MOST_WORDS or len(value) < 3 or lexicon_for(language).patterns["not_name"].search(value):
        return None
    keys = keys_of(value)
    proper = [may_be_proper(key, language) for key in keys]
    if _is_place(value, language) or not (has_form or any(proper)):
        return None
    stems = tuple(map(stem, keys))
    return Candidate(
        CompanyName(value, start, start + len(whole), has_form=has_form), stems,
        tuple(each for each, is_proper in zip(stems, proper, strict=True) if is_proper),
        begins_proper=any(proper[:1]),
    )  # fmt: skip


def _after_small_words(words: str, start: int, end: int, *, language: str) -> int:
    """Where a name begins that a sentence begins with: "If Larkspur" is Larkspur."""
    for word in words[start:end].split()[:-1]:
        if word.lower() not in lexicon_for(language).words.stop:
            break
        start += len(word) + 1
    return start


def _is_place(value: str, language: str) -> bool:
    """Whether countries are all that the name says."""
    places = countries(language).within(value)
    return bool(places) and 2 * sum(place.end - place.start for place in places) >= len(value)


@lru_cache(KEPT_WORDS)
def may_be_proper(key: str, language: str) -> bool:
    """Whether a word is none that policies use; it is proper in a version that never writes it small."""
    if len(key) < 3 or key.isdigit() or key in lexicon_for(language).words.stop:
        return False
    model = clause_model_of(language)
    return model is None or f"w:{plain(key)}" not in model.weights
