"""Reads the names of companies that one version gives: which are proper there, never written small, and which of them
are the vendor's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from clausewatch.model import Text
from differ.findings.rules import stem
from differ.findings.sentences import keys_of
from differ.kept import Kept

from .company_names import CompanyName, candidates_of, may_be_proper
from .known import known_companies
from .lexicon import FactLexicon

DEFINED_WITHIN = 160  # characters before "we", in which the vendor stands
OPENING_WORDS = 60  # of the version, in which it names its vendor
PARTS = 10  # a version is cut into, to see how far a name is spread
SPREAD_FROM = 6  # parts in which a name of the vendor stands, or more
WORD = 4  # letters that tell a name, or more
KEPT_CHARACTERS = 2_000_000  # of blocks of which it is kept what they say of names

_DEFINED = re.compile(r"[“\"‘'(](?:we|us|our|ours)[,”\"’'. )]", re.IGNORECASE)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[^A-Z]{0,30}([A-Z][\w.&’'-]*(?: [A-Z][\w.&’'-]*){0,3})", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w.@/-])[A-Z][^\W_]+")
_SMALL = re.compile(r"(?<![\w.@/-])[a-z][\w'’]+")


class _Said:
    """What a block, or a piece of one, says of names, wherever it stands."""

    def __init__(self, words: str, language: str) -> None:
        self.known = tuple({name.value for name in known_companies().within(words)})
        capital = {word.lower() for word in set(_WORD.findall(words))}
        self.proper = tuple([key for key in capital if may_be_proper(key, language)])


class _SaidByBlock(_Said):
    """The same of a whole block, with the words that it writes small, and what stands where a vendor names itself."""

    def __init__(self, words: str, language: str) -> None:
        super().__init__(words, language)
        self.small = tuple(set(map(stem, set(_SMALL.findall(words)))))
        before = [words[max(0, match.start() - DEFINED_WITHIN) : match.start()] for match in _DEFINED.finditer(words)]
        self.places = (*before, *(match[1] for match in _COPYRIGHT.finditer(words)))


_said_by_block = Kept(_SaidByBlock, characters=KEPT_CHARACTERS)


class NameReader:
    """Reads the names of one version."""

    def __init__(self, text: Text, *, lexicon: FactLexicon) -> None:
        self._language = lexicon.language
        blocks = tuple([_said_by_block(block.text, lexicon.language) for block in text.blocks])
        self._small = frozenset(chain.from_iterable([block.small for block in blocks]))
        shared = lexicon.patterns["recipient"]
        places = chain(_opening(text, shared=shared), chain.from_iterable([block.places for block in blocks]))
        self._own_values, self._own_words = _stated_names(places, self)
        self._spread_values, self._spread_words = _spread_names(
            text, blocks, small=self._small, language=lexicon.language
        )

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
        """The names, those of the table first, each in order."""
        for each in candidates_of(words, self._language):
            if isinstance(each, CompanyName):
                yield each
            elif name := each.name_in(self._small):
                yield name

    def is_written_small(self, words: str) -> bool:
        """Whether the version writes one of these words small."""
        return any(stem(key) in self._small for key in keys_of(words))


def _stated_names(places: Iterable[str], reader: NameReader) -> tuple[frozenset[str], frozenset[str]]:
    """Values and first words of names in the title and the opening, beside "we", and after the sign of copyright."""
    values = {name.value for place in places for name in reader.all_in(place)}
    words = {keys_of(value)[0] for value in values if value not in known_companies().values and keys_of(value)}
    return frozenset(values), frozenset(words)


def _spread_names(
    text: Text, blocks: Sequence[_SaidByBlock], *, small: frozenset[str], language: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Values of known companies, and proper words, that stand in most parts of the version."""
    values: list[set[str]] = [set() for _ in range(PARTS)]
    words: list[set[str]] = [set() for _ in range(PARTS)]
    size = len(text.text) // PARTS + 1
    for block, start, whole in zip(text.blocks, text.starts, blocks, strict=True):
        for part, said in _by_part(block.text, start, size, whole=whole, language=language):
            values[part].update(said.known)
            words[part].update(said.proper)
    values_often, words_often = (
        frozenset(each for each, count in Counter(chain.from_iterable(found)).items() if count >= SPREAD_FROM)
        for found in (values, words)
    )
    return values_often, frozenset(word for word in words_often if stem(word) not in small)


def _by_part(text: str, start: int, size: int, *, whole: _Said, language: str) -> Iterator[tuple[int, _Said]]:
    """The parts of the version that a block stands in, by number, and what it says in each; nearly all stand in one."""
    first, last = start // size, max(start, start + len(text) - 1) // size
    if first == last:
        yield first, whole
        return
    for part in range(first, last + 1):
        yield part, _Said(text[max(0, part * size - start) : (part + 1) * size - start], language)


def _opening(text: Text, *, shared: re.Pattern[str]) -> Iterator[str]:
    """The title, and the blocks of the opening, in which a version names its vendor: they end where it speaks of
    others."""
    yield text.title or ""
    words = 0
    for block in text.blocks:
        if words >= OPENING_WORDS:
            return
        opening = " ".join(block.text.split()[: OPENING_WORDS - words])
        others = shared.search(opening)
        yield opening[: others.start()] if others else opening
        words = OPENING_WORDS if others else words + len(block.text.split())
