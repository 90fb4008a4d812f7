"""How likely a reader would call a changed sentence a change of a kind: a linear model over signs, each of which can be
said in words. Its weights are plain numbers in ``lexicon/LANGUAGE.judge.json``, made by benchmarks/train_judge.py."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clausewatch.model import Kind, Text
from differ.dates import written_dates

from .clause import share
from .rules import Lexicon
from .units import Difference, Unit

SHORT_WORDS = 4
FEW_KEPT = 0.4
"""Share of sentences in common under which the two are hardly versions of one text."""

RULED = 3.0
SUMMED = 4.0
"""By which the scores of rules and the sums of the clause model are divided, so that all signs are of one size."""

FAR = 2.0
"""Beyond which a lead over the other kinds says nothing more."""

MANY_RULES = 4


DATED = 3.0
"""A sign of this size, so that its weight may be small: whether the vendor dated the document anew says much of all
that changed in it, and large weights are held back."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much changed in all."""

    units: int
    kept_before: float  # share of the old sentences that stand in the new version
    kept_after: float
    is_redated: bool | None = None  # whether the document states another date for itself; None where it states none


@dataclass(frozen=True, slots=True)
class Speaking:
    """What the rules and the clause model say of a piece of one kind."""

    odds: float  # by the clause model
    ruled: float = 0.0  # the strongest rule, and a share of those that agree
    strongest: float = 0.0  # the strongest rule that names a word
    rules: int = 0


@dataclass(frozen=True)
class Judge:
    """A bias per kind and a weight per sign."""

    biases: Mapping[Kind, float]
    weights: Mapping[str, float]

    def chance(self, kind: Kind, signs: Mapping[str, float], *, said: float = 0.0) -> float:
        """0 to 1; signs without a weight are nothing. ``said`` is what other signs come to."""
        return share(self.biases[kind] + self.sum(signs, said=said))

    def sum(self, signs: Mapping[str, float], *, said: float = 0.0) -> float:
        """What the signs come to, added to ``said`` one by one: so it does not matter where a sum is cut in two."""
        weights = self.weights
        for sign, value in signs.items():
            if sign in weights:
                said += weights[sign] * value
        return said


def extent_of(difference: Difference, units: int) -> Extent:
    """``units`` is the number of units that are not of the capture."""
    before, after = difference.before, difference.after
    kept = [
        sum(map(other.sentence_runs.__contains__, body.runs)) / max(1, len(body.runs))
        for body, other in ((before, after), (after, before))
    ]
    return Extent(units, kept[0], kept[1], _is_redated(before.text, after.text))


def _is_redated(before: Text, after: Text) -> bool | None:
    old, new = written_dates(before), written_dates(after)
    return old != new if old and new else None


def signs_of_unit(unit: Unit, *, extent: Extent, lexicon: Lexicon) -> dict[str, float]:
    """What speaks for or against a sentence that changed, whatever its kind."""
    pieces = [piece for piece in unit.pieces if piece.changed]
    content = max(len({lexicon.meaning(key) for key in piece.changed_keys} - {""}) for piece in pieces)
    novel = max(len(piece.novel) for piece in pieces)
    context = pieces[0].context
    keys = [key for piece in pieces for key in piece.changed_keys]
    return {
        f"shape.{_shape(unit)}": 1.0,
        "words": math.log1p(content) / 2,
        "words.one": float(content <= 1),
        "words.two": float(content == 2),
        "words.share": max(len(piece.changed) / max(1, len(piece.sentence.words)) for piece in pieces),
        "words.short": float(max(len(piece.sentence.words) for piece in pieces) <= SHORT_WORDS),
        "words.small": sum(key in lexicon.stop for key in keys) / len(keys),
        "novel": math.log1p(novel) / 2,
        "novel.none": float(novel == 0),
        "novel.proper": float(any(piece.proper for piece in pieces)),
        "likeness": unit.likeness,
        "turned": float(unit.is_turned),
        "turned.not": float(any(key in lexicon.words["negation"] for key in keys)),
        "turned.only": float(any(key in lexicon.words["bound"] for key in keys)),
        "place.item": float(context.is_item),
        "place.row": float(context.is_row),
        "place.heading": float(context.is_heading),
        "place.top": float(not context.section),
        "extent.units": math.log1p(extent.units) / 3,
        "extent.before": extent.kept_before,
        "extent.after": extent.kept_after,
        "extent.redated": DATED * (extent.is_redated is True),
        "extent.same_date": DATED * (extent.is_redated is False),
        "extent.few": float(min(extent.kept_before, extent.kept_after) < FEW_KEPT),
    }


def _shape(unit: Unit) -> str:
    if unit.before is None or unit.after is None:
        return "came" if unit.before is None else "went"
    if unit.is_insertion:
        return "grew"
    return "shrank" if unit.is_deletion else "altered"


def signs_of_kinds(speaking: Mapping[Kind, Speaking]) -> dict[Kind, dict[str, float]]:
    """What speaks for each kind, and how far it leads or trails the others."""
    odds = sorted((said.odds for said in speaking.values()), reverse=True)
    ruled = sorted((said.ruled for said in speaking.values()), reverse=True)
    none = math.prod(1 - share(said.odds) for said in speaking.values())
    return {
        kind: {
            "clause": said.odds / SUMMED,
            "clause.share": share(said.odds),
            "clause.lead": _bounded((said.odds - _best_other(odds, said.odds)) / SUMMED, FAR),
            "clause.first": float(said.odds == odds[0]),
            "clause.any": 1 - none,
            "rule": said.ruled / RULED,
            "rule.any": float(said.ruled > 0),
            "rule.first": float(said.ruled == ruled[0] > 0),
            "rule.lead": _bounded((said.ruled - _best_other(ruled, said.ruled)) / RULED, FAR),
            "rule.word": said.strongest / RULED,
            "rule.word.any": float(said.strongest > 0),
            "rule.count": min(said.rules, MANY_RULES) / MANY_RULES,
        }
        for kind, said in speaking.items()
    }


def _best_other(ranked: list[float], own: float) -> float:
    return ranked[1] if own == ranked[0] else ranked[0]


def _bounded(value: float, most: float) -> float:
    return max(-most, min(most, value))


def merged(sides: list[Speaking]) -> Speaking:
    """Of two sides of a sentence the louder one."""
    if len(sides) == 1:
        return sides[0]
    return Speaking(
        max(said.odds for said in sides),
        max(said.ruled for said in sides),
        max(said.strongest for said in sides),
        max(said.rules for said in sides),
    )


@cache
def judge_of(language: str) -> Judge | None:
    """The judge of a language, None where there is none."""
    source = files("differ.findings") / "lexicon" / f"{language}.judge.json"
    if not source.is_file():
        return None
    table = json.loads(source.read_text(encoding="utf-8"))
    return Judge({Kind(kind): bias for kind, bias in table["biases"].items()}, table["weights"])
