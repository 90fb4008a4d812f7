"""What a clause is about by all of its words: a linear model whose weights are plain numbers in
``lexicon/LANGUAGE.weights.json``, made by benchmarks/train_clauses.py. It tells the judge; it decides nothing alone."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise

from clausewatch.model import Kind

from .rules import Lexicon, stem
from .sentences import keys_of
from .units import Piece

MANY = 3
"""Words of one family in a sentence from which it is said to speak of little else."""


@dataclass(frozen=True)
class ClauseModel:
    """For each kind a bias, and a weight per feature."""

    kinds: tuple[Kind, ...]
    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def sums(self, features: Iterable[str]) -> dict[Kind, float]:
        """For each kind the logarithm of its odds: a clause may be of two kinds or of none."""
        rows = [self.weights[feature] for feature in sorted(features) if feature in self.weights]
        return dict(zip(self.kinds, map(sum, zip(self.biases, *rows, strict=True)), strict=True))

    def shares(self, features: Iterable[str]) -> dict[Kind, float]:
        """How likely each kind is, 0 to 1, each asked on its own."""
        return {kind: share(odds) for kind, odds in self.sums(features).items()}


def share(odds: float) -> float:
    """A chance from the logarithm of its odds."""
    return 1 / (1 + math.exp(-odds))


def features_of(piece: Piece, *, fired: Iterable[str], lexicon: Lexicon, title: str) -> frozenset[str]:
    """The words of the sentence alone and in twos, of its headings and of its lead-in, the families of words and their
    order, the rules that fired, and whether the document is a contract."""
    words = [plain(key) for key in piece.sentence.keys]
    headings = [key for heading in piece.context.section[-2:] for key in keys_of(heading)]
    lead = keys_of(piece.context.lead)
    found = {f"w:{word}" for word in words}
    found |= {f"b:{left} {right}" for left, right in pairwise(words)}
    found |= {f"h:{plain(key)}" for key in headings}
    found |= {f"l:{plain(key)}" for key in lead}
    found |= order_of(piece.sentence.keys, lexicon)
    found |= {f"hf:{family}" for family in map(lexicon.families.get, headings) if family}
    found |= {f"lf:{family}" for family in map(lexicon.families.get, lead) if family}
    found |= {f"r:{rule}" for rule in fired}
    if lexicon.is_contract(title):
        found.add("d:contract")
    return frozenset(found)


def order_of(keys: Sequence[str], lexicon: Lexicon) -> set[str]:
    """Who does what to which object, roughly: the families of a sentence, which follows which, how it begins."""
    every = [lexicon.families.get(key) or ("#" if key.isdigit() else "") for key in keys]
    families = [family for family in every if family]
    runs = [family for family, _ in groupby(families)]
    found = {f"f:{family}" for family in families}
    found |= {f"n:{left}>{right}" for left, right in pairwise(runs)}
    found |= {f"o:{left}>{right}" for left, right in zip(runs, runs[2:], strict=False)}
    found |= {f"m:{family}" for family, times in Counter(families).items() if times >= MANY}
    if runs:
        found |= {f"s:{runs[0]}", f"s:{'>'.join(runs[:2])}"}
    return found


def plain(key: str) -> str:
    """A word as a feature: stemmed, every number the same."""
    return "#" if key.isdigit() else stem(key)


@cache
def clause_model_of(language: str) -> ClauseModel | None:
    """The model of a language, None where there is none: rules then decide alone."""
    source = files("differ.findings") / "lexicon" / f"{language}.weights.json"
    if not source.is_file():
        return None
    table = json.loads(source.read_text(encoding="utf-8"))
    kinds, unit = [Kind(kind) for kind in table["kinds"]], table["unit"]
    weights = {feature: tuple(weight / unit for weight in row) for feature, row in table["weights"].items()}
    return ClauseModel(tuple(kinds), tuple(bias / unit for bias in table["biases"]), weights)
