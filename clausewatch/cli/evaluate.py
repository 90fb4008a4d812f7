"""Judge the findings on pairs that people have labelled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clausewatch.cli.executing import Cluster, WithoutTls, workers_of
from clausewatch.cli.running import Json, Run, command
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError

if TYPE_CHECKING:
    from clausewatch.jobs.evaluate import Evaluation
    from clausewatch.jobs.scores import Figure, Miss


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(evaluate)


def evaluate(
    run: Run,
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="A labelled pair a line; docs/findings.md.")],
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Names the files of each pair; default pairs.jsonl beside GOLD.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes; 1 by default.")] = None,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
    errors: Annotated[int, typer.Option(min=0, metavar="N", help="How many of the worst pairs are shown.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the intervals.")] = 0,
    json: Json = False,
) -> None:
    """How far findings agree with people: figures with 95 % intervals, by kind, and the worst pairs."""
    from clausewatch.jobs.evaluate import evaluate as evaluate_pairs

    say = run.say if sys.stderr.isatty() else None
    with workers_of(jobs, cluster, without_tls=without_tls) as workers:
        done = evaluate_pairs(gold, pairs=pairs, jobs=workers.count, cluster=workers.cluster, on_progress=say)
    for pair_id, error in done.failed:
        run.say(f"{pair_id}: {error}")
    if len(done.failed) == done.pairs:
        raise ClausewatchError(f"{gold}: none of its {counted(done.pairs, 'pair')} could be compared")
    figures, kinds = done.figures(seed=seed)
    if json:
        run.put_json(_rows(done, [*figures, *kinds], errors=errors))
        return
    run.put(f"{counted(done.pairs, 'pair')}, {done.material} of them material, {len(done.failed)} not compared\n")
    columns = ("figure", "value", "from", "to", "of")
    run.put_table(columns, _cells(figures), empty="")
    run.put("")
    run.put_table(columns, _cells([kind for kind in kinds if kind.value is not None]), empty="no kinds")
    if errors and done.misses:
        run.put(f"\nthe worst of {counted(len(done.misses), 'pair')} read otherwise:")
        run.put_table(
            ("pair", "error", "kinds wrong", "missed", "what a reader saw"), _worst(done.misses[:errors]), empty=""
        )


def _cells(figures: Sequence[Figure]) -> Iterator[tuple[str, ...]]:
    for figure in figures:
        shares = (figure.value, figure.low, figure.high)
        yield (figure.name, *("-" if share is None else f"{share:.3f}" for share in shares), str(figure.of))


def _worst(misses: Sequence[Miss]) -> Iterator[tuple[str, ...]]:
    for miss in misses:
        yield miss.pair.id, miss.error, ", ".join(miss.wrong), ", ".join(miss.missed), miss.pair.summary[:100]


def _rows(done: Evaluation, figures: Sequence[Figure], *, errors: int) -> Iterator[dict[str, Any]]:
    """A row for each figure and for each of the worst pairs."""
    for figure in figures:
        yield {"figure": figure.name, "value": figure.value, "low": figure.low, "high": figure.high, "of": figure.of}
    for miss in done.misses[:errors]:
        yield {
            "pair": miss.pair.id, "vendor": miss.pair.vendor, "error": miss.error, "wrong": list(miss.wrong),
            "missed": list(miss.missed), "summary": miss.pair.summary,
        }  # fmt: skip
