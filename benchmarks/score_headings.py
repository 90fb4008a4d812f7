"""Headings found in documents that a person read: ``python -m benchmarks.score_headings``.

``headings.json`` holds, for each document, the SHA-256 of what a reader takes as its headings, in order, and of lines
that could be taken either way, which count for nothing. A quarter of them was set aside: no rule was made by looking
at their errors.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import CORPUS
from clausewatch.model import BlockKind
from differ.normalise import read

EXPECTED = Path(__file__).with_name("headings.json")


@dataclass(frozen=True, slots=True)
class Score:
    """What was found of one document's headings."""

    name: str
    is_aside: bool
    expected: int
    found: int  # lines called headings, less those that could be taken either way
    right: int

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """A page that stands beside the checkout."""

    name: str
    body: bytes
    content_type: str | None


def hashed(heading: str) -> str:
    """SHA-256 of a heading without regard to case and spaces; numbers before it count."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", heading).casefold().split()).encode()).hexdigest()


def run() -> dict[str, float] | None:
    """Recall and precision over all headings, and over those of the documents set aside; None without the corpus."""
    scores = list(_scores())
    if not scores:
        return None
    every, aside = total("all", scores), total("aside", [score for score in scores if score.is_aside])
    return {
        "recall": every.recall,
        "precision": every.precision,
        "aside_recall": aside.recall,
        "aside_precision": aside.precision,
    }


def total(name: str, scores: Iterable[Score]) -> Score:
    """The sums of some documents."""
    scores = list(scores)
    expected, found, right = (sum(getattr(score, part) for score in scores) for part in ("expected", "found", "right"))
    return Score(name, False, expected, found, right)


def score(name: str, document: dict[str, Any], headings: list[str]) -> Score:
    """What the hashes of the headings found are worth against those expected."""
    expected = Counter(document["headings"])
    right = sum((expected & Counter(headings)).values())
    either = sum(heading in document["either"] and heading not in expected for heading in headings)
    return Score(name, document["aside"], expected.total(), len(headings) - either, right)


def _scores() -> Iterator[Score]:
    documents = json.loads(EXPECTED.read_text(encoding="utf-8"))
    pages = _pages(documents)
    for document in documents:
        page = pages.get(document["sha256"])
        if page:
            yield score(page.name, document, _headings(page, document.get("type")))


def _headings(page: Page, document_type: str | None) -> list[str]:
    reading = read(
        page.body,
        content_type=page.content_type,
        name=page.name if page.content_type is None else None,
        document_type=document_type,
        detect_language=False,
    )
    return [hashed(block.text) for block in reading.text.blocks if block.kind is BlockKind.HEADING]


def _pages(documents: list[dict[str, Any]]) -> dict[str, Page]:
    """The pages by their hash."""
    paths = [CORPUS / "pairs" / document["pair"] for document in documents if "pair" in document]
    paths += (CORPUS.parent / "seeds").glob("*")
    found: dict[str, Page] = {}
    for path in paths:
        if path.is_file():
            body = path.read_bytes()
            found[hashlib.sha256(body).hexdigest()] = Page(path.name, body, None)
    for document in documents:
        if "capture" in document:
            page = _captured(CORPUS / "captures" / f"{document['capture']}.warc.gz", document["sha256"])
            found |= {document["sha256"]: page} if page else {}
    return found


def _captured(path: Path, sha256: str) -> Page | None:
    from warcio.archiveiterator import ArchiveIterator

    if not path.is_file():
        return None
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            body = record.content_stream().read()
            if record.rec_type == "response" and hashlib.sha256(body).hexdigest() == sha256:
                return Page(path.name, body, record.http_headers.get_header("content-type"))
    return None


def main() -> None:
    """Print a line a document and the sums."""
    scores = list(_scores())
    if not scores:
        print("the corpus does not stand beside the checkout")
        return
    print(f"{'document (* set aside)':45} {'headings':>8} {'found':>6} {'right':>6} {'recall':>7} {'precision':>9}")
    sums = [
        total("set aside", [score for score in scores if score.is_aside]),
        total("the others", [score for score in scores if not score.is_aside]),
        total("all", scores),
    ]
    for each in [*scores, *sums]:
        name = f"{each.name[:42]}{' *' if each.is_aside else ''}"
        counts = f"{each.expected:8} {each.found:6} {each.right:6}"
        print(f"{name:45} {counts} {each.recall:7.3f} {each.precision:9.3f}")


if __name__ == "__main__":
    main()
