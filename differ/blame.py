"""Which version brought each sentence of a text, and what it replaced. Pure; whose versions they are others know."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clausewatch.model import Alignment, BlockChange, Edit, Quote, Text
from differ.align import align
from differ.findings.sentences import split
from differ.tokens import tokenise
from differ.words import IN, OUT, SAME

NEAR = 2
"""Where several sentences were rewritten as one piece: how far from its own place in it one is looked for."""

ALIKE = 1 / 3
"""Where a block went and another came in its place: how many words of the shorter sentence both have at least."""

_OTHER_STOPS = re.compile(r"(?P<mark>[。！？｡।۔؟]+[”’」』）)]*)\s*")  # Chinese, Japanese, Hindi, Urdu, Arabic
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Blamed:
    """A sentence and where it came from; the numbers are indices of texts."""

    sentence: Quote
    block: int  # of its text
    brought: int  # it stands in this text and in all after it, not in the one before
    first: int  # the first text that held it; before ``brought`` where it left and came back
    before: Quote | None  # the sentence of the text before ``brought`` that it replaced


def blame(texts: Sequence[Text]) -> tuple[Blamed, ...]:
    """Every sentence of the last of the texts, oldest first, in its order.

    A sentence is its exact words: it keeps its origin where it moves. One that left and came back was brought by the
    text that it came back with. What it replaced is the sentence, gone now, that most of its letters come from; else
    the one that it was written over; else, where whole blocks went and others came in their place, the one there that
    is like it. None where it was put between others, and in the first text.
    """
    if not texts:
        return ()
    standing = _standing(texts)
    wanted: dict[int, set[str]] = {}
    for sentence, (brought, _) in standing.items():
        wanted.setdefault(brought, set()).add(sentence)
    replaced: dict[str, Quote] = {}
    for at, those in sorted(wanted.items()):
        if at:
            replaced |= _replaced_by(align(texts[at - 1], texts[at]), those)
    return tuple(
        Blamed(sentence, block, *standing[sentence.quote], replaced.get(sentence.quote))
        for block, sentence in _placed(texts[-1])
    )


def _standing(texts: Sequence[Text]) -> dict[str, tuple[int, int]]:
    """For each sentence of the last text: since which it stands, and which held it first."""
    standing: dict[str, tuple[int, int]] = {}
    first: dict[str, int] = {}
    for at, text in enumerate(texts):
        present = {sentence.quote for sentence in sentences(text)}
        for sentence in present:
            first.setdefault(sentence, at)
        standing = {sentence: standing.get(sentence, (at, first[sentence])) for sentence in present}
    return standing


def sentences(text: Text) -> Iterator[Quote]:
    """The sentences of a text in their order; none runs over the end of a block."""
    return (sentence for _, sentence in _placed(text))


def _placed(text: Text) -> Iterator[tuple[int, Quote]]:
    for index, block in enumerate(text.blocks):
        at = text.starts[index]
        for start, end in spans(block.text):
            yield index, Quote(block.text[start:end], at + start, at + end)


def spans(block: str) -> Iterator[Span]:
    """Start and end of each sentence of a block, in scripts whose full stops are not followed by a blank too.

    >>> [("One. 二。三。")[a:b] for a, b in spans("One. 二。三。")]
    ['One.', '二。', '三。']
    """
    for start, end in split(block):
        at = start
        for stop in _OTHER_STOPS.finditer(block, start, end):
            yield at, stop.end("mark")
            at = stop.end()
        if at < end:
            yield at, end


def _replaced_by(step: Alignment, wanted: set[str]) -> dict[str, Quote]:
    """For those of the wanted sentences that replaced one: which. Of one that stands twice, in its first place."""
    old, new = list(sentences(step.before)), list(sentences(step.after))
    stood, stays = {sentence.quote for sentence in old}, {sentence.quote for sentence in new}
    gone = [sentence for sentence in old if sentence.quote not in stays]
    came = [sentence for sentence in new if sentence.quote not in stood]
    ties = _Ties(step)
    found: dict[Span, Quote] = {}
    for before, after in ties.placed:
        found |= _written_over(_within(gone, before), _within(came, after), least=ALIKE)
    for before, after in ties.exchanged:
        found |= _written_over(_within(gone, before), _within(came, after))
    found |= _drawn_from(gone, came, ties)
    first: dict[str, Quote] = {}
    for sentence in came:
        source = found.get((sentence.start, sentence.end))
        if source and sentence.quote in wanted:
            first.setdefault(sentence.quote, source)
    return first


class _Ties:
    """What joins the places of two texts: words that were kept, and runs that were written over others."""

    def __init__(self, step: Alignment) -> None:
        self.kept: list[tuple[int, int, str]] = []  # offset in the old text, in the new, the words
        self.exchanged: list[tuple[Span, Span]] = []  # within a block
        self.placed: list[tuple[Span, Span]] = []  # whole blocks that went and came at one place
        self._moved: dict[str, dict[str, tuple[int, str]]] = {}  # by its id where it left (OUT) and where it came (IN)
        self._take_whole_blocks(step)
        for change in step.blocks:
            i = 0 if change.before is None else step.before.starts[change.before]
            j = 0 if change.after is None else step.after.starts[change.after]
            self._take(change, i, j)
        for ends in self._moved.values():
            if len(ends) == len((OUT, IN)):
                self._tie_moved(*ends[OUT], *ends[IN])

    def _take_whole_blocks(self, step: Alignment) -> None:
        """Runs of blocks without a partner, one after the other in their text, that nothing which stayed parts."""
        out, into = range(0), range(0)
        for change in step.blocks:
            i, j = change.before, change.after
            is_parted = (i is not None and j is not None) or (out and i not in (None, out.stop))
            if is_parted or (into and j not in (None, into.stop)):
                self._place(step, out, into)
                out, into = range(0), range(0)
            if i is None and j is not None:
                into = range(into.start if into else j, j + 1)
            elif i is not None and j is None:
                out = range(out.start if out else i, i + 1)
        self._place(step, out, into)

    def _place(self, step: Alignment, out: range, into: range) -> None:
        if out and into:
            self.placed.append((_span(step.before, out), _span(step.after, into)))

    def _take(self, change: BlockChange, i: int, j: int) -> None:
        out: Span | None = None
        into: Span | None = None
        for edit in (*change.edits, Edit(SAME, "")):
            size = len(edit.text)
            if edit.op == SAME:
                self.kept.append((i, j, edit.text))
                if out and into:
                    self.exchanged.append((out, into))
                out = into = None
            elif edit.moved is not None:
                self._moved.setdefault(edit.moved, {})[edit.op] = (i if edit.op == OUT else j, edit.text)
            elif edit.op == OUT:
                out = (out[0] if out else i, i + size)
            else:
                into = (into[0] if into else j, j + size)
            i += size * (edit.op != IN)
            j += size * (edit.op != OUT)

    def _tie_moved(self, i: int, old: str, j: int, new: str) -> None:
        if old == new:
            self.kept.append((i, j, old))
        else:  # numbering or case changed on the way
            self.exchanged.append(((i, i + len(old)), (j, j + len(new))))


def _span(text: Text, blocks: range) -> Span:
    return text.starts[blocks[0]], text.starts[blocks[-1]] + len(text.blocks[blocks[-1]].text)


def _within(those: Sequence[Quote], span: Span) -> Sequence[Quote]:
    """Of sentences in their order, those that share characters with the span."""
    first = bisect_right(those, span[0], key=lambda sentence: sentence.end)
    last = bisect_right(those, span[1] - 1, key=lambda sentence: sentence.start)
    return those[first:last]


def _drawn_from(gone: Sequence[Quote], came: Sequence[Quote], ties: _Ties) -> dict[Span, Quote]:
    """For each sentence that holds letters of one that went, the one that most come from; the earlier of equals."""
    letters: dict[Span, Counter[Quote]] = {}
    for i, j, text in ties.kept:
        for new in _within(came, (j, j + len(text))):
            start, end = max(new.start, j) - j + i, min(new.end, j + len(text)) - j + i
            for old in _within(gone, (start, end)):
                kept = text[max(old.start, start) - i : min(old.end, end) - i]
                letters.setdefault((new.start, new.end), Counter())[old] += sum(map(str.isalnum, kept))
    best = {span: min(counted, key=lambda old: (-counted[old], old.start)) for span, counted in letters.items()}
    return {span: old for span, old in best.items() if letters[span][old]}


def _written_over(gone: Sequence[Quote], came: Sequence[Quote], *, least: float = 0) -> dict[Span, Quote]:
    """For each sentence of a run the one near its place in the run that it replaced, by common words.

    None where the two have fewer in common than ``least``, a share of the words of the shorter.
    """
    found: dict[Span, Quote] = {}
    for number, new in enumerate(came if gone else ()):
        place = number * len(gone) // len(came)
        words = _words(new)
        near = range(max(0, place - NEAR), min(len(gone), place + NEAR + 1))
        best = min(near, key=lambda at: (-len(words & _words(gone[at])), abs(at - place), at))
        others = _words(gone[best])
        if len(words & others) >= least * min(len(words), len(others)):
            found[new.start, new.end] = gone[best]
    return found


def _words(sentence: Quote) -> set[str]:
    return {word.casefold() for word in tokenise(sentence.quote).words if word[0].isalnum()}
