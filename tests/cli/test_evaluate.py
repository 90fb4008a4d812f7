from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import policy

CHANGE = {"kind": "recipient", "direction": "added", "effect": "expands", "subject": "Flurry"}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    for months in (18, 24):
        (tmp_path / f"{months}.html").write_text(policy(months=months))
    (tmp_path / "pairs.jsonl").write_text(json.dumps({"id": "kettle", "before": "18.html", "after": "24.html"}))
    label = {"id": "kettle", "material": True, "artefact": False, "summary": "Longer.", "changes": [CHANGE]}
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps(label))
    return file


def test_figures_kinds_and_the_worst_pairs_are_printed(run: CommandLine, gold: Path) -> None:
    done = run("evaluate", gold)
    assert done.code == 0
    assert "1 pair, 1 of them material, 0 not compared" in done.out
    assert "alert precision  " in done.out
    assert "kettle  wrong kinds  retention    recipient  Longer." in done.out


def test_as_json_each_figure_and_each_of_the_worst_is_a_row(run: CommandLine, gold: Path) -> None:
    rows = run("evaluate", gold, "--json").rows
    figures = {row["figure"]: row for row in rows if "figure" in row}
    assert figures["kind F1"] == {"figure": "kind F1", "value": 0.0, "low": 0.0, "high": 0.0, "of": 1}
    assert figures["retention F1"]["value"] == 0.0
    assert [row["missed"] for row in rows if "pair" in row] == [["recipient"]]


def test_a_bad_file_is_wrong_use(run: CommandLine, gold: Path) -> None:
    gold.write_text("{")
    done = run("evaluate", gold)
    assert done.code == 2
    assert "gold.jsonl, line 1: is no labelled pair" in done.failure


def test_labels_of_which_no_pair_can_be_compared_are_a_failure(run: CommandLine, gold: Path) -> None:
    for file in gold.parent.glob("*.html"):
        file.unlink()
    assert run("evaluate", gold).code == 1
