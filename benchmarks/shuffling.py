"""Moves, renames, splits and merges planted in a text, with a record of what was planted where."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from benchmarks.policies import paragraph, sentence
from clausewatch.model import Block, BlockKind, Text, count_words

LARGE = 12  # words of a paragraph that is worth moving
PASSED = 2  # times its own length that what moves passes: else nobody could tell what moved
EDITED_SHARE = 0.1  # of the words of a paragraph that was edited on its way
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_WORDS = ("lantern", "partner", "consent", "ninety", "harbour", "seldom", "must", "whistle")


@dataclass
class Line:
    """A block, and the old blocks that it was made of."""

    block: Block
    origins: tuple[int, ...] = ()


@dataclass
class Planted:
    """Two texts and what lies between them. Places are indices of blocks."""

    before: Text
    lines: list[Line]
    chance: random.Random
    is_edited: bool
    paragraphs: set[int] = field(default_factory=set)  # old blocks that moved, were split or merged
    touched: set[int] = field(default_factory=set)  # old blocks that nothing else may change
    sections: list[Line] = field(default_factory=list)  # headings in the new text that tell of a change
    gone: list[int] = field(default_factory=list)  # old headings that went

    @property
    def after(self) -> Text:
        return Text(tuple(line.block for line in self.lines))

    def place_of(self, line: Line) -> int:
        return next(at for at, other in enumerate(self.lines) if other is line)


def begin(text: Text, *, seed: str, is_edited: bool) -> Planted:
    """A text to which nothing happened yet."""
    lines = [Line(block, (at,)) for at, block in enumerate(text.blocks)]
    return Planted(text, lines, random.Random(seed), is_edited)


def disturb(planted: Planted, *, times: int = 4) -> None:
    """Word edits, a removal and an addition elsewhere, which are no moves."""
    for _ in range(times):
        if at := _paragraph(planted):
            line = planted.lines[at]
            line.block = replace(line.block, text=edited(line.block.text, planted.chance))
            planted.touched.update(line.origins)
    if at := _paragraph(planted):
        planted.touched.update(planted.lines.pop(at).origins)
    at = planted.chance.randrange(1, len(planted.lines))
    planted.lines.insert(at, Line(Block(BlockKind.PARAGRAPH, f"Newly {paragraph(planted.chance)}")))


def edited(text: str, chance: random.Random) -> str:
    """One word in ten replaced, one at least."""
    words = text.split(" ")
    for at in chance.sample(range(len(words)), max(1, round(len(words) * EDITED_SHARE))):
        words[at] = chance.choice(_WORDS)
    return " ".join(words)


def move_paragraph(planted: Planted) -> None:
    """To another section."""
    if at := _paragraph(planted):
        own = _heading_of(planted, at)
        goals = [to for to in range(1, len(planted.lines)) if _heading_of(planted, to - 1) not in (own, None)]
        goals = [to for to in goals if _heading_of(planted, to - 1) != own and abs(to - at) > 2]
        if goals:
            _shift(planted, at, planted.chance.choice(goals))


def reorder_paragraph(planted: Planted) -> None:
    """To another place in its section, over text that is longer than itself."""
    for _ in range(20):
        at = _paragraph(planted)
        if not at:
            return
        own = _heading_of(planted, at)
        goals = [to for to in range(1, len(planted.lines)) if _heading_of(planted, to) == own and to != at]
        goals = [to for to in goals if planted.lines[to].block.kind is not BlockKind.HEADING]
        goals = [to for to in goals if _crossed(planted, at, to) > PASSED * len(planted.lines[at].block.text)]
        if goals:
            to = planted.chance.choice(goals)
            _shift(planted, at, to + 1 if to > at else to)
            return


def split_paragraph(planted: Planted) -> None:
    """In two, at the end of a sentence."""
    if at := _paragraph(planted, holds=lambda text: len(_SENTENCE.split(text)) > 1):
        line = planted.lines[at]
        sentences = _SENTENCE.split(line.block.text)
        cut = planted.chance.randrange(1, len(sentences))
        halves = [" ".join(sentences[:cut]), " ".join(sentences[cut:])]
        parts = [Line(replace(line.block, text=_on_its_way(planted, half)), line.origins) for half in halves]
        _settle(planted, line.origins)
        planted.lines[at : at + 1] = parts


def merge_paragraphs(planted: Planted) -> None:
    """Two neighbours become one."""
    if at := _paragraph(planted, has_next=True):
        one, other = planted.lines[at : at + 2]
        texts = [_on_its_way(planted, line.block.text) for line in (one, other)]
        _settle(planted, one.origins + other.origins)
        planted.lines[at : at + 2] = [Line(replace(one.block, text=" ".join(texts)), one.origins + other.origins)]


def move_section(planted: Planted) -> None:
    """Over other sections that are longer together."""
    spans = _section_spans(planted)
    for _ in range(20):
        at = _section(planted, spans)
        if at is None:
            return
        first, last = spans[at]
        size = _still(planted, range(first, last))
        goals = [
            other for other, _ in spans[1:] if other < first and _still(planted, range(other, first)) > PASSED * size
        ]
        goals += [end for _, end in spans if end > last and _still(planted, range(last, end)) > PASSED * size]
        goals = [to for to in goals if not _is_in_moved(planted, to)]
        if goals:
            rows = planted.lines[first:last]
            _keep(planted, rows, is_whole=True)
            to = planted.chance.choice(goals)
            to -= last - first if to > first else 0
            del planted.lines[first:last]
            planted.lines[to:to] = rows
            return


def rename_section(planted: Planted) -> None:
    """Another heading over the same text."""
    spans = _section_spans(planted)
    if (at := _section(planted, spans)) is not None:
        rows = planted.lines[slice(*spans[at])]
        words = " ".join(sentence(planted.chance).rstrip(".").split()[:4])
        rows[0].block = replace(rows[0].block, text=f"About {words}")
        _keep(planted, rows, is_whole=True)


def split_section(planted: Planted) -> None:
    """By a heading between two of its paragraphs."""
    spans = _section_spans(planted)
    if (at := _section(planted, spans, least=3)) is not None:
        first, last = spans[at]
        cut = planted.chance.randrange(first + 2, last)
        rows = planted.lines[first:last]
        heading = Line(Block(BlockKind.HEADING, f"More {sentence(planted.chance)[:30].strip()}", rows[0].block.level))
        _keep(planted, rows, is_whole=False)
        planted.lines.insert(cut, heading)
        planted.sections.append(heading)


def merge_sections(planted: Planted) -> None:
    """A heading between two sections goes."""
    spans = _section_spans(planted)
    for _ in range(20):
        at = _section(planted, spans)
        if at is None or at < 2:
            continue
        rows = planted.lines[spans[at - 1][0] : spans[at][1]]
        if not planted.touched & {origin for row in rows for origin in row.origins}:
            heading = planted.lines[spans[at][0]]
            _keep(planted, rows, is_whole=False)
            planted.gone += heading.origins
            planted.lines.remove(heading)
            return


PARAGRAPH_CLASSES: dict[str, Callable[[Planted], None]] = {
    "moved": move_paragraph,
    "reordered": reorder_paragraph,
    "split": split_paragraph,
    "merged": merge_paragraphs,
}
SECTION_CLASSES: dict[str, Callable[[Planted], None]] = {
    "moved": move_section,
    "renamed": rename_section,
    "split": split_section,
    "merged": merge_sections,
}


def _paragraph(
    planted: Planted, *, has_next: bool = False, holds: Callable[[str], bool] = lambda _: True
) -> int | None:
    """A large paragraph that nothing happened to yet, and nothing like it in the text."""
    counted: dict[str, int] = {}
    for line in planted.lines:
        counted[line.block.text] = counted.get(line.block.text, 0) + 1

    def is_free(at: int) -> bool:
        line = planted.lines[at]
        return (
            line.block.kind is not BlockKind.HEADING
            and bool(line.origins)
            and not planted.touched & set(line.origins)
            and counted[line.block.text] == 1
            and count_words(line.block.text) >= LARGE
        )

    free = [at for at in range(1, len(planted.lines)) if is_free(at) and holds(planted.lines[at].block.text)]
    if has_next:
        free = [at for at in free if at + 1 < len(planted.lines) and is_free(at + 1)]
    return planted.chance.choice(free) if free else None


def _heading_of(planted: Planted, at: int) -> int | None:
    """Index of the heading over a line."""
    while at >= 0 and planted.lines[at].block.kind is not BlockKind.HEADING:
        at -= 1
    return at if at >= 0 else None


def _crossed(planted: Planted, at: int, to: int) -> int:
    return _still(planted, range(min(at, to), max(at, to) + 1)) - len(planted.lines[at].block.text)


def _still(planted: Planted, span: range) -> int:
    """Characters of lines to which nothing happened: what passes them moved, and not they."""
    lines = (planted.lines[at] for at in span)
    return sum(len(line.block.text) for line in lines if not planted.touched & set(line.origins))


def _shift(planted: Planted, at: int, to: int) -> None:
    line = planted.lines[at]
    _settle(planted, line.origins)
    line.block = replace(line.block, text=_on_its_way(planted, line.block.text))
    planted.lines.insert(to, line)
    del planted.lines[at if at < to else at + 1]


def _on_its_way(planted: Planted, text: str) -> str:
    return edited(text, planted.chance) if planted.is_edited else text


def _settle(planted: Planted, origins: tuple[int, ...]) -> None:
    planted.paragraphs.update(origins)
    planted.touched.update(origins)


def _section_spans(planted: Planted) -> list[tuple[int, int]]:
    starts = [at for at, line in enumerate(planted.lines) if line.block.kind is BlockKind.HEADING]
    return list(zip(starts, [*starts[1:], len(planted.lines)], strict=True))


def _section(planted: Planted, spans: list[tuple[int, int]], *, least: int = 2) -> int | None:
    """A section of some size that nothing happened to yet."""
    free = [
        at
        for at, (first, last) in enumerate(spans)
        if at
        and last - first >= least
        and sum(count_words(line.block.text) for line in planted.lines[first + 1 : last]) >= 2 * LARGE
        and not planted.touched & {origin for line in planted.lines[first:last] for origin in line.origins}
        and all(line.origins for line in planted.lines[first:last])
    ]
    return planted.chance.choice(free) if free else None


def _is_in_moved(planted: Planted, to: int) -> bool:
    """Whether the place before a line touches a section that something happened to already."""
    beside = planted.lines[max(0, to - 1) : to + 1]
    return any(planted.touched & set(line.origins) for line in beside)


def _keep(planted: Planted, rows: list[Line], *, is_whole: bool) -> None:
    """Notes the section as planted, edits its paragraphs where edits are wanted."""
    for row in rows:
        planted.touched.update(row.origins)
        if planted.is_edited and row.block.kind is not BlockKind.HEADING and count_words(row.block.text) >= LARGE:
            row.block = replace(row.block, text=edited(row.block.text, planted.chance))
    if is_whole:
        planted.sections.append(rows[0])
