"""Facts that a turn of phrase states: who else receives data by category, mechanisms of transfers, legal bases,
automated decisions, training of models, ways to opt out. The phrases are data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clausewatch.model import Fact

from .lexicon import Hint, Statement
from .passages import Passage

DENIED_WITHIN = 60  # characters before a phrase in which "not" denies it


def hints_in(words: str, hints: Sequence[Hint]) -> tuple[Hint, ...]:
    """Those of the hints that stand in the words, in order. What stands in a passage stands in its block."""
    small = words.lower()
    return tuple([hint for hint in hints if hint[0] in small])


def statements_in(passage: Passage, *, hints: Sequence[Hint]) -> Iterator[Fact]:
    """The statements of a passage, each value once, of those that some hints are of."""
    hinted = {id(statement): statement for _, statement in hints_in(passage.text, hints)} if hints else {}
    for statement in hinted.values():
        if fact := _stated(passage, statement):
            yield fact


def _stated(passage: Passage, statement: Statement) -> Fact | None:
    text = passage.text
    match = statement.said.search(text)
    if not match or (statement.needs and not statement.needs.search(f"{text} / {passage.over}")):
        return None
    before = text[max(0, match.start() - DENIED_WITHIN) : match.start()]
    if statement.denied and statement.denied.search(before):
        return None
    return passage.fact(statement.kind, statement.value, "", start=match.start(), end=match.end())
