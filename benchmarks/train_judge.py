"""Makes the weights of the judge: ``python -m benchmarks.train_judge CORPUS OUT.json``, CORPUS as for train_clauses.

The clause model that it learns beside has not seen the vendor either, so that the judge trusts it as far as it will
hold on others. Prints kind F1 by threshold with vendors left out. Deterministic. Not needed to run Clausewatch."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.labelled import Clause, Pair, read_clauses, read_pairs
from benchmarks.logistic import Array, fit
from benchmarks.train_clauses import UNIT, examples_of, rounded, train, words_of
from clausewatch.model import Kind
from differ.findings.clause import ClauseModel, share
from differ.findings.kinds import hear, signs_of
from differ.findings.rules import Lexicon, lexicon_of

FOLDS = 5
SPREAD = 0.005  # variance that weights are expected to have: the best of those tried, vendors left out
UNQUOTED = 0.3  # how much a sentence counts that no label quotes, in a pair with labels: they quote one of many
DIGITS = 3
THRESHOLDS = [0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.25, 0.3]

Signs = dict[Kind, dict[str, float]]


@dataclass(frozen=True)
class Case:
    """A sentence that changed, a kind, and whether a label says so."""

    pair: int
    kind: Kind
    signs: dict[str, float]
    is_kind: bool
    says: float


def fold_of(vendor: str) -> int:
    """Which fold a vendor is in."""
    return int(hashlib.sha256(f"fold {vendor.lower()}".encode()).hexdigest()[:8], 16) % FOLDS


def models_without(clauses: Sequence[Clause], pairs: Sequence[Pair], lexicon: Lexicon) -> list[ClauseModel]:
    """For each fold a clause model that has seen nothing of its vendors."""
    examples, words = examples_of(clauses, pairs, lexicon), words_of(clauses, pairs)
    models = []
    for fold in range(FOLDS):
        biases, rows = rounded(*train([each for each in examples if fold_of(each.vendor) != fold], words))
        weights = {feature: tuple(weight / UNIT for weight in row) for feature, row in rows.items()}
        models.append(ClauseModel(tuple(Kind), tuple(bias / UNIT for bias in biases), weights))
    return models


def cases_of(at: int, pair: Pair, *, model: ClauseModel, lexicon: Lexicon) -> list[Case]:
    """A case for each sentence and kind of a pair."""
    found = []
    for unit, named in zip(pair.units, pair.named, strict=True):
        heard = [hear(p, model=model, lexicon=lexicon, title=pair.title) for p in unit.pieces if p.changed]
        if not heard:
            continue
        signs = signs_of(unit, heard, lexicon=lexicon, title=pair.title, extent=pair.extent)
        for kind, its in signs.items():
            says = 1.0 if kind in named or not pair.is_material or (named and kind not in pair.kinds) else UNQUOTED
            if kind not in named and kind in pair.kinds:
                says = 0.0  # the label may quote one sentence of several
            found.append(Case(at, kind, its, kind in named, says))
    return found


def learned(cases: Sequence[Case]) -> tuple[dict[Kind, float], dict[str, float]]:
    """Biases by kind and weights by sign."""
    names = sorted({name for case in cases for name in case.signs})
    rows = _rows(cases, names)
    wanted = np.array([[case.is_kind] for case in cases], dtype=np.float32)
    says = np.array([case.says for case in cases], dtype=np.float32)
    weights, bias = fit(rows, wanted, spread=SPREAD, says=says)
    column = [float(weight) for weight in weights[:, 0]]
    biases = {kind: round(float(bias[0]) + column[len(names) + at], DIGITS) for at, kind in enumerate(Kind)}
    return biases, {name: round(column[at], DIGITS) for at, name in enumerate(names)}


def _rows(cases: Sequence[Case], names: Sequence[str]) -> Array:
    index, kinds = {name: at for at, name in enumerate(names)}, list(Kind)
    rows = np.zeros((len(cases), len(names) + len(kinds)), dtype=np.float32)
    for row, case in enumerate(cases):
        for name, value in case.signs.items():
            rows[row, index[name]] = value
        rows[row, len(names) + kinds.index(case.kind)] = 1
    return rows


def chances(
    cases: Iterable[Case], biases: dict[Kind, float], weights: dict[str, float]
) -> dict[tuple[int, Kind], float]:
    """For each pair and kind the best chance of its sentences."""
    best: dict[tuple[int, Kind], float] = {}
    for case in cases:
        chance = share(biases[case.kind] + sum(weights[name] * value for name, value in case.signs.items()))
        best[case.pair, case.kind] = max(chance, best.get((case.pair, case.kind), 0.0))
    return best


def left_out(pairs: Sequence[Pair], cases: Sequence[Case]) -> list[tuple[float, float, float]]:
    """Threshold, precision and recall of kinds over pairs, each vendor judged by what was learned from others."""
    folds = [fold_of(pair.vendor) for pair in pairs]
    found: dict[tuple[int, Kind], float] = {}
    for fold in range(FOLDS):
        biases, weights = learned([case for case in cases if folds[case.pair] != fold])
        found |= chances((case for case in cases if folds[case.pair] == fold), biases, weights)
    wanted = sum(len(pair.kinds) for pair in pairs)
    figures = []
    for threshold in THRESHOLDS:
        called = [key for key, chance in found.items() if chance >= threshold]
        right = sum(kind in pairs[at].kinds for at, kind in called)
        figures.append((threshold, right / max(1, len(called)), right / max(1, wanted)))
    return figures


def main(arguments: Iterable[str]) -> None:
    source, target = map(Path, arguments)
    lexicon = lexicon_of("en")
    assert lexicon is not None
    clauses, pairs = read_clauses(source / "clauses.jsonl"), list(read_pairs(source, lexicon))
    models = models_without(clauses, pairs, lexicon)
    cases = [
        case
        for at, pair in enumerate(pairs)
        for case in cases_of(at, pair, model=models[fold_of(pair.vendor)], lexicon=lexicon)
    ]
    biases, weights = learned(cases)
    target.write_text(json.dumps({"biases": biases, "weights": weights}, indent=1) + "\n", encoding="utf-8")
    print("vendors left out, pairs that no gate holds back:")
    for threshold, precision, recall in left_out(pairs, cases):
        print(f"from {threshold:.2f}  P {precision:.3f}  R {recall:.3f}  F1 {_f1(precision, recall):.3f}")


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
