"""Sentences and their words, with offsets into the version's text. Versions as sentences are for bodies.py, what is
equal or new is for units.py to say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clausewatch.model import count_words

ADDRESS_KEY = "<address>"
"""Stands for a web or mail address: which one is editorial, that there is one is not."""

SHINGLE_WORDS = 5
"""Words in a run of five or more that stand in the other version too were moved, not written."""

_KEPT_LINES = 4096
"""Of which the words are kept: names, headings, lead-ins; of the blocks of a version see bodies.py."""

_SHARED_KEYS = 50_000  # distinct words; a policy has a thousand, a language that is written much some tens of thousands
_shared_keys: dict[str, str] = {}
"""Words that were met, so that one string stands for all that are equal: a tenth of the memory, and sets of them are
made in half the time."""

_WORD = re.compile(  # the bounds are those of mailboxes and hosts, and keep it linear on rows of dots and dashes
    r"(?P<address>(?:https?://|www\.|data:image)[^\s|)\]]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|\[email\s?protected\]?"
    r"|[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}\.[a-z]{2,6}/[^\s|)\]]*)"
    r"|(?P<initials>(?:[A-Za-z]\.){2,})"
    r"|[^\W_]+(?:['’][^\W_]+)*"
)
_RARE = re.compile(r"[@/\[]|www\.|data:image|[A-Z]\.[A-Z]\.", re.IGNORECASE)
"""Without one of these no line holds an address or initials."""
_SMALL_LETTERS = bytes(range(128)).lower() + bytes(range(128, 256))
_MARKS = bytes(code for code in range(128) if not chr(code).isalnum())
_PLAIN_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_END = re.compile(r"(?<=[.!?])(?P<quote>[\"”’)\]]*)\s+(?=[\"“‘(\[]?[^\W_a-z])|(?<=;)\s+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|inc|ltd|pte|pvt|pty|llc|corp|co|no|nos|art|arts|vs|mr|mrs|ms|dr|st|ave|u\.s|u\.k|n\.v|b\.v|s\.a"
    r"|sec|para|approx|dept|jr|sr)|(?:^|[\s(])[a-z]|^\d{1,2})\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared (``key``) and where it stands in its sentence."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """A sentence, or an item or a row that holds no more than one."""

    text: str
    block: int  # index into the version's blocks
    start: int  # offset in the version's text
    breaks: tuple[int, ...] = ()  # offsets of the blanks that were line breaks

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(Word(_key(match), match.start(), match.end()) for match in _WORD.finditer(self.text))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return keys_of(self.text)

    @cached_property
    def run(self) -> str:
        """The words as one string, so that containment is a search for a substring."""
        return "".join(self.keys)


def _key(match: re.Match[str]) -> str:
    if match.lastgroup is None:
        return match[0].lower().replace("’", "'").removesuffix("'s")
    return ADDRESS_KEY if match.lastgroup == "address" else match[0].replace(".", "").lower()


@lru_cache(_KEPT_LINES)
def keys_of(line: str) -> tuple[str, ...]:
    """The words of a line as they are compared."""
    return keys_of_line(line)


def keys_of_line(line: str) -> tuple[str, ...]:
    """The same of a line that is not asked for again; what is equal in two lines is mostly one string."""
    if not _is_rare(line):  # nearly all
        return _shared(_plain_keys(line, _PLAIN_WORD.findall(line)))
    return _shared([_key(match) for match in _WORD.finditer(line)])


def run_and_count(line: str) -> tuple[str, int]:
    """The words of a line as one string, and how many they are; of most lines without taking it apart."""
    if line.isascii() and "'" not in line and not _is_rare(line):
        return line.encode().translate(_SMALL_LETTERS, _MARKS).decode(), count_words(line)
    keys = keys_of_line(line)
    return "".join(keys), len(keys)


def _is_rare(line: str) -> bool:
    is_nothing_like_it = "@" not in line and "/" not in line and "[" not in line and ":" not in line
    return not (is_nothing_like_it and line.find(".", 0, -1) < 0) and _RARE.search(line) is not None


def _plain_keys(line: str, words: list[str]) -> list[str]:
    keys = [word.lower() for word in words]
    if "'" in line or "’" in line:
        return [key.replace("’", "'").removesuffix("'s") for key in keys]
    return keys


def _shared(keys: list[str]) -> tuple[str, ...]:
    if len(_shared_keys) > _SHARED_KEYS:
        _shared_keys.clear()
    return tuple(map(_shared_keys.setdefault, keys, keys))


def written_small(line: str) -> frozenset[str]:
    """The words that begin with a small letter, as they are compared."""
    if not _is_rare(line):
        small = [word for word in _PLAIN_WORD.findall(line) if word[0].islower()]
        return frozenset(_plain_keys(line, small))
    return frozenset([_key(match) for match in _WORD.finditer(line) if match[0][0].islower()])


def shingles_of(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The runs of SHINGLE_WORDS words, one from each word on."""
    return zip(*(keys[at:] for at in range(SHINGLE_WORDS)), strict=False)


def split(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a block.

    >>> [("One. Two, e.g. Three.")[a:b] for a, b in split("One. Two, e.g. Three.")]
    ['One.', 'Two, e.g. Three.']
    """
    start = 0
    for match in _END.finditer(text):
        if _ABBREVIATION.search(text, max(start, match.start() - 8), match.start()):
            continue
        yield start, match.end("quote") if match["quote"] else match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)
