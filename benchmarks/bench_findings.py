"""Comparisons, findings and facts of neighbouring pairs a minute, from texts that have been read, on two processes."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks.measuring import CORPUS
from clausewatch.jobs.sources import compare_given, given_file
from clausewatch.jobs.workers import worker_processes
from differ.facts import facts_of

PROCESSES = 2


def run() -> dict[str, float] | None:
    """Pairs a minute with PROCESSES processes, and the processor time of one pair. None without the corpus."""
    file = CORPUS / "pairs.jsonl"
    if not file.exists():
        return None
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    shares = [pairs[at::PROCESSES] for at in range(PROCESSES)]
    with worker_processes(PROCESSES) as workers:
        taken = list(workers.map(_work, shares))
    wall, busy = max(wall for wall, _ in taken), sum(busy for _, busy in taken)
    return {
        "pairs": len(pairs),
        "pairs_a_minute": 60 * len(pairs) / wall,
        "pairs_a_cpu_minute": 60 * len(pairs) / busy,
        "ms_a_pair": 1000 * busy / len(pairs),
    }


def _work(pairs: list[dict[str, str]]) -> tuple[float, float]:
    """Seconds by the wall and of the processor for these pairs; reading them is not counted."""
    given = [tuple(given_file(Path(CORPUS, pair[side])) for side in ("before", "after")) for pair in pairs]
    compare_given(*given[0])  # lexicon and weights are read once
    wall, busy = time.perf_counter(), time.process_time()
    for before, after in given:
        compare_given(before, after)
        facts_of(after.text)
    return time.perf_counter() - wall, time.process_time() - busy
