"""From two parsed texts to what lies between them, findings off, against git, lxml's htmldiff and a character diff on
the same pair one after the other; growth with size; and the 334 pairs as one bulk run."""

from __future__ import annotations

import gc
import math
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from diff_match_patch import diff_match_patch
from lxml.html.diff import htmldiff

from benchmarks.measuring import CORPUS, Measured, clausewatch, measure
from benchmarks.neighbours import has_corpus, labelled_pairs, text_of
from benchmarks.policies import policy
from benchmarks.shuffling import begin, disturb
from clausewatch.model import Block, Text
from differ import align

EVERY = 4  # one pair in so many against the peers, which take most of the time
CHARACTER_SECONDS = 1.0  # after which the character diff gives up; counted in full, so it looks faster than it is
TIMES = (1, 2, 4, 8)
RUNS = 5


def run() -> dict[str, float] | None:
    """Ratios of medians, the worst pair, the fitted exponent of growth. None without the corpus."""
    if not has_corpus():
        return None
    pairs = [(text_of(before), text_of(after)) for _, before, after in labelled_pairs()]
    gc.freeze()  # so that collecting garbage does not look at all the texts again and again
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, Callable[[Text, Text], object]] = {
            "ours": _fresh_align,
            "git": lambda before, after: _git(Path(folder), before, after),
            "htmldiff": lambda before, after: htmldiff(_html(before), _html(after)),
            "characters": _characters,
        }
        rows = [{name: _seconds(peer, *pair) for name, peer in peers.items()} for pair in pairs[::EVERY]]
    medians = {name: statistics.median(row[name] for row in rows) for name in peers}
    worst = max(min(_processor_seconds(*pair) for _ in range(2)) for pair in pairs)
    bulk = _bulk()
    return {
        "median_ms": medians["ours"] * 1000,
        "times_git": medians["ours"] / medians["git"],
        "times_htmldiff": medians["ours"] / medians["htmldiff"],
        "times_characters": medians["ours"] / medians["characters"],  # one edit in a text costs those next to nothing
        "times_characters_total": sum(row["ours"] for row in rows) / sum(row["characters"] for row in rows),
        "worst_seconds": worst,
        "growth_exponent": growth(),
        "bulk_seconds": bulk.wall_seconds,
        "bulk_cpu_seconds": bulk.cpu_seconds,  # of both processes; the same however busy the machine is
    }


def _processor_seconds(before: Text, after: Text) -> float:
    started = time.process_time()
    _fresh_align(before, after)
    return time.process_time() - started


def _seconds(peer: Callable[[Text, Text], object], before: Text, after: Text) -> float:
    started = time.perf_counter()
    peer(before, after)
    return time.perf_counter() - started


def _fresh_align(before: Text, after: Text) -> object:
    """On texts of which nothing is remembered from an earlier run."""
    return align(Text(before.blocks), Text(after.blocks))


def _git(folder: Path, before: Text, after: Text) -> object:
    files = [folder / "before", folder / "after"]
    for file, text in zip(files, (before, after), strict=True):
        file.write_text(text.text, encoding="utf-8")
    words = ["git", "diff", "--no-index", "--no-color", "--word-diff=porcelain", "-U99999999"]
    return subprocess.run([*words, *map(str, files)], stdout=subprocess.PIPE, check=False)


def _html(text: Text) -> str:
    return "".join(f"<p>{escape(block.text)}</p>" for block in text.blocks)


def _characters(before: Text, after: Text) -> object:
    engine = diff_match_patch()
    engine.Diff_Timeout = CHARACTER_SECONDS
    found = engine.diff_main(before.text, after.text, False)
    engine.diff_cleanupSemantic(found)
    return found


def growth() -> float:
    """Exponent of time over size, by least squares of logarithms, for one to eight policies joined and edited."""
    parts = [begin(policy(random.Random(seed)), seed=str(seed), is_edited=True) for seed in range(max(TIMES))]
    for part in parts:
        disturb(part, times=20)
    texts = {
        times: (_joined(p.before for p in parts[:times]), _joined(p.after for p in parts[:times])) for times in TIMES
    }
    best = dict.fromkeys(TIMES, math.inf)
    for _ in range(RUNS):  # in turn, so that other work on the machine disturbs all sizes alike
        for times, pair in texts.items():
            best[times] = min(best[times], _processor_seconds(*pair))
    points = [(math.log(len(pair[0].text)), math.log(best[times])) for times, pair in texts.items()]
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def _joined(texts: Iterator[Text]) -> Text:
    blocks: list[Block] = []
    for text in texts:
        blocks += text.blocks
    return Text(tuple(blocks))


def _bulk() -> Measured:
    """All labelled pairs from files to comparisons with findings, by two processes."""
    return measure(clausewatch("diff", "--pairs", CORPUS / "pairs.jsonl", "--jobs", "2"))
