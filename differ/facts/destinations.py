"""The countries that data is sent to, kept in or reached from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewatch.model import Fact
from differ.findings.names import Name, countries

from .lexicon import FactLexicon
from .passages import CELL, Passage

BESIDE = 160  # characters before a country that say whether data goes there
_BETWEEN = re.compile(r"(?:,? (?:and/or|and|or)|,|;|/|\)?,?(?: and| or)? \()? ?(?:in |to )?(?:the )?")


def destinations_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """Countries in a column of places, in a cell of their own under recipients, or beside words of moving."""
    if CELL in passage.text:
        yield from _of_cells(passage, lexicon=lexicon)
        return
    patterns, text = lexicon.patterns, passage.text
    names = countries(lexicon.language).within(text)
    if not names:
        return
    if passage.intro and patterns["list_of_parties"].search(passage.over) and names[-1].end >= len(text) - 1:
        name = names[-1]
        yield passage.fact("transfer", name.value, text[name.start : name.end], start=name.start, end=name.end)
        return
    if not patterns["transfer"].search(text) or patterns["not_transfer"].search(text):
        return
    last: Name | None = None
    for name in names:
        before, after = text[max(0, name.start - BESIDE) : name.start], text[name.end :]
        follows = last is not None and _BETWEEN.fullmatch(text[last.end : name.start])
        if not (follows or patterns["place_before"].search(before)) or patterns["not_place"].match(after):
            continue
        if follows or not patterns["leaves"].search(before):
            last = name
            yield passage.fact("transfer", name.value, text[name.start : name.end], start=name.start, end=name.end)


def _of_cells(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    patterns = lexicon.patterns
    if patterns["not_place_table"].search(passage.over):
        return
    header = passage.header
    names = countries(lexicon.language)
    for number, (start, cell) in enumerate(passage.cells):
        head = header[number] if number < len(header) else ""
        is_places = bool(patterns["place_column"].search(head))
        found = names.within(cell)
        is_only = bool(found) and sum(name.end - name.start for name in found) >= len(cell) / 2
        if not is_places and not (is_only and patterns["list_of_parties"].search(passage.over)):
            continue
        for name in found:
            at = start + name.start
            yield passage.fact("transfer", name.value, cell[name.start : name.end], start=at, end=start + name.end)
