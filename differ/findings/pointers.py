"""Clauses that send the reader elsewhere: "click here", "for more information, see our Help Center". Rewording one, or
adding it, changes nothing that the document itself says."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .sentences import ADDRESS_KEY
from .units import Piece, Unit


@dataclass(frozen=True, slots=True)
class Pointers:
    """How such a clause begins and ends in one language."""

    begins: re.Pattern[str]
    ends: re.Pattern[str]
    here: frozenset[str]  # words that stand for an address
    at: frozenset[str]  # words that stand before one

    def spans(self, sentence: str) -> list[tuple[int, int]]:
        """The clauses, as offsets; one that nothing ends runs on to the end of the sentence."""
        found: list[tuple[int, int]] = []
        for match in self.begins.finditer(sentence):
            if found and match.start() < found[-1][1]:
                continue
            end = self.ends.search(sentence, match.end())
            found.append((match.start(), end.start() if end else len(sentence)))
        return found


@cache
def pointers_of(language: str) -> Pointers | None:
    """The pointers of a language; None where nobody has written them down."""
    source = files("differ.findings") / "lexicon" / f"{language}.pointers.toml"
    if not source.is_file():
        return None
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    begins, ends = ("|".join(table[name]) for name in ("begins", "ends"))
    here, at = (frozenset(table[name].split()) for name in ("here", "at"))
    return Pointers(re.compile(rf"(?<!\w)(?:{begins})", re.IGNORECASE), re.compile(ends, re.IGNORECASE), here, at)


def only_points(unit: Unit, *, language: str) -> bool:
    """Whether all that changed stands in clauses that send the reader elsewhere, or an address is written out."""
    pointers = pointers_of(language)
    if pointers is None:
        return False
    return _is_written_out(unit, pointers) or all(_is_within(piece, unit, pointers) for piece in unit.pieces)


def _is_written_out(unit: Unit, pointers: Pointers) -> bool:
    """Whether an address stands where "here" stood, or "here" where an address did."""
    if unit.before is None or unit.after is None:
        return False
    sides = [frozenset(piece.changed_keys) - pointers.at for piece in unit.pieces]
    return any(one == {ADDRESS_KEY} and other and other <= pointers.here for one, other in (sides, sides[::-1]))


def _is_within(piece: Piece, unit: Unit, pointers: Pointers) -> bool:
    """Words that stand for an address may give way to such a clause."""
    if not piece.changed:
        return True
    spans = pointers.spans(piece.sentence.text)
    loose = pointers.here if unit.before and unit.after else frozenset[str]()
    return all(
        word.key in loose or any(a <= word.start and word.end <= b for a, b in spans) for word in piece.changed_words
    )
