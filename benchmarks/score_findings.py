"""``python -m benchmarks.score_findings [DRAWS]``: the figures of findings on vendors that nothing was learned from.

The weights that are shipped were learned from all labelled vendors, so they are not measured here. Instead weights are
made again: for the vendors set aside from those looked at alone; for all vendors in five parts, each from the other
four, DRAWS times (1), and of that side the mean, the bounds of 95 in 100, and the spread over the draws. Takes a few
minutes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import mean, pstdev
from typing import Any

from benchmarks.measuring import CORPUS
from benchmarks.sides import Chosen, every, is_looked_at, is_set_aside
from benchmarks.train_clauses import read_lessons
from benchmarks.train_judge import fold_of, learn, learn_by_folds
from clausewatch.jobs.evaluate import Evaluation, evaluation_of, read_labels
from clausewatch.jobs.scores import Figure
from clausewatch.jobs.sources import given_file
from clausewatch.model import Alignment
from clausewatch.views.json import finding_to_json, section_to_json
from differ.align import align
from differ.findings import find
from differ.findings.learned import Learned
from differ.findings.rules import lexicon_of

LANGUAGE = "en"

LearnedFor = Callable[[str], Learned]
"""What to judge a vendor by: weights that have not seen it."""


@dataclass(frozen=True)
class Side:
    """A column: some vendors, judged by what was learned from others; an evaluation for each draw of parts."""

    name: str
    evaluations: tuple[Evaluation, ...]


def run(*, draws: int = 1) -> list[Side] | None:
    """The sides; None without the corpus."""
    lexicon = lexicon_of(LANGUAGE)
    if lexicon is None or not (CORPUS / "gold.jsonl").exists():
        return None
    lessons = read_lessons(CORPUS, lexicon)
    texts = _aligned()
    apart = learn(lessons, is_looked_at)
    aside = _evaluated(texts, is_set_aside, lambda _: apart)
    left_out, looked_at = [], []
    for draw in range(draws):
        folds = learn_by_folds(lessons, draw=draw)

        def of_fold(vendor: str, folds: list[Learned] = folds, draw: int = draw) -> Learned:
            return folds[fold_of(vendor, draw)]

        left_out.append(_evaluated(texts, every, of_fold))
        looked_at.append(_evaluated(texts, is_looked_at, of_fold))
    return [
        Side("all, each left out once", tuple(left_out)),
        Side("of these those looked at", tuple(looked_at)),
        Side("set aside", (aside,)),
    ]


@dataclass(frozen=True)
class Aligned:
    """A pair of texts, ready to be read for findings."""

    alignment: Alignment
    have_bodies_differed: bool


def _aligned() -> dict[str, Aligned]:
    """All pairs by their ids."""
    found = {}
    for row in map(json.loads, (CORPUS / "pairs.jsonl").read_text(encoding="utf-8").splitlines()):
        before, after = (given_file(CORPUS / row[side]) for side in ("before", "after"))
        found[row["id"]] = Aligned(align(before.text, after.text), before.body_sha256 != after.body_sha256)
    return found


def _evaluated(texts: Mapping[str, Aligned], chosen: Chosen, learned_for: LearnedFor) -> Evaluation:
    labelled = [pair for pair in read_labels(CORPUS / "gold.jsonl") if chosen(pair.vendor)]
    rows = {pair.id: _row(texts[pair.id], learned_for(pair.vendor)) for pair in labelled}
    return evaluation_of(labelled, rows)


def _row(texts: Aligned, learned: Learned) -> dict[str, Any]:
    """As much of a comparison as figures are made of."""
    result = find(texts.alignment, have_bodies_differed=texts.have_bodies_differed, learned=learned)
    return {
        "findings": [finding_to_json(finding) for finding in result.findings],
        "artefact": result.artefact,
        "sections": [section_to_json(section) for section in texts.alignment.sections],
    }


def main(words: list[str]) -> None:
    """Print the sides beside each other."""
    sides = run(draws=int(words[0]) if words else 1)
    if sides is None:
        print("skipped: the corpus does not stand beside the checkout")
        return
    print(" " * 42 + "".join(f"{f'{side.name} ({side.evaluations[0].pairs} pairs)':42}" for side in sides).rstrip())
    drawn = [[_flat(evaluation) for evaluation in side.evaluations] for side in sides]
    for at, figure in enumerate(drawn[0][0]):
        cells = (_words([figures[at] for figures in side]) for side in drawn)
        print(f"{figure.name:42}" + "".join(f"{cell:42}" for cell in cells).rstrip())


def _flat(evaluation: Evaluation) -> list[Figure]:
    return [figure for part in evaluation.figures() for figure in part]


def _words(figures: list[Figure]) -> str:
    """The mean over the draws with the bounds of the first; the spread where there are several."""
    first, values = figures[0], [figure.value for figure in figures if figure.value is not None]
    if not values:
        return "-"
    spread = f" +-{pstdev(values):.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{spread} ({first.low:.3f} to {first.high:.3f}), {first.of}"


if __name__ == "__main__":
    main(sys.argv[1:])
