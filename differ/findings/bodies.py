"""A version as its sentences, with what the other version asks of it. What follows from the words of a block is kept
by the block: two versions have nearly all of them in common."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from clausewatch.model import BlockKind, Text
from differ.kept import Kept

from .context import Context, contexts_of
from .sentences import Sentence, keys_of_line, run_and_count, shingles_of, split, written_small

BODY_WORDS = 25
"""A block of so many words is no menu and no teaser."""

FEW_ASKED = 40
"""Words that may be looked for one by one before all words are gathered: of a change of a sentence or two."""

KEPT_CHARACTERS = 2_000_000
"""Of blocks of which the words are kept: fifty long policies, some twenty megabytes."""


class BlockWords:
    """What follows from the words of a block, wherever it stands."""

    def __init__(self, text: str) -> None:
        self.spans = tuple(split(text))
        self.lines = tuple([text[start:end] for start, end in self.spans])
        self.is_long = len(text.split()) >= BODY_WORDS
        found = list(map(run_and_count, self.lines))
        self.runs = tuple([run for run, _ in found])
        self.run = "".join(self.runs)
        self.size = sum([count for _, count in found])

    def sentences(self, breaks: tuple[int, ...], *, block: int = 0, start: int = 0) -> Iterator[Sentence]:
        """The sentences of a block of these words, of which it is known where lines break, and where it stands."""
        for (first, last), line in zip(self.spans, self.lines, strict=True):
            yield Sentence(line, block, start + first, _within(breaks, first, last) if breaks else ())

    @cached_property  # dear, and seldom asked for
    def keys(self) -> tuple[str, ...]:
        return tuple(chain.from_iterable(map(keys_of_line, self.lines)))

    @cached_property
    def written_small(self) -> frozenset[str]:
        return frozenset().union(*map(written_small, self.lines))


words_of_block = Kept(BlockWords, characters=KEPT_CHARACTERS)
"""The words of a block, by its text."""


class Body:
    """A version as its sentences, with what is asked of it by the other version."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self._blocks = [words_of_block(block.text) for block in text.blocks]
        self._asked = 0  # words, whether they stand here
        self._sentences: dict[int, tuple[Sentence, ...]] = {}  # by block, as they are asked for

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(sentence for index in range(len(self._blocks)) for sentence in self.in_block(index))

    def in_block(self, index: int) -> tuple[Sentence, ...]:
        """The sentences of a block; none where there is no such block."""
        found = self._sentences.get(index)
        if found is None:
            found = self._sentences[index] = self._made(index) if 0 <= index < len(self._blocks) else ()
        return found

    def _made(self, index: int) -> tuple[Sentence, ...]:
        breaks, start = self.text.blocks[index].breaks, self.text.starts[index]
        return tuple(self._blocks[index].sentences(breaks, block=index, start=start))

    @cached_property
    def contexts(self) -> tuple[Context, ...]:
        """The context of each block."""
        return contexts_of(self.text)

    @cached_property
    def size(self) -> int:
        """How many words there are."""
        return sum([block.size for block in self._blocks])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(chain.from_iterable([block.keys for block in self._blocks]))

    @cached_property
    def run(self) -> str:
        """All words without blanks: what a capture joins or splits is found all the same."""
        return "".join([block.run for block in self._blocks])

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The first and the last block of BODY_WORDS words or more; the document lies between them."""
        long = [index for index, block in enumerate(self._blocks) if block.is_long]
        return (long[0], long[-1]) if long else (0, len(self._blocks))

    @cached_property
    def titles(self) -> tuple[int, ...]:
        """The blocks that are headings of the first level."""
        blocks = enumerate(self.text.blocks)
        return tuple(at for at, block in blocks if block.kind is BlockKind.HEADING and block.level == 1)

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """The words of each sentence, without blanks."""
        return tuple(chain.from_iterable([block.runs for block in self._blocks]))

    @cached_property
    def sentence_runs(self) -> frozenset[str]:
        return frozenset(self.runs)

    @cached_property
    def heading_runs(self) -> frozenset[str]:
        """Headings as a table of contents repeats them, numbering left out."""
        both = zip(self.text.blocks, self._blocks, strict=True)
        headings = [words.runs for block, words in both if block.kind is BlockKind.HEADING]
        return frozenset(run.lstrip("0123456789") for run in chain.from_iterable(headings))

    def novel_among(self, keys: frozenset[str]) -> frozenset[str]:
        """Those of the words that stand nowhere here."""
        if not self._are_few(keys):
            return keys - self._vocabulary
        return keys.difference(*[block.keys for block in self._with_one_of(keys)])

    def never_small_among(self, keys: frozenset[str]) -> frozenset[str]:
        """Those of the words that begin nowhere with a small letter: they may be names."""
        if not self._are_few(keys):
            return keys - self._written_small
        return keys.difference(*[block.written_small for block in self._with_one_of(keys)])

    def _are_few(self, keys: frozenset[str]) -> bool:
        """Whether it is sooner told by the blocks that have such words than by all words, asked now and before."""
        self._asked += len(keys)
        return self._asked <= FEW_ASKED

    def _with_one_of(self, keys: frozenset[str]) -> Iterator[BlockWords]:
        """The blocks that may hold one of the words, and all that do."""
        return (block for block in self._blocks if any(map(block.run.__contains__, keys)))

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(chain.from_iterable([block.keys for block in self._blocks]))

    @cached_property
    def _written_small(self) -> frozenset[str]:
        return frozenset().union(*[block.written_small for block in self._blocks])

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        return frozenset(shingles_of(self.keys))

    def holds(self, sentence: Sentence, *, least_words: int = 4) -> bool:
        """Whether the words stand here in a row; a shorter one must be a sentence of its own here too."""
        if sentence.run in self.sentence_runs:  # nearly always, and soon told
            return True
        return len(sentence.keys) >= least_words and sentence.run in self.run

    def words_in(self, other: Body) -> int:
        """How many words stand in sentences that the other holds."""
        held = other.sentence_runs
        strange = [at for at, block in enumerate(self._blocks) if not held.issuperset(block.runs)]
        lost = [s for at in strange for s in self.in_block(at) if not other.holds(s)]
        return self.size - sum(len(sentence.keys) for sentence in lost)


def _within(breaks: tuple[int, ...], start: int, end: int) -> tuple[int, ...]:
    return tuple(at - start for at in breaks if start < at < end)
