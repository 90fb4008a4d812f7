"""What is kept of a reading to judge later ones by: small, and the same in every process."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, compress

from clausewatch.model import BlockKind, Reading, Text
from differ.faults.ending import ending_of
from differ.vocabulary import CAPITAL_WORDS, POLICY_NAMES, POLICY_WORDS, PRIVACY_WORDS, TERMS_WORDS

__all__ = ["MIN_LEAN", "Signals", "lean_of", "named_types", "shared_share", "signals_of", "types_of"]

_SKETCH_SIZE = 128
_SHINGLE = 5  # words
_FIRST_WORDS = 8  # one word in so many may begin a run: hashing all of them would cost more than reading the page
_LEAN_CHARACTERS = 12_000  # enough to know what a text is about
MIN_LEAN = 0.2
"""Either way; under that a text is about both."""
_NAME_CHARACTERS = 20_000
_NAMES = 6  # the words with a capital that a text has most, the vendor's name among them
_MIN_NAME_COUNT = 3
_NAME = re.compile(r"(?<=[a-zà-ÿ,;(] )[A-ZÀ-Þ][\w&-]{2,}")
_TAIL = 6  # blocks
_MAX_TITLE_WORDS = 12
_TITLE_BLOCKS = 6
_TITLE_PARTS = re.compile(r"\s+[|–—·:»-]\s+|\s*[|»]\s*")
_KEPT_TEXTS = 4  # most snapshots of a document say what the one before said
_NO_NAMES = CAPITAL_WORDS | PRIVACY_WORDS | TERMS_WORDS | frozenset().union(*POLICY_WORDS.values())


@dataclass(frozen=True, slots=True)
class Signals:
    """What one look showed. Hashes are CRC-32."""

    words: int
    policy_share: float
    language: str | None
    sketch: tuple[int, ...]  # the smallest hashes of its runs of five words, ascending
    is_cut: bool = False  # the page ends before its closing tags
    is_torn: bool = False  # and that in the middle of a tag or a sentence
    open_elements: int = 0  # containers left open at the end of a page that is cut
    types: tuple[str, ...] = ()  # of policies that its title and first headings name
    lean: float = 0.0  # from -1, all words are those of terms, to 1, those of privacy policies
    names: tuple[int, ...] = ()  # words with a capital that it has most, most frequent first
    tail: tuple[int, ...] = ()  # its last blocks
    fingerprint: str | None = None  # of what was read: nothing is judged by it


def signals_of(reading: Reading) -> Signals:
    """The signals of a reading."""
    text = reading.text
    ending = ending_of(text.notes)
    return Signals(
        words=text.words,
        policy_share=round(reading.policy_share, 4),
        language=text.language,
        sketch=_sketch(text.text),
        is_cut=ending.is_cut,
        is_torn=ending.is_torn,
        open_elements=ending.open_elements,
        types=types_of(text),
        lean=lean_of(text.text),
        names=_names(text.text[:_NAME_CHARACTERS]),
        tail=tuple(zlib.crc32(block.text.encode()) for block in text.blocks[-_TAIL:]),
        fingerprint=reading.fingerprint,
    )


def named_types(line: str) -> set[str]:
    """The types of policies that a title or heading names."""
    return {name for name, pattern in POLICY_NAMES.items() if pattern.search(line)}


def types_of(text: Text) -> tuple[str, ...]:
    """Of the first heading that names any, else of the title: a title often stands for the whole site."""
    for block in text.blocks[:_TITLE_BLOCKS]:
        is_short = block.text.count(" ") < _MAX_TITLE_WORDS
        if is_short and (block.kind is BlockKind.HEADING or block is text.blocks[0]):
            found = named_types(block.text)
            if found:
                return tuple(sorted(found))
    return tuple(sorted(chain.from_iterable(map(named_types, _TITLE_PARTS.split(text.title or "")[:1]))))


@lru_cache(_KEPT_TEXTS)
def lean_of(text: str) -> float:
    """What a text is about: from -1, all the words that tell are those of terms, to 1, those of privacy policies."""
    words = text[:_LEAN_CHARACTERS].lower().split()
    privacy = sum(map(PRIVACY_WORDS.__contains__, words))
    terms = sum(map(TERMS_WORDS.__contains__, words))
    return round((privacy - terms) / (privacy + terms), 2) if privacy + terms else 0.0


@lru_cache(_KEPT_TEXTS)
def _names(text: str) -> tuple[int, ...]:
    counts = Counter(_NAME.findall(text))
    names = [(-count, word) for word, count in counts.items() if count >= _MIN_NAME_COUNT]
    kept = [word for _, word in sorted(names) if word.lower() not in _NO_NAMES]
    return tuple(zlib.crc32(word.encode()) for word in kept[:_NAMES])


@lru_cache(_KEPT_TEXTS)
def _sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of the runs that begin with one word in eight: which words, their own hashes say."""
    words = text.lower().encode().split()
    first = {word for word in set(words) if not zlib.crc32(word) % _FIRST_WORDS}
    are_first = map(first.__contains__, words)
    starts = list(compress(range(len(words)), are_first)) if len(words) >= _SHINGLE else [0]
    runs = {zlib.crc32(b" ".join(words[at : at + _SHINGLE])) for at in starts}
    return tuple(sorted(runs)[:_SKETCH_SIZE]) if words else ()


def shared_share(one: Sequence[int], other: Sequence[int]) -> float:
    """An estimate, from two sketches, of how much of the smaller text stands in the other too: 0 to 1."""
    if not one or not other:
        return 0.0
    # Both are samples of one rate up to the smaller of the two largest hashes, if the sketch is full.
    limit = min(sketch[-1] if len(sketch) >= _SKETCH_SIZE else 2**32 for sketch in (one, other))
    first, second = ({value for value in sketch if value <= limit} for sketch in (one, other))
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0
