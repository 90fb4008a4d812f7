"""Whether comparisons hold what they promise, on every neighbouring pair of the corpus, both ways round:
``python -m benchmarks.score_exact``. Run again in a process with another hash seed, all must come out the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

from benchmarks.measuring import ROOT
from benchmarks.neighbours import all_pairs, has_corpus, text_of
from clausewatch.model import Alignment, Change, Text
from clausewatch.views.json import section_to_json
from differ import align

SEEDS = ("1", "2")
CHANGES = {change.value for change in Change}


def faults(alignment: Alignment) -> Iterator[str]:
    """Names of what does not hold."""
    sections = [section_to_json(section) for section in alignment.sections]
    for side, ops, text in (("before", "=-", alignment.before), ("after", "=+", alignment.after)):
        own = sorted((row for row in sections if row[side] is not None), key=lambda row: int(row[f"{side}_start"]))
        if "".join(edit[1] for row in own for edit in row["edits"] if edit[0] in ops) != text.text:
            yield f"sections do not join to the {side} text"
        at = 0
        for row in own:
            if row[f"{side}_start"] != at:
                yield f"{side}_start is no start"
            at += sum(len(edit[1]) for edit in row["edits"] if edit[0] in ops)
        places = sorted(place for block in alignment.blocks if (place := getattr(block, side)) is not None)
        if places != list(range(len(text.blocks))):
            yield f"blocks of the {side} text are missing or told twice"
        rows = {getattr(block, side): block.edits for block in alignment.blocks if getattr(block, side) is not None}
        if "".join(edit.text for at in sorted(rows) for edit in rows[at] if edit.op in ops) != text.text:
            yield f"blocks do not join to the {side} text"
    for row in sections:
        if bool(row["change"]) is False and any(edit[0] != "=" for edit in row["edits"]):
            yield "a section with edits is told as unchanged"
        if not set(row["change"]) <= CHANGES:
            yield "a change without a name"
    ids = Counter((edit[2]["moved"], edit[0]) for row in sections for edit in row["edits"] if len(edit) > 2)
    if any(count != 1 or ids[name, "+" if op == "-" else "-"] != 1 for (name, op), count in ids.items()):
        yield "what moved did not leave once and come once"


def check(name: str, before: Text, after: Text) -> Iterator[str]:
    """The faults of a pair, of its reverse, and of each side against itself."""
    for title, one, other in (("", before, after), ("reversed: ", after, before)):
        yield from (f"{name}: {title}{fault}" for fault in faults(align(one, other)))
    for text in (before, after):
        if any(section.change for section in align(text, text).sections):
            yield f"{name}: a text differs from itself"


def fingerprint() -> str:
    """A hash of all that is said of all pairs."""
    total = hashlib.sha256()
    for _, before, after in all_pairs():
        alignment = align(text_of(before), text_of(after))
        total.update(repr((alignment.blocks, alignment.sections)).encode())
    return total.hexdigest()


def main() -> int:
    if not has_corpus():
        print("the corpus does not stand beside the checkout")
        return 0
    found: list[str] = []
    pairs = 0
    for name, before, after in all_pairs():
        pairs += 2
        found += check(name, text_of(before), text_of(after))
    print(f"{pairs} comparisons, {pairs} of a text with itself: {len(found)} failures", *found[:20], sep="\n")
    prints = {_fingerprint_with(seed) for seed in SEEDS}
    print("two processes with other hash seeds agree" if len(prints) == 1 else "two processes with other seeds differ")
    return int(bool(found) or len(prints) > 1)


def _fingerprint_with(seed: str) -> str:
    code = "from benchmarks.score_exact import fingerprint; print(fingerprint())"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
