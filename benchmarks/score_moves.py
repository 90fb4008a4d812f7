"""How much of what moved, was renamed, split or merged is told so: ``python -m benchmarks.score_moves``.

Changes are planted in policies of our own and, where the corpus stands beside the checkout, in its texts; what is
told as moved between real neighbours is judged by what it passed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from benchmarks.neighbours import has_corpus, labelled_pairs, text_of
from benchmarks.policies import policy
from benchmarks.shuffling import PARAGRAPH_CLASSES, SECTION_CLASSES, Planted, begin, disturb
from clausewatch.model import Alignment, Change, Edit, Text
from differ import align

DOCUMENTS = 60  # of each source, for each class
EVENTS = 4  # planted in one document
LEAST_BLOCKS, LEAST_HEADINGS = 30, 6  # of a text that is shuffled
KEPT = (
    0.9  # of the characters of a planted paragraph, beyond those that were edited, that must not be told as new or gone
)
EDITED = 0.3  # more of them, where one word in ten was edited: short words between two edits join them
TOLD = {"moved": Change.MOVED, "renamed": Change.RENAMED, "split": Change.SPLIT, "merged": Change.MERGED}


def marks(alignment: Alignment, *, is_old: bool) -> str:
    """For each character of a text "=" for kept, "m" for moved, "x" for gone or come."""
    own, start = ("-", "before_start") if is_old else ("+", "after_start")
    parts = [part for part in alignment.sections if getattr(part, start) is not None]
    parts.sort(key=lambda part: int(getattr(part, start)))
    rows = (_mark(edit, own) for part in parts for edit in part.edits)
    return "".join(rows)


def _mark(edit: Edit, own: str) -> str:
    if edit.op == "=":
        return "=" * len(edit.text)
    return ("m" if edit.moved else "x") * len(edit.text) if edit.op == own else ""


def _share(row: str, text: Text, block: int, mark: str) -> float:
    first = text.starts[block]
    return row[first : first + len(text.blocks[block].text)].count(mark) / len(text.blocks[block].text)


def found_paragraphs(planted: Planted, alignment: Alignment, name: str) -> list[bool]:
    """For each planted paragraph whether its text is told as neither new nor gone, and as moved where it moved."""
    old, new = marks(alignment, is_old=True), marks(alignment, is_old=False)
    allowed = 1 - KEPT + (EDITED if planted.is_edited else 0)
    after = planted.after
    found = {}
    for at in planted.paragraphs:
        places = [j for j, line in enumerate(planted.lines) if at in line.origins]
        lost = [_share(old, planted.before, at, "x"), *(_share(new, after, j, "x") for j in places)]
        moved = [_share(old, planted.before, at, "m"), *(_share(new, after, j, "m") for j in places)]
        is_told = min(moved) >= 0.5 if name in ("moved", "reordered") else max(moved) < 0.5
        found[at] = bool(places) and max(lost) <= allowed and is_told
    return list(found.values())


def found_sections(planted: Planted, alignment: Alignment, name: str) -> list[bool]:
    """For each planted section whether its change is told, at its place."""
    after = planted.after
    told = {part.after_start: part.change for part in alignment.sections if part.after_start is not None}
    gone = {part.before_start: part.change for part in alignment.sections if part.before_start is not None}
    found = [TOLD[name] in told.get(after.starts[planted.place_of(line)], ()) for line in planted.sections]
    return found + [TOLD[name] in gone.get(planted.before.starts[at], ()) for at in planted.gone]


def false_moves(planted: Planted, alignment: Alignment) -> tuple[int, int]:
    """Paragraphs and sections told as moved, renamed, split or merged to which nothing like that happened; and all."""
    old = marks(alignment, is_old=True)
    moved = [at for at in range(len(planted.before.blocks)) if _share(old, planted.before, at, "m") > KEPT / 2]
    wrong = [at for at in moved if at not in planted.paragraphs]
    after = planted.after
    places = {after.starts[planted.place_of(line)] for line in planted.sections}
    went = {planted.before.starts[at] for at in planted.gone}
    told = [part for part in alignment.sections if set(part.change) & set(TOLD.values())]
    strays = [part for part in told if part.after_start not in places and part.before_start not in went]
    return len(wrong) + len(strays), len(moved) + len(told)


def shuffled(texts: list[Text], name: str, *, of_sections: bool, is_edited: bool) -> Iterator[Planted]:
    """Each text with some changes of one class planted in it; edits elsewhere too, where edits are wanted."""
    plant = (SECTION_CLASSES if of_sections else PARAGRAPH_CLASSES)[name]
    for at, text in enumerate(texts):
        planted = begin(text, seed=f"{name} {at}", is_edited=is_edited)
        for _ in range(EVENTS):
            plant(planted)
        if is_edited:
            disturb(planted)
        yield planted


def score(texts: list[Text]) -> Iterator[tuple[str, int, int, int, int]]:
    """For each class: its name, how many were planted, found, told wrongly, told at all."""
    for of_sections in (False, True):
        for name in SECTION_CLASSES if of_sections else PARAGRAPH_CLASSES:
            for is_edited in (False, True):
                counted: Counter[str] = Counter()
                for planted in shuffled(texts, name, of_sections=of_sections, is_edited=is_edited):
                    alignment = align(planted.before, planted.after)
                    judge = found_sections if of_sections else found_paragraphs
                    found = judge(planted, alignment, name)
                    wrong, told = false_moves(planted, alignment)
                    counted.update(planted=len(found), found=sum(found), wrong=wrong, told=told)
                title = f"{'section' if of_sections else 'paragraph'} {name}{' and edited' if is_edited else ''}"
                yield title, counted["planted"], counted["found"], counted["wrong"], counted["told"]


def passed(alignment: Alignment) -> Iterator[tuple[int, int]]:
    """For each piece told as moved its length, and how much kept text it passed; without that it did not move."""
    kept: list[tuple[int, int, int]] = []
    left: dict[str, tuple[int, int]] = {}
    came: dict[str, int] = {}
    for part in alignment.sections:
        i, j = part.before_start or 0, part.after_start or 0
        for edit in part.edits:
            if edit.op == "=":
                kept.append((i, j, len(edit.text)))
            elif edit.moved and edit.op == "-":
                left[edit.moved] = (i, len(edit.text))
            elif edit.moved:
                came[edit.moved] = j
            i += len(edit.text) if edit.op in "=-" else 0
            j += len(edit.text) if edit.op in "=+" else 0
    for name, (at, length) in left.items():
        to = came[name]
        yield length, sum(size for i, j, size in kept if (i < at) != (j < to))


def corpus_texts() -> list[Text]:
    """The old sides of the labelled pairs that are long enough."""
    texts = (text_of(before) for _, before, _ in labelled_pairs())
    return [text for text in texts if len(text.blocks) >= LEAST_BLOCKS and _headings(text) >= LEAST_HEADINGS]


def _headings(text: Text) -> int:
    return sum(block.kind == "heading" for block in text.blocks)


def report(title: str, texts: list[Text]) -> None:
    print(f"{title}: {len(texts)} texts")
    total: Counter[str] = Counter()
    for name, planted, found, wrong, told in score(texts):
        share = f"{found / max(1, planted):.3f}"
        print(f"  {name:32} planted {planted:4}  recall {share}  told wrongly {wrong} of {told}")
        total.update(planted=planted, found=found, wrong=wrong, told=told)
    print(f"  recall {total['found'] / total['planted']:.4f}, false {total['wrong'] / total['told']:.4f}")


def report_real() -> None:
    """Moves told between real neighbours that passed nothing, or less than their own length."""
    rows = [row for _, one, other in labelled_pairs() for row in passed(align(text_of(one), text_of(other)))]
    still = sum(not by for _, by in rows)
    short = sum(0 < by < length for length, by in rows)
    print(f"real neighbours: {len(rows)} pieces told as moved, {still} passed nothing, {short} less than their length")


def main() -> None:
    report("policies of our own", [policy(random.Random(seed)) for seed in range(DOCUMENTS)])
    if not has_corpus():
        print("the corpus does not stand beside the checkout: its texts are left out")
        return
    report("texts of the corpus", list(islice(corpus_texts(), DOCUMENTS)))
    report_real()


if __name__ == "__main__":
    main()
