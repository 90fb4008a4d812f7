"""What one version states: who receives data, how long it is kept, where it goes, from which age on, on what ground,
each with its quote. Thin and true: a fact is left out rather than guessed. What changed is for findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clausewatch.model import Fact, Text

from .block_facts import BlockFacts, facts_of_blocks, moved
from .lexicon import FactLexicon, fact_lexicon_of
from .recipients import Recipients

__all__ = ["KINDS", "facts_of"]

KINDS = (
    "recipient", "category", "retention", "transfer", "mechanism", "age", "response", "legal-basis", "contact",
    "controller", "date", "opt-out", "automation", "training",
)  # fmt: skip
"""What a fact may be about, in the order of the ledger."""


def facts_of(text: Text) -> tuple[Fact, ...]:
    """The facts of a version in the order of its text, each once; none where its language has no lexicon."""
    lexicon = fact_lexicon_of(text.language or "en")
    if lexicon is None:
        return ()
    found: dict[tuple[str, str, str], Fact] = {}
    for fact in _facts(facts_of_blocks(text, lexicon=lexicon), text, lexicon=lexicon):
        found.setdefault((fact.kind, fact.value, fact.subject), fact)
    return tuple(sorted(found.values(), key=lambda fact: (fact.quote.start, fact.kind, fact.value, fact.subject)))


def _facts(blocks: Sequence[BlockFacts], text: Text, *, lexicon: FactLexicon) -> Iterator[Fact]:
    yield from Recipients(blocks, text, lexicon=lexicon).all()
    for block, start in zip(blocks, text.starts, strict=True):
        for fact in block.facts:
            yield moved(fact, start)
