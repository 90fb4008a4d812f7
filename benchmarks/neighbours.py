"""Texts of the corpus that stood next to each other in a document's history, oldest first."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from functools import lru_cache

from benchmarks.measuring import CORPUS
from clausewatch.model import Text
from differ import read

RECENT_TEXTS = 4096  # most bodies stand in two pairs, or return


@lru_cache(maxsize=RECENT_TEXTS)
def text_of(body: bytes) -> Text:
    """What a Markdown body says."""
    return read(body, content_type="text/markdown", detect_language=False).text


def labelled_pairs() -> Iterator[tuple[str, bytes, bytes]]:
    """The pairs with findings read by people: name, both bodies."""
    for line in (CORPUS / "pairs.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["id"], (CORPUS / row["before"]).read_bytes(), (CORPUS / row["after"]).read_bytes()


def peer_pairs() -> Iterator[tuple[str, bytes, bytes]]:
    """Neighbouring versions that a peer made of the archived captures."""
    for path in sorted((CORPUS / "captures").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))["captures"]
        names = [row["peer_version"] for row in sorted(rows, key=lambda row: row["at"]) if row["peer_version"]]
        files = [CORPUS / "captures" / "peer" / f"{name}.md" for name in dict.fromkeys(names)]
        bodies = [file.read_bytes() for file in files if file.exists()]
        yield from _neighbours(path.stem, bodies)


def replay_pairs() -> Iterator[tuple[str, bytes, bytes]]:
    """Neighbouring versions of each document of the replay histories."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = CORPUS / "replay" / "ota-versions.bundle"
        _git("clone", "--quiet", "--branch", "main", str(bundle), folder)
        names = _git("-C", folder, "ls-files", "-z").decode().split("\0")
        for name in filter(lambda name: name.endswith(".md") and "/" in name, names):
            commits = _git("-C", folder, "log", "--format=%H", "--reverse", "--", name).decode().split()
            wanted = "".join(f"{commit}:{name}\n" for commit in commits).encode()
            yield from _neighbours(name, _bodies(_git("-C", folder, "cat-file", "--batch", given=wanted)))


def all_pairs() -> Iterator[tuple[str, bytes, bytes]]:
    """Every neighbouring pair of the corpus, some 1,500."""
    yield from labelled_pairs()
    yield from peer_pairs()
    yield from replay_pairs()


def has_corpus() -> bool:
    return (CORPUS / "pairs.jsonl").exists()


def _neighbours(name: str, bodies: list[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
    for at in range(1, len(bodies)):
        yield f"{name} {at}", bodies[at - 1], bodies[at]


def _git(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", *words], input=given, stdout=subprocess.PIPE, check=True).stdout


def _bodies(batch: bytes) -> list[bytes]:
    """The blobs that ``git cat-file --batch`` wrote one after the other; a version that was removed has none."""
    found, at = [], 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        head = batch[at:end].split()
        at = end + 1
        if head[-1] != b"missing":
            found.append(batch[at : at + int(head[2])])
            at += int(head[2]) + 1
    return found
