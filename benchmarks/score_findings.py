"""``python -m benchmarks.score_findings [ROWS.jsonl]``: the figures on vendors that were looked at, and on those set
aside. ROWS is what ``diff --pairs`` wrote; without it the pairs are compared first."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import CORPUS
from clausewatch.jobs.evaluate import Evaluation, evaluation_of, read_labels
from clausewatch.jobs.pairs import compare_pairs
from clausewatch.jobs.scores import Figure

SIDES = 3
"""A third of the vendors is set aside: no rule is written after them and no weight is trained on them."""


def is_set_aside(vendor: str) -> bool:
    """Whether a vendor is one that nobody looks at."""
    return int(hashlib.sha256(vendor.lower().encode()).hexdigest()[:8], 16) % SIDES == 0


def run(rows_file: Path | None = None, *, jobs: int = 2) -> dict[str, Evaluation] | None:
    """The evaluation of each side; None without the corpus."""
    gold = CORPUS / "gold.jsonl"
    if not gold.exists():
        return None
    rows: list[dict[str, Any]] = (
        [json.loads(line) for line in rows_file.read_text(encoding="utf-8").splitlines()]
        if rows_file
        else list(compare_pairs(CORPUS / "pairs.jsonl", jobs=jobs))
    )
    by_id = {row["id"]: row for row in rows}
    labelled = list(read_labels(gold))
    sides = {
        "looked at": [pair for pair in labelled if not is_set_aside(pair.vendor)],
        "set aside": [pair for pair in labelled if is_set_aside(pair.vendor)],
    }
    return {name: evaluation_of(pairs, by_id) for name, pairs in sides.items()}


def main(words: list[str]) -> None:
    """Print both sides beside each other."""
    found = run(Path(words[0]) if words else None)
    if found is None:
        print("skipped: the corpus does not stand beside the checkout")
        return
    sides = {name: [figure for part in evaluation.figures() for figure in part] for name, evaluation in found.items()}
    heads = [f"{name} ({found[name].pairs} pairs)" for name in sides]
    print(" " * 42 + "".join(f"{head:30}" for head in heads))
    for figures in zip(*sides.values(), strict=True):
        print(f"{figures[0].name:42}" + "".join(f"{_words(figure):30}" for figure in figures).rstrip())


def _words(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f}), {figure.of}"


if __name__ == "__main__":
    main(sys.argv[1:])
