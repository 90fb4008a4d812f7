"""Whether blame is what its definition says, on real histories: ``python -m benchmarks.score_blame``.

Each document of the replay histories is blamed at its newest version and at one in its middle, once by ``differ.blame``
and once by ``benchmarks.brute_blame``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import differ
from benchmarks.brute_blame import brute_blame
from benchmarks.measuring import CORPUS
from clausewatch.model import Text
from differ.blame import blame

BUNDLE = CORPUS / "replay" / "ota-versions.bundle"


def main() -> int:
    """Print the figures; 1 where a sentence is blamed otherwise than the definition says."""
    if not BUNDLE.exists():
        print(f"{BUNDLE}: does not stand beside the checkout; nothing was measured")
        return 0
    sentences = changed = wrong = 0
    spent = [0.0, 0.0]
    for name, texts in histories():
        for upto in sorted({len(texts), len(texts) // 2 + 1}):
            rows = []
            for number, function in enumerate((blame, brute_blame)):
                started = time.perf_counter()
                rows.append(function(texts[:upto]))
                spent[number] += time.perf_counter() - started
            sentences += len(rows[0])
            changed += sum(each.before is not None for each in rows[0])
            unequal = sum(one != other for one, other in zip(*rows, strict=True))
            wrong += unequal
            if unequal:
                print(f"{name}, version {upto}: {unequal} sentences are blamed otherwise")
    print(f"{sentences} sentences, {changed} of which replaced one: {wrong} otherwise than by the definition")
    print(f"{spent[0]:.1f} s, the definition itself {spent[1]:.1f} s")
    return int(wrong > 0)


def histories() -> Iterator[tuple[str, list[Text]]]:
    """For each document its texts, oldest first; what repeats the one before is left out."""
    with tempfile.TemporaryDirectory() as folder:
        _git(Path(folder), "clone", "--quiet", "--bare", "--branch", "main", str(BUNDLE), folder)
        commits: dict[str, list[str]] = {}
        log = _git(Path(folder), "-c", "core.quotePath=off", "log", "--reverse", "--format=%x01%H", "--name-only")
        for entry in log.decode().split("\x01")[1:]:
            commit, *names = entry.split("\n")
            for name in filter(None, names):
                commits.setdefault(name, []).append(commit)
        for name, those in sorted(commits.items()):
            yield name, _texts(Path(folder), name, those)


def _texts(folder: Path, name: str, commits: list[str]) -> list[Text]:
    texts: list[Text] = []
    for commit in commits:
        text = differ.read(_git(folder, "show", f"{commit}:{name}"), name=name).text
        if text.blocks and (not texts or texts[-1].key != text.key):
            texts.append(text)
    return texts


def _git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main())
