"""Where the quotes of findings stand among the lines and rows of a comparison, so that each leads to its place."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from clausewatch.model import BLOCK_END, Comparison, Quote, SectionChange
from clausewatch.views.lines import Row, pieces

_Key = tuple[int, bool]  # an offset, and whether in the new text
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
        self._starts = tuple(_section_starts(comparison.sections, is_after=is_after) for is_after in (False, True))
        self._wanted: defaultdict[int, set[_Key]] = defaultdict(set)  # by section
        for finding in comparison.findings:
            for quote, is_after in ((finding.before, False), (finding.after, True)):
                at = self.section_of(quote, is_after=is_after)
                if quote is not None and at is not None and comparison.sections[at].change:
                    self._wanted[at].add((quote.start, is_after))
        self._found: dict[_Key, dict[str, str]] = {}

    def section_of(self, quote: Quote | None, *, is_after: bool) -> int | None:
        """The index of the section that holds the quote, in the new text or in the old one."""
        if quote is None:
            return None
        starts = self._starts[is_after]
        place = bisect_left(starts, (quote.start + 1, -1))
        return starts[place - 1][1] if place else None

    def are_in(self, at: int) -> bool:
        """Whether a quote stands in the section at that index: in most none does."""
        return at in self._wanted

    def anchors(self, at: int, layout: str, starts: Sequence[Starts]) -> dict[int, str]:
        """The anchors of those lines or rows of the section at that index where quotes begin, by their numbers."""
        found: dict[int, str] = {}
        for offset, is_after in self._wanted.get(at, ()):
            number = _last_before(starts, offset, is_after=is_after)
            if number is not None:
                found[number] = f"{layout}-quote-{at + 1}-{number + 1}"
                self._found.setdefault((offset, is_after), {})[layout] = found[number]
        return found

    def of(self, quote: Quote | None, *, is_after: bool) -> Place | None:
        """Where the quote stands; None where that is not shown. Known once all sections were asked for anchors."""
        found = self._found.get((quote.start, is_after), {}) if quote else {}
        return Place(found["inline"], found["side"]) if len(found) == len(("inline", "side")) else None


def _section_starts(sections: Sequence[SectionChange], *, is_after: bool) -> list[tuple[int, int]]:
    """Where the sections begin that stand on that side, with their indices."""
    starts = (each.after_start if is_after else each.before_start for each in sections)
    return sorted((start, at) for at, start in enumerate(starts) if start is not None)


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
    before, after = (_starts_of_side(section, is_after=is_after) for is_after in (False, True))
    for row in rows:
        of_before, of_after = list(islice(before, len(row.before))), list(islice(after, len(row.after)))
        yield of_before[0] if of_before else None, of_after[0] if of_after else None


def _starts_of_side(section: SectionChange, *, is_after: bool) -> Iterator[int]:
    """Where each line of one side begins."""
    at = (section.after_start if is_after else section.before_start) or 0
    is_within = False
    for piece in pieces(section.edits):
        if piece.op not in ("=", "+" if is_after else "-"):
            continue
        if piece.text != BLOCK_END and not is_within:
            yield at
        is_within = piece.text != BLOCK_END
        at += len(piece.text)


def _last_before(starts: Sequence[Starts], offset: int, *, is_after: bool) -> int | None:
    """The number of the last one that begins at the offset or before it, on that side."""
    last = None
    for number, each in enumerate(starts):
        start = each[is_after]
        if start is not None and start <= offset:
            last = number
    return last
