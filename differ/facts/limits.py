"""The ages that a version draws lines at."""

from __future__ import annotations

from collections.abc import Iterator

from clausewatch.model import Fact
from differ.findings.values import AGES, ages_of

from .lexicon import FactLexicon
from .passages import Passage

_WORDS = {"thirteen": 13, "fourteen": 14, "sixteen": 16, "eighteen": 18, "twenty-one": 21}


def ages_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """An age in a sentence about minors, or about who may use the service."""
    text = passage.text
    if not lexicon.patterns["minor"].search(text):
        return
    for age in ages_of(text):
        yield passage.fact("age", str(age), "", start=age.start, end=age.end)
    for match in lexicon.patterns["age_more"].finditer(text):
        words = (match["a"] or match["b"] or match["c"]).lower()
        years = _WORDS.get(words) or int(words)
        if years in AGES:
            yield passage.fact("age", str(years), "", start=match.start(), end=match.end())
