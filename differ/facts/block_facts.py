"""What a block states by itself, wherever it stands: all facts but the recipients, which take all of a version to tell
the vendor's own names from others. Two versions have nearly all blocks in common, so it is kept by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from clausewatch.model import Fact, Quote, Text
from differ.findings.context import Context, contexts_of
from differ.kept import Kept

from .company_names import candidates_of
from .contacts import contacts_in, controllers_in, dates_in
from .destinations import destinations_in
from .lexicon import FactLexicon, Hint, lexicon_for
from .limits import ages_in
from .passages import CELL, Passage, intros_of, passages_of_block
from .periods import answers_in, periods_in
from .statements import hints_in, statements_in

KEPT_CHARACTERS = 2_000_000
"""Of blocks of which the facts are kept: fifty long policies, some megabytes."""

_HEAD_END = re.compile(r" \| | \(|: | [—–-] |, (?:which|who|an?|our|the)\b|[.;]?$")


class BlockFacts:
    """The facts of a block that stands where it does, as if it were the first of its version."""

    def __init__(
        self, text: str, breaks: tuple[int, ...], header: tuple[str, ...], context: Context, intro: str, language: str
    ) -> None:
        lexicon = lexicon_for(language)
        passages = passages_of_block(text, breaks=breaks, header=header, context=context, intro=intro)
        self.is_heading = context.is_heading
        hints = hints_in(text, lexicon.hints)
        self.facts = tuple(fact for passage in passages for fact in _stated(passage, lexicon=lexicon, hints=hints))
        self.texts = tuple([passage.text for passage in passages])
        self.naming = tuple([passage for passage in passages if _may_name(passage, language)])
        self.last_start = passages[-1].sentence.start if passages else 0
        self._language = language

    @cached_property
    def says_received(self) -> tuple[bool, ...]:
        """Of each passage whether it says that somebody receives data."""
        found = [sharing_of(text, self._language) for text in self.texts]
        return tuple([sharing.is_said and not sharing.is_denied for sharing in found])


block_facts_of = Kept(BlockFacts, characters=KEPT_CHARACTERS)


class Sharing(NamedTuple):
    """Whether a passage says that somebody receives data, and whether it says that nobody does."""

    is_said: bool
    is_denied: bool


def _sharing(text: str, language: str) -> Sharing:
    patterns = lexicon_for(language).patterns
    return Sharing(patterns["recipient"].search(text) is not None, patterns["not_said"].search(text) is not None)


sharing_of = Kept(_sharing, characters=KEPT_CHARACTERS)
"""The same of a passage of which the names are read, in a language."""


def facts_of_blocks(text: Text, *, lexicon: FactLexicon) -> tuple[BlockFacts, ...]:
    """What each block of a version states by itself, in order."""
    around = zip(text.blocks, contexts_of(text), intros_of(text), strict=True)
    return tuple([
        block_facts_of(
            block.text, block.breaks, block.header if context.is_row else (), context, intro, lexicon.language
        )
        for block, context, intro in around
    ])  # fmt: skip


def moved(fact: Fact, by: int) -> Fact:
    """The same fact, so many characters later in a text."""
    quote = fact.quote
    return Fact(fact.kind, fact.value, fact.subject, Quote(quote.quote, quote.start + by, quote.end + by))


def head_of(words: str) -> str:
    """What an entry of a list begins with: its name, if it has one."""
    end = _HEAD_END.search(words)
    return words[: end.start()] if end else words


def _may_name(passage: Passage, language: str) -> bool:
    """Whether a recipient may stand there: nearly all have no name that could be one."""
    if CELL in passage.text or candidates_of(passage.text, language):
        return True
    return passage.is_listed and bool(candidates_of(head_of(passage.text), language))


def _stated(passage: Passage, *, lexicon: FactLexicon, hints: Sequence[Hint]) -> Iterator[Fact]:
    yield from contacts_in(passage)
    yield from dates_in(passage, lexicon=lexicon)
    if passage.is_heading:
        return
    yield from periods_in(passage, lexicon=lexicon)
    yield from answers_in(passage, lexicon=lexicon)
    yield from destinations_in(passage, lexicon=lexicon)
    yield from ages_in(passage, lexicon=lexicon)
    yield from controllers_in(passage, lexicon=lexicon)
    yield from statements_in(passage, hints=hints)
