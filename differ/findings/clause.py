"""What a clause is about by all of its words: a linear model whose weights are plain numbers in
``lexicon/LANGUAGE.weights.json``. It speaks where no rule does and settles between rules; the weights are made by
benchmarks/train_clauses.py."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clausewatch.model import Kind

from .rules import Lexicon, stem
from .sentences import keys_of
from .units import Piece


@dataclass(frozen=True)
class ClauseModel:
    """For each kind a bias, and a weight per feature."""

    kinds: tuple[Kind, ...]
    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def shares(self, features: Iterable[str]) -> dict[Kind, float]:
        """How likely each kind is, 0 to 1, each asked on its own: a clause may be of two kinds or of none."""
        rows = [self.weights[feature] for feature in sorted(features) if feature in self.weights]
        sums = map(sum, zip(self.biases, *rows, strict=True))
        return {kind: 1 / (1 + math.exp(-total)) for kind, total in zip(self.kinds, sums, strict=True)}


def features_of(piece: Piece, *, fired: Iterable[str], lexicon: Lexicon, title: str) -> frozenset[str]:
    """The words of the sentence, of its headings and of its lead-in, the rules that fired, and whether the document
    is a contract."""
    found = {f"w:{plain(key)}" for key in piece.sentence.keys}
    found |= {f"h:{plain(key)}" for heading in piece.context.section[-2:] for key in keys_of(heading)}
    found |= {f"l:{plain(key)}" for key in keys_of(piece.context.lead)}
    found |= {f"r:{rule}" for rule in fired}
    if lexicon.is_contract(title):
        found.add("d:contract")
    return frozenset(found)


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
