"""Compare pairs of versions that people have labelled, and say how far the findings agree with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clausewatch.errors import UsageError
from clausewatch.jobs.pairs import compare_pairs
from clausewatch.jobs.scores import Figure, LabelledChange, LabelledPair, Miss, Tally, figures_of, miss_of, tally_of
from clausewatch.model import Direction, Effect, Kind

PAIRS_BESIDE = "pairs.jsonl"
"""Where the files of the pairs are named unless told otherwise: a file beside the labels."""

SAY_EVERY = 50  # pairs


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what."""

    pairs: int
    material: int
    failed: tuple[tuple[str, str], ...]  # id and error of pairs that could not be compared; they count as silent
    tallies: tuple[tuple[str, Tally], ...]  # vendor and counts of each pair, in the order of their ids
    misses: tuple[Miss, ...]  # the gravest first

    def figures(self, *, seed: int = 0) -> tuple[list[Figure], list[Figure]]:
        """The figures over all, and the F1 of each kind."""
        return figures_of(self.tallies, seed=seed)


def evaluate(
    gold: Path,
    *,
    pairs: Path | None = None,
    jobs: int = 1,
    cluster: Executor | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Compare each labelled pair, as ``compare_pairs`` does. Raises UsageError where a file cannot be read or a label
    is not one."""
    labelled = {pair.id: pair for pair in read_labels(gold)}
    files = pairs or gold.with_name(PAIRS_BESIDE)
    if not pairs and not files.exists():
        raise UsageError(f"{files}: is not there; name the file of the pairs with --pairs FILE")
    rows: dict[str, dict[str, Any]] = {}
    for done, row in enumerate(compare_pairs(files, jobs=jobs, cluster=cluster), start=1):
        if row["id"] in labelled:
            rows[row["id"]] = row
        if on_progress and done % SAY_EVERY == 0:
            on_progress(f"{done} pairs compared")
    return evaluation_of(list(labelled.values()), rows)


def evaluation_of(labelled: list[LabelledPair], rows: dict[str, dict[str, Any]]) -> Evaluation:
    """The evaluation of comparisons that have been made; ``rows`` by the id of their pair, as ``diff --pairs`` says."""
    ordered = sorted(labelled, key=lambda pair: pair.id)
    absent = {"error": "the file of the pairs does not name it"}
    given = [(pair, rows.get(pair.id, absent)) for pair in ordered]
    misses = [miss for pair, row in given if (miss := miss_of(pair, row))]
    return Evaluation(
        pairs=len(ordered),
        material=sum(pair.is_material for pair in ordered),
        failed=tuple((pair.id, str(row["error"])) for pair, row in given if "error" in row),
        tallies=tuple((pair.vendor, tally_of(pair, row)) for pair, row in given),
        misses=tuple(sorted(misses, key=lambda miss: (-miss.weight, miss.pair.id))),
    )


def read_labels(file: Path) -> Iterator[LabelledPair]:
    """The labelled pairs of a file, a JSON object a line. Raises UsageError that names the line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            pair = _pair(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"{file}, line {number}: is no labelled pair ({wrong})") from error
        if pair.id in seen:
            raise UsageError(f"{file}, line {number}: {pair.id} stands in an earlier line too")
        seen.add(pair.id)
        yield pair
    if not seen:
        raise UsageError(f"{file}: holds no labelled pair")


def _pair(row: dict[str, Any]) -> LabelledPair:
    pair_id = str(row["id"])
    return LabelledPair(
        id=pair_id,
        vendor=str(row.get("vendor") or row.get("service") or pair_id),
        is_material=_bool(row, "material"),
        is_artefact=_bool(row, "artefact") if "artefact" in row else False,
        changes=tuple(_change(change) for change in row["changes"]),
        summary=str(row.get("summary", "")),
    )


def _bool(row: dict[str, Any], name: str) -> bool:
    if not isinstance(row[name], bool):
        raise ValueError(f"'{name}' is neither true nor false")
    return bool(row[name])


def _change(row: dict[str, Any]) -> LabelledChange:
    kind, direction = Kind(row["kind"]), Direction(row["direction"])
    return LabelledChange(
        kind.value, direction.value, Effect(row.get("effect", "unclear")).value, str(row.get("subject", ""))
    )
