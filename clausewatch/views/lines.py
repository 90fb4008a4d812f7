"""Edits as the lines and rows that people read; the views differ only in how they write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from clausewatch.model import BLOCK_END, Change, Comparison, Edit, Finding, SectionChange

CONTEXT_LINES = 1  # unchanged lines kept beside a changed one
MOSTLY = 0.5  # share of a section that stood elsewhere, so that it was split off or merged rather than written
CONTEXT_WORDS = 14  # unchanged words kept beside a changed one
FOLDED = "[…]"

_WORD_AND_SPACE = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One block as it stayed, went and came, without BLOCK_END."""

    spans: tuple[Edit, ...]

    @property
    def is_changed(self) -> bool:
        return any(span.op != "=" for span in self.spans)


@dataclass(frozen=True, slots=True)
class Row:
    """Lines side by side; either side may hold none or several."""

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """Neighbours that are shown, or that are folded away."""

    is_folded: bool
    parts: tuple[Line | Row, ...]


def lines(edits: Iterable[Edit]) -> tuple[Line, ...]:
    """One line for each block, old and new in one, in the order of the edits."""
    found: list[Line] = []
    spans: list[Edit] = []
    for piece in pieces(edits):
        if piece.text != BLOCK_END:
            spans.append(piece)
        elif spans:
            found.append(Line(tuple(spans)))
            spans = []
    return (*found, Line(tuple(spans))) if spans else tuple(found)


def rows(edits: Iterable[Edit]) -> tuple[Row, ...]:
    """The same side by side: a row ends where both sides are between two blocks."""
    found: list[Row] = []
    sides = (_Side(), _Side())
    last = "="
    for piece in pieces(edits):
        if "=" in (last, piece.op) and not any(side.spans for side in sides):
            found += _row(sides)
        last = piece.op
        for side, op in zip(sides, "-+", strict=True):
            if piece.op in ("=", op):
                side.take(piece)
    return (*found, *_row(sides))


class _Side:
    """Lines of one side that wait for their row."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.spans: list[Edit] = []

    def take(self, piece: Edit) -> None:
        if piece.text != BLOCK_END:
            self.spans.append(piece)
            return
        if self.spans:
            self.lines.append(Line(tuple(self.spans)))
        self.spans = []

    def give(self) -> tuple[Line, ...]:
        self.take(Edit("=", BLOCK_END))
        given, self.lines = tuple(self.lines), []
        return given


def _row(sides: tuple[_Side, _Side]) -> Iterator[Row]:
    before, after = sides[0].give(), sides[1].give()
    if before or after:
        yield Row(before, after, is_changed=before != after)


def pieces(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Edits cut at BLOCK_END, which is a piece of its own; cut once more they are the same."""
    for edit in edits:
        if BLOCK_END not in edit.text or edit.text == BLOCK_END:
            if edit.text:
                yield edit
            continue
        end = Edit(edit.op, BLOCK_END, edit.moved)
        for at, text in enumerate(edit.text.split(BLOCK_END)):
            if at:
                yield end
            if text:
                yield Edit(edit.op, text, edit.moved)


def body_lines(section: SectionChange) -> tuple[Line, ...]:
    """The lines of a section without its heading line, unless that changed: the title says it already."""
    found = lines(section.edits)
    return found[1:] if found and has_heading(section) and not found[0].is_changed else found


def has_heading(section: SectionChange) -> bool:
    """Whether the first line is a heading; what stands before the first heading, or lost its own, has none."""
    return Change.MERGED not in section.change and bool(section.after if section.after is not None else section.before)


def fold(parts: Sequence[Line | Row], *, keep_first: bool = False) -> tuple[Fold, ...]:
    """Runs of unchanged lines or rows folded, but for one beside each change. A run of one is never folded."""
    near = {
        at + by for at, part in enumerate(parts) if part.is_changed for by in range(-CONTEXT_LINES, CONTEXT_LINES + 1)
    }
    near |= {0} if keep_first else set()
    runs = (
        (is_folded, tuple(part for _, part in run))
        for is_folded, run in groupby(enumerate(parts), key=lambda numbered: numbered[0] not in near)
    )
    return tuple(Fold(is_folded and len(run) > 1, run) for is_folded, run in runs)


def joined(line: Line) -> Line:
    """The line with neighbours of one kind as one run: what moved and what was edited on the way, told by a note."""
    runs = groupby(line.spans, key=lambda span: span.op)
    return Line(tuple(Edit(op, "".join(span.text for span in run)) for op, run in runs))


def shortened(line: Line) -> Line:
    """A line whose long unchanged runs are cut to the words beside a change; without a change, to its first words."""
    last = len(line.spans) - 1
    if not line.is_changed:
        return Line(tuple(Edit("=", _shortened(span.text, head=True, tail=False)) for span in line.spans))
    return Line(
        tuple(
            Edit("=", _shortened(span.text, head=at > 0, tail=at < last)) if span.op == "=" else span
            for at, span in enumerate(line.spans)
        )
    )


def _shortened(text: str, *, head: bool, tail: bool) -> str:
    words = _WORD_AND_SPACE.findall(text)
    kept = CONTEXT_WORDS * (head + tail)
    if len(words) <= kept + CONTEXT_WORDS:
        return text
    before = "".join(words[:CONTEXT_WORDS]).rstrip() + " " if head else ""
    after = " " + "".join(words[-CONTEXT_WORDS:]) if tail else ""
    return f"{before}{FOLDED}{after}"


def title(path: Sequence[str] | None) -> str:
    """The headings that lead to a section; what stands before the first heading is the top."""
    return " › ".join(path) if path else "Top"


def section_title(section: SectionChange) -> str:
    return title(section.after if section.after is not None else section.before)


def old_title(section: SectionChange) -> str | None:
    """Where the section stood or how it was called, if that differs."""
    if section.before is None or section.after is None or section.before == section.after:
        return None
    return title(section.before)


def change_words(section: SectionChange) -> tuple[str, ...]:
    """What happened to a section; a change of form alone, and text that only found another section, told as such."""
    words = [change.value for change in section.change]
    if section.change in ((Change.ADDED,), (Change.REMOVED,)) and _moved_share(section) >= MOSTLY:
        return (f"{words[0]}, text moved {'here' if section.before is None else 'away'}",)
    if section.form:
        words[words.index(Change.EDITED.value)] = f"edited in form only: {', '.join(section.form)}"
    return tuple(words)


def _moved_share(section: SectionChange) -> float:
    """Of the characters under the heading, those that stood or stand in another section."""
    body = [span for line in lines(section.edits)[has_heading(section) :] for span in line.spans]
    moved = sum(len(span.text) for span in body if span.moved)
    return moved / max(1, sum(len(span.text) for span in body))


def artefact_words(comparison: Comparison) -> str | None:
    """How far the difference comes from the capture; None where nothing is said of that. What was found nonetheless
    is the vendor's."""
    if not (comparison.artefact and comparison.artefact_reason):
        return None
    what = "Part of the difference" if comparison.findings else "The difference"
    return f"{what} comes from the capture: {comparison.artefact_reason}."


def worst_first(comparison: Comparison) -> list[Finding]:
    """The findings by severity, then in the order of the text."""
    return sorted(comparison.findings, key=lambda finding: -finding.severity.rank)
