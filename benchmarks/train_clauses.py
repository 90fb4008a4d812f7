"""Makes the weights of the clause model from labelled clauses: ``python -m benchmarks.train_clauses CLAUSES OUT``.

CLAUSES holds a JSON object a line: ``vendor``, ``document``, ``heading`` (path joined by " > "), ``lead``, ``text`` and
``kinds``. Deterministic: the seed is fixed, the weights are rounded. Not needed to run Clausewatch."""

from __future__ import annotations

import json
import math
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clausewatch.model import Kind
from differ.findings.clause import features_of, plain
from differ.findings.context import Context
from differ.findings.kinds import fired_rules
from differ.findings.names import companies
from differ.findings.rules import Lexicon, lexicon_of
from differ.findings.sentences import Sentence, keys_of
from differ.findings.units import Piece

NO_NAMES = frozenset({"adjust", "new", "trad", "digital", "render"})  # stems in names of companies that say something
SEED = 20
EPOCHS = 8
RATE = 0.25
PENALTY = 0.02  # L2, per step
VENDORS_FROM = 5  # a feature that fewer vendors use says more about them than about a kind
COMMON_FROM = 25  # vendors that use a word which is also in a vendor's name: a word of the language then
LEAD_LENGTH = 200
UNIT = 100  # weights are whole hundredths


@dataclass(frozen=True)
class Example:
    vendor: str
    features: frozenset[str]
    kinds: frozenset[str]


def read_examples(path: Path, lexicon: Lexicon) -> list[Example]:
    """The labelled clauses of a file as features."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [_example(row, lexicon) for row in rows]


def _example(row: dict[str, object], lexicon: Lexicon) -> Example:
    piece = piece_of(str(row["text"]), heading=str(row["heading"]), lead=str(row["lead"]))
    title = str(row["document"])
    fired = [rule.id for rule, _ in fired_rules(piece, lexicon=lexicon, title=title)]
    kinds = row["kinds"] if isinstance(row["kinds"], list) else []
    features = features_of(piece, fired=fired, lexicon=lexicon, title=title)
    return Example(str(row["vendor"]), features, frozenset(kinds) - {"none"})


def piece_of(text: str, *, heading: str, lead: str) -> Piece:
    """A clause as if all of it were new."""
    sentence = Sentence(text.replace("*", "").replace("_", ""), 0, 0)
    section = tuple(part.strip() for part in heading.split(" > ") if part.strip())
    return Piece(sentence, Context(section, lead[-LEAD_LENGTH:]), frozenset(range(len(sentence.words))))


def vocabulary_of(examples: Sequence[Example]) -> frozenset[str]:
    """Features of several vendors; no known company, and no word of a vendor's name that is not common besides."""
    vendors: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        for feature in example.features:
            vendors[feature].add(example.vendor)
    rare = {plain(key) for example in examples for key in keys_of(example.vendor)}
    known = {plain(key) for name in companies().values for key in keys_of(name)} - NO_NAMES
    return frozenset(
        feature
        for feature, users in vendors.items()
        if len(users) >= VENDORS_FROM
        and feature[2:] not in known
        and (feature[2:] not in rare or len(users) >= COMMON_FROM)
    )


def train(examples: Sequence[Example], vocabulary: frozenset[str], kind: str) -> tuple[float, dict[str, float]]:
    """Bias and weights of one kind: logistic regression by AdaGrad over shuffled examples."""
    rng = random.Random(SEED)  # an order of examples, no secret
    rows = [(sorted(example.features & vocabulary), kind in example.kinds) for example in examples]
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(lambda: 1e-2)
    bias = bias_square = 0.0
    for _ in range(EPOCHS):
        rng.shuffle(rows)
        for features, is_kind in rows:
            total = bias + sum(weights[feature] for feature in features)
            error = (1.0 if is_kind else 0.0) - 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
            bias_square += error * error
            bias += RATE * error / math.sqrt(bias_square + 1e-2)
            for feature in features:
                slope = error - PENALTY * weights[feature]
                squares[feature] += slope * slope
                weights[feature] += RATE * slope / math.sqrt(squares[feature])
    return bias, weights


def main(arguments: Iterable[str]) -> None:
    source, target = map(Path, arguments)
    lexicon = lexicon_of("en")
    assert lexicon is not None
    examples = read_examples(source, lexicon)
    vocabulary = vocabulary_of(examples)
    biases: list[int] = []
    table: dict[str, list[int]] = {feature: [] for feature in sorted(vocabulary)}
    for kind in Kind:
        bias, weights = train(examples, vocabulary, kind)
        biases.append(round(bias * UNIT))
        for feature, row in table.items():
            row.append(round(weights.get(feature, 0.0) * UNIT))
    lines = ",\n".join(f"{json.dumps(feature)}: {json.dumps(row)}" for feature, row in table.items())
    head = f'"kinds": {json.dumps(list(Kind))},\n"unit": {UNIT},\n"biases": {json.dumps(biases)},\n'
    target.write_text(f'{{{head}"weights": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
