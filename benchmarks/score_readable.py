"""How well the edits of real neighbours read: ``python -m benchmarks.score_readable``. Edges inside a word, a number or
an address; runs kept between two edits that are too short to be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from benchmarks.neighbours import has_corpus, labelled_pairs, text_of
from clausewatch.model import Edit
from differ import align

SHORT = 3  # characters between two edits that only disturb the eye
_EACH = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # scripts without spaces: an edge may lie between two characters
_INSIDE = re.compile(rf"[^\W_{_EACH}]{{2}}")
_WHOLE = re.compile(
    r"(?:https?://|www\.)[^\s<>\"|]*[\w/]|[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)+|\d+(?:[.,:/]\d+)+|[^\W\d_]+(?:['’][^\W\d_]+)+"
)


def sides(edits: Sequence[Edit]) -> Iterator[tuple[str, list[int]]]:
    """Each side's text with the offsets of the edges in it."""
    for ops in ("=-", "=+"):
        text, edges = "", []
        for edit in edits:
            if edit.op in ops:
                text += edit.text
                edges.append(len(text))
        yield text, edges[:-1]


def inside_words(edits: Sequence[Edit]) -> Iterator[str]:
    """Where an edge lies between two letters or digits, or inside a number, an address or a word with an apostrophe."""
    for text, edges in sides(edits):
        yield from (text[max(0, at - 12) : at + 12] for at in edges if _INSIDE.fullmatch(text[at - 1 : at + 1]))
        spans = [match.span() for match in _WHOLE.finditer(text)]
        cuts = set(edges)
        yield from (text[a:b] for a, b in spans if any(at in cuts for at in range(a + 1, b)))


def short_runs(edits: Sequence[Edit]) -> list[str]:
    """What was kept between two edits and is too short to be read."""
    rows = zip(edits, edits[1:], edits[2:], strict=False)
    kept = [run.text for left, run, right in rows if run.op == "=" and "=" not in (left.op, right.op)]
    return [text for text in kept if len(text) <= SHORT]


def main() -> None:
    if not has_corpus():
        print("the corpus does not stand beside the checkout")
        return
    counted: Counter[str] = Counter()
    shown: list[str] = []
    for _, before, after in labelled_pairs():
        for section in align(text_of(before), text_of(after)).sections:
            cut = list(inside_words(section.edits))
            shown += cut
            pairs = pairwise(section.edits)
            counted["edits"] += sum(edit.op == "=" for edit, other in pairs if other.op != "=")
            counted["edits"] += bool(section.edits) and section.edits[0].op != "="
            counted["cut"] += len(cut)
            counted["short"] += len(short_runs(section.edits))
    print(f"{counted['edits']} edits: {counted['cut']} edges inside a word, number or address", *shown[:20], sep="\n  ")
    print(f"runs of {SHORT} characters or fewer between edits: {100 * counted['short'] / counted['edits']:.1f} per 100")


if __name__ == "__main__":
    main()
