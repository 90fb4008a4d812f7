"""Sentences and their words, with offsets into the version's text. What is equal or new is for units.py to say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clausewatch.model import BlockKind, Text

from .context import Context, contexts_of

ADDRESS_KEY = "<address>"
"""Stands for a web or mail address: which one is editorial, that there is one is not."""

SHINGLE_WORDS = 5
"""Words in a run of five or more that stand in the other version too were moved, not written."""

BODY_WORDS = 25
"""A block of so many words is no menu and no teaser."""

_KEPT_LINES = 4096
"""Of which the words are kept: two long policies, some megabytes."""

_KEPT_BODIES = 4
_LONGEST_KEPT = 300_000
"""Characters of a text that is kept, which takes some fifty times as many bytes. Most have under a hundred thousand."""

_WORD = re.compile(  # the bounds are those of mailboxes and hosts, and keep it linear on rows of dots and dashes
    r"(?P<address>(?:https?://|www\.|data:image)[^\s|)\]]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|\[email\s?protected\]?"
    r"|[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}\.[a-z]{2,6}/[^\s|)\]]*)"
    r"|(?P<initials>(?:[A-Za-z]\.){2,})"
    r"|[^\W_]+(?:['’][^\W_]+)*"
)
_RARE = re.compile(r"[@/\[]|www\.|data:image|[A-Z]\.[A-Z]\.", re.IGNORECASE)
"""Without one of these no line holds an address or initials."""
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


@lru_cache(_KEPT_LINES)  # both sides of a comparison hold nearly the same lines
def keys_of(line: str) -> tuple[str, ...]:
    """The words of a line as they are compared."""
    if not _RARE.search(line):  # nearly all
        words = [word.lower() for word in _PLAIN_WORD.findall(line)]
        if "'" in line or "’" in line:
            words = [word.replace("’", "'").removesuffix("'s") for word in words]
        return tuple(words)
    return tuple(_key(match) for match in _WORD.finditer(line))


@lru_cache(_KEPT_LINES)
def _written_small(line: str) -> frozenset[str]:
    return frozenset(_key(match) for match in _WORD.finditer(line) if match[0][0].islower())


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


def _within(breaks: tuple[int, ...], start: int, end: int) -> tuple[int, ...]:
    return tuple(at - start for at in breaks if start < at < end)


class Body:
    """A version as its sentences, with what is asked of it by the other version."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.sentences: tuple[Sentence, ...] = tuple(
            Sentence(block.text[start:end], index, text.starts[index] + start, _within(block.breaks, start, end))
            for index, block in enumerate(text.blocks)
            for start, end in split(block.text)
        )

    @cached_property
    def contexts(self) -> tuple[Context, ...]:
        """The context of each block."""
        return contexts_of(self.text)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for sentence in self.sentences for key in sentence.keys)

    @cached_property
    def run(self) -> str:
        """All words without blanks: what a capture joins or splits is found all the same."""
        return "".join(self.keys)

    @cached_property
    def _blocks(self) -> dict[int, list[Sentence]]:
        blocks: dict[int, list[Sentence]] = {}
        for sentence in self.sentences:
            blocks.setdefault(sentence.block, []).append(sentence)
        return blocks

    def in_block(self, index: int) -> list[Sentence]:
        """The sentences of a block; none where there is no such block."""
        return self._blocks.get(index, [])

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The first and the last block of BODY_WORDS words or more; the document lies between them."""
        long = [index for index, block in enumerate(self.text.blocks) if len(block.text.split()) >= BODY_WORDS]
        return (long[0], long[-1]) if long else (0, len(self.text.blocks))

    @cached_property
    def titles(self) -> tuple[int, ...]:
        """The blocks that are headings of the first level."""
        blocks = enumerate(self.text.blocks)
        return tuple(at for at, block in blocks if block.kind is BlockKind.HEADING and block.level == 1)

    @cached_property
    def sentence_runs(self) -> frozenset[str]:
        return frozenset(sentence.run for sentence in self.sentences)

    @cached_property
    def heading_runs(self) -> frozenset[str]:
        """Headings as a table of contents repeats them, numbering left out."""
        blocks = self.text.blocks
        return frozenset(
            s.run.lstrip("0123456789") for s in self.sentences if blocks[s.block].kind is BlockKind.HEADING
        )

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.keys)

    @cached_property
    def written_small(self) -> frozenset[str]:
        """The words that begin with a small letter somewhere: they are no names."""
        return frozenset().union(*(_written_small(s.text) for s in self.sentences))

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        return frozenset(shingles_of(self.keys))

    def holds(self, sentence: Sentence, *, least_words: int = 4) -> bool:
        """Whether the words stand here in a row; a shorter one must be a sentence of its own here too."""
        if sentence.run in self.sentence_runs:  # nearly always, and soon told
            return True
        return len(sentence.keys) >= least_words and sentence.run in self.run


def body_of(text: Text) -> Body:
    """The text as its sentences, kept a while: a version is compared with the one before it and the one after."""
    return Body(text) if sum(len(block.text) for block in text.blocks) > _LONGEST_KEPT else _kept_body(text)


@lru_cache(_KEPT_BODIES)
def _kept_body(text: Text) -> Body:
    return Body(text)
