"""Where the quotes of findings stand among the lines and rows of a comparison, so that each leads to its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clausewatch.model import BLOCK_END, Comparison, Quote, SectionChange
from clausewatch.views.lines import Line, Row, pieces, section_at

Starts = tuple[int | None, int | None]
"""Where a line begins in the old text and in the new one; None on the side that it does not stand on."""


@dataclass(frozen=True, slots=True)
class Place:
    """The anchors of a quote, one for each layout."""

    inline: str
    side: str


class Places:
    """The places of all quotes of a comparison."""

    def __init__(self, comparison: Comparison) -> None:
        self._sections = comparison.sections
        self._wanted: set[tuple[int, int, bool]] = set()  # section, offset, whether in the new text
        for finding in comparison.findings:
            for quote, is_after in ((finding.before, False), (finding.after, True)):
                wanted = self._key(quote, is_after=is_after)
                if wanted is not None and self._sections[wanted[0]].change:
                    self._wanted.add(wanted)
        self._found: dict[tuple[int, int, bool], dict[str, str]] = {}

    def anchors(self, at: int, layout: str, starts: Sequence[Starts]) -> dict[int, str]:
        """The anchors of those lines or rows of the section at that index where quotes begin, by their numbers."""
        found: dict[int, str] = {}
        for wanted in self._wanted:
            section, offset, is_after = wanted
            if section != at:
                continue
            number = _last_before(starts, offset, is_after=is_after)
            if number is not None:
                found[number] = f"{layout}-quote-{at + 1}-{number + 1}"
                self._found.setdefault(wanted, {})[layout] = found[number]
        return found

    def of(self, quote: Quote | None, *, is_after: bool) -> Place | None:
        """Where the quote stands; None where that is not shown. Known once all sections were asked for anchors."""
        key = self._key(quote, is_after=is_after)
        found = self._found.get(key, {}) if key else {}
        return Place(found["inline"], found["side"]) if len(found) == len(("inline", "side")) else None

    def _key(self, quote: Quote | None, *, is_after: bool) -> tuple[int, int, bool] | None:
        at = section_at(self._sections, quote.start, is_after=is_after) if quote else None
        return None if quote is None or at is None else (at, quote.start, is_after)


def line_starts(section: SectionChange) -> list[Starts]:
    """For each of the section's lines where it begins."""
    ends = [section.before_start or 0, section.after_start or 0]
    found: list[Starts] = []
    starts: list[int | None] = [None, None]
    for piece in pieces(section.edits):
        if piece.text == BLOCK_END and starts != [None, None]:
            found.append((starts[0], starts[1]))
            starts = [None, None]
        for side, ops in enumerate(("=-", "=+")):
            if piece.op in ops:
                if piece.text != BLOCK_END and starts[side] is None:
                    starts[side] = ends[side]
                ends[side] += len(piece.text)
    return found if starts == [None, None] else [*found, (starts[0], starts[1])]


def row_starts(section: SectionChange, rows: Sequence[Row]) -> Iterator[Starts]:
    """For each of the section's rows where the first of its lines begins on each side."""
    ends = [section.before_start or 0, section.after_start or 0]
    for row in rows:
        starts: list[int | None] = [None, None]
        for side, those in enumerate((row.before, row.after)):
            if those:
                starts[side] = ends[side]
                ends[side] += sum(_length(line) + len(BLOCK_END) for line in those)
        yield starts[0], starts[1]


def _length(line: Line) -> int:
    return sum(len(span.text) for span in line.spans)


def _last_before(starts: Sequence[Starts], offset: int, *, is_after: bool) -> int | None:
    """The number of the last one that begins at the offset or before it, on that side."""
    last = None
    for number, each in enumerate(starts):
        start = each[is_after]
        if start is not None and start <= offset:
            last = number
    return last
