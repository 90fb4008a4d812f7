"""Blame by its definition, quadratic and letter by letter: what `differ.blame` is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clausewatch.model import Alignment, Quote, Text
from differ.align import align
from differ.blame import ALIKE, NEAR, Blamed, spans
from differ.tokens import tokenise


def brute_blame(texts: Sequence[Text]) -> tuple[Blamed, ...]:
    """What ``differ.blame.blame`` must give."""
    held = [[sentence.quote for _, sentence in _sentences(text)] for text in texts]
    last = len(texts) - 1
    steps: dict[int, Step] = {}
    found = []
    for block, sentence in _sentences(texts[last]):
        brought = last
        while brought and sentence.quote in held[brought - 1]:
            brought -= 1
        first = next(at for at in range(last + 1) if sentence.quote in held[at])
        before = None
        if brought:
            if brought not in steps:
                steps[brought] = Step(align(texts[brought - 1], texts[brought]))
            before = steps[brought].before(sentence.quote)
        found.append(Blamed(sentence, block, brought, first, before))
    return tuple(found)


def _sentences(text: Text) -> list[tuple[int, Quote]]:
    found, at = [], 0
    for index, block in enumerate(text.blocks):
        found += [(index, Quote(block.text[a:b], at + a, at + b)) for a, b in spans(block.text)]
        at += len(block.text) + 2
    return found


class Step:
    """From one text to the next, letter by letter: where each of the new text was, and the runs of letters of both
    texts that were exchanged for each other."""

    def __init__(self, step: Alignment) -> None:
        old = [sentence for _, sentence in _sentences(step.before)]
        new = [sentence for _, sentence in _sentences(step.after)]
        olds, news = {each.quote for each in old}, {each.quote for each in new}
        self.gone = [sentence for sentence in old if sentence.quote not in news]
        self.came = [sentence for sentence in new if sentence.quote not in olds]
        self.was: list[int | None] = [None] * len(step.after.text)
        self.runs: list[tuple[set[int], set[int]]] = []
        moved: dict[str, tuple[list[int], list[int]]] = {}
        for change in step.blocks:
            i = step.before.starts[change.before] if change.before is not None else 0
            j = step.after.starts[change.after] if change.after is not None else 0
            run: tuple[set[int], set[int]] = (set(), set())
            for edit in change.edits:
                if edit.op == "=":
                    self.runs.append(run)
                    run = (set(), set())
                for _ in edit.text:
                    if edit.op == "=":
                        self.was[j] = i
                    elif edit.moved is not None:
                        pair = moved.setdefault(edit.moved, ([], []))
                        pair[edit.op == "+"].append(i if edit.op == "-" else j)
                    else:
                        run[edit.op == "+"].add(i if edit.op == "-" else j)
                    i += edit.op != "+"
                    j += edit.op != "-"
            self.runs.append(run)
        self.runs = [run for run in self.runs if all(run)]
        for gone, came in moved.values():
            self._join_moved(step, gone, came)
        self.places = list(_places(step))

    def _join_moved(self, step: Alignment, gone: list[int], came: list[int]) -> None:
        old, new = step.before.text, step.after.text
        if [old[i] for i in gone] == [new[j] for j in came]:
            for i, j in zip(gone, came, strict=True):
                self.was[j] = i
        else:
            self.runs.append((set(gone), set(came)))

    def before(self, wanted: str) -> Quote | None:
        for sentence in self.came:
            if sentence.quote == wanted:
                before = self._source(sentence) or self._overwritten(sentence)
                if before:
                    return before
        return None

    def _source(self, sentence: Quote) -> Quote | None:
        best, most = None, 0
        for old in self.gone:
            count = 0
            for at, letter in enumerate(sentence.quote):
                was = self.was[sentence.start + at]
                count += was is not None and old.start <= was < old.end and letter.isalnum()
            if count > most:
                best, most = old, count
        return best

    def _overwritten(self, sentence: Quote) -> Quote | None:
        return self._near(sentence, self.runs, least=0) or self._near(sentence, self.places, least=ALIKE)

    def _near(self, sentence: Quote, runs: list[tuple[set[int], set[int]]], *, least: float) -> Quote | None:
        before = None
        for run in runs:
            others, those = _in_run(self.came, run[1]), _in_run(self.gone, run[0])
            if sentence not in others or not those:
                continue
            place = others.index(sentence) * len(those) // len(others)
            ranked = []
            for at, old in enumerate(those):
                if abs(at - place) <= NEAR:
                    common = {*_words(old)} & {*_words(sentence)}
                    ranked.append((-len(common), abs(at - place), at))
            best = those[min(ranked)[2]]
            sizes = [len({*_words(each)}) for each in (best, sentence)]
            if len({*_words(best)} & {*_words(sentence)}) >= least * min(sizes):
                before = best
        return before


def _places(step: Alignment) -> Iterator[tuple[set[int], set[int]]]:
    """The letters of whole blocks that went, and of those that came at the same place."""
    rows = [(change.before, change.after) for change in step.blocks]
    first = 0
    for at in range(len(rows) + 1):
        run = rows[first : at + 1]
        if at < len(rows) and all(None in row for row in run) and all(_are_neighbours(run, side) for side in (0, 1)):
            continue
        letters: tuple[set[int], set[int]] = (set(), set())
        for row in rows[first:at]:
            for side, text in enumerate((step.before, step.after)):
                block = row[side]
                if block is not None:
                    start = text.starts[block]
                    letters[side].update(range(start, start + len(text.blocks[block].text)))
        if all(letters):
            yield letters
        first = at if at < len(rows) and None in rows[at] else at + 1


def _are_neighbours(run: list[tuple[int | None, int | None]], side: int) -> bool:
    blocks = [row[side] for row in run if row[side] is not None]
    return blocks == list(range(blocks[0], blocks[0] + len(blocks))) if blocks and blocks[0] is not None else True


def _in_run(those: list[Quote], run: set[int]) -> list[Quote]:
    if not run:
        return []
    first, last = min(run), max(run)
    return [each for each in those if each.start <= last and each.end > first]


def _words(sentence: Quote) -> list[str]:
    return [word.casefold() for word in tokenise(sentence.quote).words if word[0].isalnum()]
