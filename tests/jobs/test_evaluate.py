"""Labels read, pairs compared, both set against each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clausewatch.errors import UsageError
from clausewatch.jobs.evaluate import evaluate, read_labels
from tests.support.scenario import policy

CHANGE = {"kind": "retention", "direction": "changed", "effect": "expands", "subject": "18 months -> 24 months"}
LABEL = {"id": "kettle", "vendor": "Marlowe", "material": True, "artefact": False, "changes": [CHANGE]}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    for months in (18, 24):
        (tmp_path / f"{months}.html").write_text(policy(months=months))
    pairs = [{"id": name, "before": "18.html", "after": "24.html"} for name in ("kettle", "unlabelled")]
    pairs.append({"id": "lid", "before": "18.html", "after": "18.html"})
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    return written(tmp_path, LABEL, LABEL | {"id": "lid", "material": False, "changes": []})


def written(folder: Path, *labels: object) -> Path:
    file = folder / "gold.jsonl"
    file.write_text("\n".join(label if isinstance(label, str) else json.dumps(label) for label in labels))
    return file


def test_labels_are_set_against_the_pairs_beside_them(gold: Path) -> None:
    done = evaluate(gold)
    assert (done.pairs, done.material, done.failed, done.misses) == (2, 1, (), ())
    assert {figure.name: figure.value for figure in done.figures()[0]}["kind F1"] == 1.0


def test_the_file_of_the_pairs_can_be_named(gold: Path) -> None:
    moved = gold.with_name("others.jsonl")
    gold.with_name("pairs.jsonl").rename(moved)
    with pytest.raises(UsageError, match="name the file of the pairs with --pairs"):
        evaluate(gold)
    assert evaluate(gold, pairs=moved).misses == ()


def test_a_label_without_its_pair_counts_as_silence_and_is_told(gold: Path) -> None:
    written(gold.parent, LABEL, LABEL | {"id": "spout"})
    done = evaluate(gold)
    assert done.failed == (("spout", "the file of the pairs does not name it"),)
    assert [(miss.pair.id, miss.error) for miss in done.misses] == [("spout", "missed alert")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: is no labelled pair"),
        ('{"id": "lid"}', "'changes' is missing|'material' is missing"),
        (LABEL | {"id": "lid", "material": "yes"}, "'material' is neither true nor false"),
        (LABEL | {"id": "lid", "changes": [CHANGE | {"kind": "tea"}]}, "'tea' is not a valid Kind"),
        (LABEL, "kettle stands in an earlier line too"),
        ("[]", "line 2: is no labelled pair"),
    ],
)
def test_a_bad_label_is_named_by_its_line(tmp_path: Path, line: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        list(read_labels(written(tmp_path, LABEL, line)))


def test_a_file_without_labels_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no labelled pair"):
        list(read_labels(written(tmp_path)))
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_labels(tmp_path / "absent.jsonl"))
