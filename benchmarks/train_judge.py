"""Makes the weights of the judge: ``python -m benchmarks.train_judge CORPUS OUT.json``, CORPUS as for train_clauses.

The clause model that it learns beside has not seen the vendor either, so that the judge trusts it as far as it will
hold on others. All vendors are learned from; ``learn`` and ``learn_by_folds`` leave some out, for score_findings.
Deterministic. Not needed to run Clausewatch."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.labelled import Pair
from benchmarks.logistic import Array, fit
from benchmarks.sides import Chosen, every
from benchmarks.train_clauses import Lessons, model_of, read_lessons
from clausewatch.model import Kind
from differ.findings.clause import ClauseModel
from differ.findings.judge import Judge
from differ.findings.kinds import hear, signs_of
from differ.findings.learned import Learned
from differ.findings.rules import Lexicon, lexicon_of

FOLDS = 5
SPREAD = 0.005  # variance that weights are expected to have: the best of those tried, vendors left out
UNQUOTED = 0.3  # how much a sentence counts that no label quotes, in a pair with labels: they quote one of many
DIGITS = 3

Signs = dict[Kind, dict[str, float]]


@dataclass(frozen=True)
class Case:
    """A sentence that changed, a kind, and whether a label says so."""

    pair: int
    kind: Kind
    signs: dict[str, float]
    is_kind: bool
    says: float


def fold_of(vendor: str, draw: int = 0) -> int:
    """Which fold a vendor is in; another draw parts them otherwise."""
    name = f"fold{draw or ''} {vendor.lower()}"
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % FOLDS


def models_without(lessons: Lessons, chosen: Chosen, *, draw: int = 0) -> list[ClauseModel]:
    """For each fold a clause model that has seen nothing of its vendors."""

    def without(fold: int) -> Chosen:
        return lambda vendor: chosen(vendor) and fold_of(vendor, draw) != fold

    return [model_of(lessons, without(fold)) for fold in range(FOLDS)]


def cases_with(lessons: Lessons, models: Sequence[ClauseModel], chosen: Chosen, *, draw: int = 0) -> list[Case]:
    """The cases of all pairs of the chosen vendors, each with the clause model that has not seen the vendor."""
    return [
        case
        for at, pair in enumerate(lessons.pairs)
        if chosen(pair.vendor)
        for case in cases_of(at, pair, model=models[fold_of(pair.vendor, draw)], lexicon=lessons.lexicon)
    ]


def learn(lessons: Lessons, chosen: Chosen) -> Learned:
    """A clause model and a judge that have seen nothing of other vendors than those chosen."""
    cases = cases_with(lessons, models_without(lessons, chosen), chosen)
    return Learned(model_of(lessons, chosen), Judge(*learned(cases)))


def learn_by_folds(lessons: Lessons, *, draw: int = 0) -> list[Learned]:
    """For each fold what can be learned from all vendors but its own."""
    models = models_without(lessons, every, draw=draw)
    cases = cases_with(lessons, models, every, draw=draw)
    folds = [fold_of(pair.vendor, draw) for pair in lessons.pairs]
    judges = [Judge(*learned([case for case in cases if folds[case.pair] != fold])) for fold in range(FOLDS)]
    return [Learned(model, judge) for model, judge in zip(models, judges, strict=True)]


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


def main(arguments: Iterable[str]) -> None:
    source, target = map(Path, arguments)
    lexicon = lexicon_of("en")
    assert lexicon is not None
    lessons = read_lessons(source, lexicon)
    biases, weights = learned(cases_with(lessons, models_without(lessons, every), every))
    target.write_text(json.dumps({"biases": biases, "weights": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
