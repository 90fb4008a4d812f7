"""Makes the weights of the clause model: ``python -m benchmarks.train_clauses CORPUS OUT.json``.

CORPUS holds ``clauses.jsonl`` (a JSON object a line: ``vendor``, ``document``, ``heading`` as a path joined by " > ",
``lead``, ``text``, ``kinds``) and may hold ``gold.jsonl`` with ``pairs.jsonl``. All vendors are learned from; figures
come from others' weights (score_findings). Deterministic. Not needed to run Clausewatch."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.headings import USED_BY, Heard, Placed, heard_of
from benchmarks.labelled import LONGEST, SHORTEST, Clause, Pair, read_clauses, read_pairs, sentences_of
from benchmarks.logistic import Array, fit
from benchmarks.sides import Chosen, every
from benchmarks.word_vectors import Vectors, vectors_of
from clausewatch.model import Kind
from differ.findings.clause import ClauseModel, features_of, plain
from differ.findings.kinds import fired_rules
from differ.findings.names import companies
from differ.findings.rules import Lexicon, lexicon_of
from differ.findings.sentences import keys_of

NO_NAMES = frozenset({"adjust", "new", "trad", "digital", "render"})  # stems in names of companies that say something
SPREAD = 0.15  # variance that weights are expected to have: the best of those tried, vendors left out
LIKE_NEIGHBOURS = 0.8  # how much of a word's weight may come from its neighbours, against its own
VENDORS_FROM = 5  # a feature that fewer vendors use says more about them than about a kind
COMMON_FROM = 25  # vendors that use a word which is also in a vendor's name: a word of the language then
SIZES = {"b": 0.5, "o": 0.5, "r": 1.5}  # of features that count for less or more than a word
PLACES = ("w", "h", "l")  # where a word stands: the sentence, its headings, its lead-in
UNIT = 100  # weights are whole hundredths
LEAST = 4  # hundredths; a feature under it for every kind is left out


@dataclass(frozen=True)
class Example:
    """The features of a clause and the kinds that a reader named."""

    vendor: str
    features: frozenset[str]
    kinds: frozenset[str]


@dataclass(frozen=True)
class Lessons:
    """All that there is to learn from."""

    examples: tuple[Example, ...]
    sentences: tuple[Placed, ...]  # of clauses, without headings, and of both versions of all pairs
    pairs: tuple[Pair, ...]
    lexicon: Lexicon


@dataclass(frozen=True)
class Words:
    """What is known of words without labels."""

    vectors: Vectors  # how alike they are
    heard: Heard  # under which headings they stand
    barred: frozenset[str]  # those of names


Table = dict[str, Array]


def read_lessons(folder: Path, lexicon: Lexicon) -> Lessons:
    """What a folder holds."""
    return lessons_of(read_clauses(folder / "clauses.jsonl"), list(read_pairs(folder, lexicon)), lexicon)


def lessons_of(clauses: Sequence[Clause], pairs: Sequence[Pair], lexicon: Lexicon) -> Lessons:
    """Clauses and the sentences that labelled changes quote as examples, and all sentences without labels."""
    found = [(c.vendor, c.title, c.piece, c.kinds) for c in clauses]
    found += [
        (pair.vendor, pair.title, piece, kinds)
        for pair in pairs
        for unit, kinds in zip(pair.units, pair.named, strict=True)
        for piece in unit.pieces
        if kinds and piece.changed
    ]
    examples = []
    for vendor, title, piece, kinds in found:
        fired = [rule.id for rule, _ in fired_rules(piece, lexicon=lexicon, title=title)]
        examples.append(Example(vendor, features_of(piece, fired=fired, lexicon=lexicon, title=title), kinds))
    bare = [Placed(c.vendor, tuple(map(plain, c.piece.sentence.keys)), (), ()) for c in clauses]
    bare = [each for each in bare if SHORTEST <= len(each.words) <= LONGEST]
    return Lessons(tuple(examples), (*bare, *sentences_of(pairs, lexicon=lexicon)), tuple(pairs), lexicon)


def words_of(sentences: Sequence[Placed]) -> Words:
    """The words that several vendors use, no names among them: which are alike, and where they stand."""
    users = _users((sentence.vendor, sentence.words) for sentence in sentences)
    barred = _names(users)
    vocabulary = {word for word, vendors in users.items() if len(vendors) >= VENDORS_FROM} - barred
    vectors = vectors_of([sentence.words for sentence in sentences], vocabulary)
    under = [sentence for sentence in sentences if sentence.kinds]
    said = _users((sentence.vendor, sentence.features) for sentence in under)
    return Words(vectors, heard_of(under, _several(said, barred, USED_BY)), barred)


def _users(found: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    users: dict[str, set[str]] = defaultdict(set)
    for vendor, things in found:
        for thing in things:
            users[thing].add(vendor)
    return users


def _names(users: dict[str, set[str]]) -> frozenset[str]:
    """Words of known companies, and of vendors' names unless they are common besides."""
    vendors = {vendor for using in users.values() for vendor in using}
    own = {plain(key) for vendor in vendors for key in keys_of(vendor)}
    known = {plain(key) for name in companies().values for key in keys_of(name)} - NO_NAMES
    return frozenset(known | {word for word in own if len(users.get(word, ())) < COMMON_FROM})


def _several(users: dict[str, set[str]], barred: frozenset[str], least: int) -> tuple[str, ...]:
    """Features of several vendors that hold no name."""
    return tuple(
        sorted(
            feature
            for feature, vendors in users.items()
            if len(vendors) >= least and not barred.intersection(feature.partition(":")[2].split())
        )
    )


def vocabulary_of(examples: Sequence[Example], barred: frozenset[str]) -> tuple[str, ...]:
    """What the examples of several vendors have in common."""
    return _several(_users((example.vendor, example.features) for example in examples), barred, VENDORS_FROM)


def model_of(lessons: Lessons, chosen: Chosen) -> ClauseModel:
    """A clause model that has seen nothing of other vendors than those chosen, rounded as it would be shipped."""
    biases, rows = rounded(*train(lessons, chosen))
    weights = {feature: tuple(weight / UNIT for weight in row) for feature, row in rows.items()}
    return ClauseModel(tuple(Kind), tuple(bias / UNIT for bias in biases), weights)


def train(lessons: Lessons, chosen: Chosen) -> tuple[Array, Table]:
    """Biases, and for each feature a weight a kind: its own, and what words like it and its headings say."""
    examples = [example for example in lessons.examples if chosen(example.vendor)]
    words = words_of([sentence for sentence in lessons.sentences if chosen(sentence.vendor)])
    vocabulary = vocabulary_of(examples, words.barred)
    index = {feature: at for at, feature in enumerate(vocabulary)}
    sizes = np.array([SIZES.get(feature.partition(":")[0], 1.0) for feature in vocabulary], dtype=np.float32)
    own = np.zeros((len(examples), len(vocabulary)), dtype=np.float32)
    for row, example in enumerate(examples):
        known = [index[feature] for feature in example.features if feature in index]
        own[row, known] = sizes[known]
    shared = np.array([_shared(example, words) for example in examples], dtype=np.float32)
    wanted = np.array([[kind in example.kinds for kind in Kind] for example in examples], dtype=np.float32)
    says = np.ones(len(examples), dtype=np.float32)
    weights, biases = fit(np.hstack([own, shared]), wanted, spread=SPREAD, says=says)
    table: Table = {feature: sizes[at] * weights[at] for feature, at in index.items()}
    return biases, _spread_out(table, weights[len(vocabulary) :], words)


def _shared(example: Example, words: Words) -> Array:
    by_place = [[feature[2:] for feature in sorted(example.features) if feature[:2] == f"{place}:"] for place in PLACES]
    alike = [LIKE_NEIGHBOURS * words.vectors.sum_of(found) for found in by_place]
    return np.concatenate([*alike, words.heard.sum_of(example.features)])


def _spread_out(table: Table, shared: Array, words: Words) -> Table:
    """Add to each feature its part of the weights that features share: by likeness, and by headings."""
    alike = len(PLACES) * words.vectors.rows.shape[1]
    for place, directions in zip(PLACES, np.split(LIKE_NEIGHBOURS * shared[:alike], len(PLACES)), strict=True):
        for word, row in zip(words.vectors.index, words.vectors.rows @ directions, strict=True):
            table[f"{place}:{word}"] = table.get(f"{place}:{word}", 0) + row
    for feature, row in zip(words.heard.index, words.heard.rows @ shared[alike:], strict=True):
        table[feature] = table.get(feature, 0) + row
    return table


def rounded(biases: Array, table: Table) -> tuple[list[int], dict[str, list[int]]]:
    """As they are shipped: whole hundredths, without features that say next to nothing."""
    rows = {feature: [round(float(weight) * UNIT) for weight in row] for feature, row in sorted(table.items())}
    kept = {feature: row for feature, row in rows.items() if max(map(abs, row)) >= LEAST}
    return [round(float(bias) * UNIT) for bias in biases], kept


def written(biases: Sequence[int], rows: dict[str, list[int]]) -> str:
    """The file, a feature a line."""
    lines = ",\n".join(f"{json.dumps(feature)}: {json.dumps(row)}" for feature, row in rows.items())
    head = f'"kinds": {json.dumps(list(Kind))},\n"unit": {UNIT},\n"biases": {json.dumps(biases)},\n'
    return f'{{{head}"weights": {{\n{lines}\n}}}}\n'


def main(arguments: Iterable[str]) -> None:
    source, target = map(Path, arguments)
    lexicon = lexicon_of("en")
    assert lexicon is not None
    biases, table = train(read_lessons(source, lexicon), every)
    target.write_text(written(*rounded(biases, table)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
