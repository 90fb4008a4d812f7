"""What names of companies look like in a text: those of the table, those with a legal form, and those that are
proper: never written small, and no word of policies. Which of them is the vendor's own is said here too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from clausewatch.model import Text
from differ.findings.clause import clause_model_of, plain
from differ.findings.names import countries
from differ.findings.rules import stem
from differ.findings.sentences import keys_of

from .known import known_companies
from .lexicon import FactLexicon

DEFINED_WITHIN = 160  # characters before "we", in which the vendor stands
OPENING_WORDS = 60  # of the version, in which it names its vendor
PARTS = 10  # a version is cut into, to see how far a name is spread
SPREAD_FROM = 6  # parts in which a name of the vendor stands, or more
LONGEST_NAME = 100  # characters; what is longer is a line in capitals
WORD = 4  # letters that tell a name, or more
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
_DEFINED = re.compile(r"[“\"‘'(](?:we|us|our|ours)[,”\"’'. )]", re.IGNORECASE)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[^A-Z]{0,30}([A-Z][\w.&’'-]*(?: [A-Z][\w.&’'-]*){0,3})", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w.@/-])[A-Z][^\W_]+")
_SMALL = re.compile(r"(?<![\w.@/-])[a-z][\w'’]+")


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


class NameReader:
    """Reads the names of one version."""

    def __init__(self, text: Text, *, lexicon: FactLexicon) -> None:
        self._lexicon = lexicon
        self._small = frozenset(stem(word) for word in _SMALL.findall(text.text))
        model = clause_model_of(lexicon.language)
        self._policy_words = model.weights if model else {}
        self._own_values, self._own_words = _stated_names(text, self, shared=lexicon.patterns["recipient"])
        self._spread_values, self._spread_words = _spread_names(text, self)

    def is_own(self, name: CompanyName) -> bool:
        """Whether it is the vendor's, as the version says or as often as it stands there."""
        return self.is_stated(name) or self._is_one_of(name, self._spread_values, self._spread_words)

    def is_stated(self, name: CompanyName) -> bool:
        """Whether the version says that it is the vendor's."""
        return self._is_one_of(name, self._own_values, self._own_words)

    @staticmethod
    def _is_one_of(name: CompanyName, values: frozenset[str], words: frozenset[str]) -> bool:
        if name.value in values:
            return True
        keys = keys_of(name.value)
        return any(key == own or (len(key) >= WORD and own.startswith(key)) for own in words for key in keys)

    def names_in(self, words: str) -> tuple[CompanyName, ...]:
        """The names in order, the vendor's own left out."""
        return tuple(name for name in self.all_in(words) if not self.is_own(name))

    def all_in(self, words: str) -> Iterator[CompanyName]:
        """The names in order."""
        known = known_companies().within(words)
        for name in known:
            yield CompanyName(name.value, name.start, name.end, is_known=True)
        for match in _NAME.finditer(words):
            if any(name.start < match.end() and match.start() < name.end for name in known):
                continue
            unknown = self._unknown(words, match.start(), match.end())
            if unknown:
                yield unknown

    def proper_words(self, words: str) -> frozenset[str]:
        """The words that begin with a capital and are proper."""
        return frozenset(key for match in _WORD.finditer(words) if self._is_proper(key := match[0].lower()))

    def _unknown(self, words: str, start: int, end: int) -> CompanyName | None:
        start = self._after_small_words(words, start, end)
        inner = _FORM_WITHIN.search(words, start, end)
        end = inner.end() if inner else end
        if end - start > LONGEST_NAME:
            return None
        form = _FORM_NEXT.match(words, end, end + LONGEST_NAME)
        whole = words[start : form.end() if form else end].strip(" .,")
        value = without_form(whole)
        has_form = bool(_FORMS.search(whole))
        if len(value.split()) > MOST_WORDS or len(value) < 3 or self._lexicon.patterns["not_name"].search(value):
            return None
        if self._is_place(value):
            return None
        keys = keys_of(value)
        if not has_form and not any(map(self._is_proper, keys)):
            return None
        is_proper = bool(keys) and self._is_proper(keys[0]) and not any(stem(key) in self._small for key in keys)
        return CompanyName(value, start, start + len(whole), has_form=has_form, is_proper=is_proper)

    def _after_small_words(self, words: str, start: int, end: int) -> int:
        """Where a name begins that a sentence begins with: "If Larkspur" is Larkspur."""
        for word in words[start:end].split()[:-1]:
            if word.lower() not in self._lexicon.words.stop:
                break
            start += len(word) + 1
        return start

    def _is_place(self, value: str) -> bool:
        """Whether countries are all that the name says."""
        places = countries(self._lexicon.language).within(value)
        return bool(places) and 2 * sum(place.end - place.start for place in places) >= len(value)

    def is_written_small(self, words: str) -> bool:
        """Whether the version writes one of these words small."""
        return any(stem(key) in self._small for key in keys_of(words))

    def _is_proper(self, key: str) -> bool:
        if len(key) < 3 or key.isdigit() or stem(key) in self._small or key in self._lexicon.words.stop:
            return False
        return f"w:{plain(key)}" not in self._policy_words


def _stated_names(text: Text, reader: NameReader, *, shared: re.Pattern[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Values and first words of names in the title and the opening, beside "we", and after the sign of copyright."""
    values = {name.value for place in _own_places(text, shared=shared) for name in reader.all_in(place)}
    words = {keys_of(value)[0] for value in values if value not in known_companies().values and keys_of(value)}
    return frozenset(values), frozenset(words)


def _spread_names(text: Text, reader: NameReader) -> tuple[frozenset[str], frozenset[str]]:
    """Values of known companies, and proper words, that stand in most parts of the version."""
    size = len(text.text) // PARTS + 1
    parts = [text.text[at * size : (at + 1) * size] for at in range(PARTS)]
    values = Counter(value for part in parts for value in {name.value for name in known_companies().within(part)})
    words = Counter(key for part in parts for key in reader.proper_words(part))
    values_often, words_often = (
        frozenset(each for each, count in found.items() if count >= SPREAD_FROM) for found in (values, words)
    )
    return values_often, words_often


def _own_places(text: Text, *, shared: re.Pattern[str]) -> Iterator[str]:
    """The passages in which a version names its vendor: those of the opening end where it speaks of others."""
    yield text.title or ""
    words = 0
    for block in text.blocks:
        if words < OPENING_WORDS:
            opening = " ".join(block.text.split()[: OPENING_WORDS - words])
            others = shared.search(opening)
            yield opening[: others.start()] if others else opening
            words = OPENING_WORDS if others else words + len(block.text.split())
        for match in _DEFINED.finditer(block.text):
            yield block.text[max(0, match.start() - DEFINED_WITHIN) : match.start()]
        yield from (match[1] for match in _COPYRIGHT.finditer(block.text))
