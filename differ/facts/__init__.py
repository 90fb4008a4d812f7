"""What one version states: who receives data, how long it is kept, where it goes, from which age on, on what ground,
each with its quote. Thin and true: a fact is left out rather than guessed. What changed is for findings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from clausewatch.model import Fact, Quote, Text

from .contacts import contacts_in, controllers_in, dates_in
from .destinations import destinations_in
from .lexicon import FactLexicon, fact_lexicon_of
from .limits import ages_in
from .passages import Passage, passages_of
from .periods import answers_in, periods_in
from .recipients import Recipients
from .statements import statements_in

__all__ = ["KINDS", "facts_of"]

KINDS = (
    "recipient", "category", "retention", "transfer", "mechanism", "age", "response", "legal-basis", "contact",
    "controller", "date", "opt-out", "automation", "training",
)  # fmt: skip
"""What a fact may be about, in the order of the ledger."""

_KEPT_PASSAGES = 4096
"""Of which the facts are kept: a few long policies, some megabytes."""


def facts_of(text: Text) -> tuple[Fact, ...]:
    """The facts of a version in the order of its text, each once; none where its language has no lexicon."""
    lexicon = fact_lexicon_of(text.language or "en")
    if lexicon is None:
        return ()
    passages = passages_of(text)
    found: dict[tuple[str, str, str], Fact] = {}
    for fact in _facts(passages, text, lexicon=lexicon):
        found.setdefault((fact.kind, fact.value, fact.subject), fact)
    return tuple(sorted(found.values(), key=lambda fact: (fact.quote.start, fact.kind, fact.value, fact.subject)))


def _facts(passages: tuple[Passage, ...], text: Text, *, lexicon: FactLexicon) -> Iterator[Fact]:
    yield from Recipients(passages, text, lexicon=lexicon).all()
    for passage in passages:
        at = passage.sentence.start
        for fact in _facts_of_passage(passage.at_start, lexicon.language):
            quote = Quote(fact.quote.quote, at + fact.quote.start, at + fact.quote.end)
            yield Fact(fact.kind, fact.value, fact.subject, quote)


@lru_cache(_KEPT_PASSAGES)  # a version has nearly all passages of the one before it
def _facts_of_passage(passage: Passage, language: str) -> tuple[Fact, ...]:
    lexicon = fact_lexicon_of(language)
    return tuple(_stated(passage, lexicon)) if lexicon else ()


def _stated(passage: Passage, lexicon: FactLexicon) -> Iterator[Fact]:
    yield from contacts_in(passage)
    yield from dates_in(passage, lexicon=lexicon)
    if passage.is_heading:
        return
    yield from periods_in(passage, lexicon=lexicon)
    yield from answers_in(passage, lexicon=lexicon)
    yield from destinations_in(passage, lexicon=lexicon)
    yield from ages_in(passage, lexicon=lexicon)
    yield from controllers_in(passage, lexicon=lexicon)
    yield from statements_in(passage, lexicon=lexicon)
