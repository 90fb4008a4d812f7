"""``python -m benchmarks.score_rules [PAGE.md]``: how often each rule is right, on both sides of the line, written into
the tables of rules of PAGE (docs/findings.md) or printed. Totals alone leave the vendors that are set aside."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.labelled import piece_of
from benchmarks.measuring import CORPUS
from benchmarks.sides import is_set_aside
from clausewatch.jobs.pairs import compare_pairs
from differ.findings.kinds import fired_rules
from differ.findings.rules import lexicon_of

ROW = re.compile(r"\| `(?P<rule>[\w-]+\.[\w-]+)` \| (?P<about>[^|]*) \| (?P<weight>[^|]*) \| [^|]*\| [^|]*\| [^|]*\|")
NONE = "–"

Share = Counter[bool]  # right or not


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def clauses_right() -> dict[str, Share]:
    """Of the labelled clauses of vendors set aside that a rule fires on, how many are of its kind."""
    lexicon = lexicon_of("en")
    shares: dict[str, Share] = {}
    assert lexicon is not None
    for row in rows_of(CORPUS / "clauses.jsonl"):
        if not is_set_aside(row["vendor"]):
            continue
        piece = piece_of(row["text"], heading=row["heading"], lead=row["lead"])
        for rule, _ in fired_rules(piece, lexicon=lexicon, title=row["document"]):
            if rule.weight:
                shares.setdefault(rule.id, Counter())[rule.kind in row["kinds"]] += 1
    return shares


def comparisons_right() -> tuple[dict[str, Share], dict[str, Share]]:
    """Where a rule was the strongest of a comparison's kind, how often readers saw that kind: looked at, set aside."""
    gold = {row["id"]: row for row in rows_of(CORPUS / "gold.jsonl")}
    sides: tuple[dict[str, Share], dict[str, Share]] = ({}, {})
    for row in compare_pairs(CORPUS / "pairs.jsonl", jobs=2):
        label = gold[row["id"]]
        seen = {change["kind"] for change in label["changes"]}
        surest: dict[str, dict[str, Any]] = {}
        for finding in row.get("findings", ()):
            if finding["confidence"] > surest.get(finding["kind"], {"confidence": 0})["confidence"]:
                surest[finding["kind"]] = finding
        for kind, finding in surest.items():
            side = sides[is_set_aside(label["service"])]
            side.setdefault(finding["rule"], Counter())[kind in seen] += 1
    return sides


def _said(share: Share | None) -> str:
    return f"{share[True]} of {share.total()}" if share else NONE


def main(words: list[str]) -> None:
    """Rewrite the cells of the page, or print a line a rule."""
    if not (CORPUS / "gold.jsonl").exists():
        print("skipped: the corpus does not stand beside the checkout")
        return
    clauses, (seen, aside) = clauses_right(), comparisons_right()
    if not words:
        for rule in sorted(clauses | seen | aside):
            print(f"{rule:24}{_said(clauses.get(rule)):14}{_said(seen.get(rule)):14}{_said(aside.get(rule))}")
        return

    def cells(match: re.Match[str]) -> str:
        rule = match["rule"]
        shares = (clauses.get(rule), seen.get(rule), aside.get(rule))
        return f"| `{rule}` | {match['about']} | {match['weight']} | {' | '.join(map(_said, shares))} |"

    page = Path(words[0])
    page.write_text(ROW.sub(cells, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
