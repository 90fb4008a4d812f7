"""Lines and rows of a section as the HTML pages lay them out, moved pieces linked to their other place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from clausewatch.model import Edit
from clausewatch.views.lines import Fold, Line, Row
from clausewatch.views.moves import Moves, Place


@dataclass(frozen=True, slots=True)
class MovedView:
    """A run of a line that moved, and where it begins a jump to its other place."""

    op: str
    text: str
    anchor: str
    jump: str | None  # the anchor of the other place
    label: str  # "moved to Your rights"


Spans = tuple[Edit | MovedView, ...]
"""The runs of a line; what did not move as it is, of which a page has thousands."""
Lines = tuple[Spans, ...]
NO_ANCHORS: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PartView:
    """A line (``after`` alone) or a row of lines side by side."""

    before: Lines
    after: Lines
    is_changed: bool
    anchor: str | None = None  # where a quote stands


@dataclass(frozen=True, slots=True)
class FoldView:
    """Neighbours that are shown, or that are folded away."""

    is_folded: bool
    parts: tuple[PartView, ...]


@dataclass(frozen=True, slots=True)
class UnchangedView:
    """A section that did not change. Its text is empty where that is left out."""

    anchor: str
    title: str
    text: str
    has_heading: bool  # its first line is the heading line


def folds_of(
    folds: Iterable[Fold], layout: str, *, moves: Moves, at: int, anchors: Mapping[int, str] = NO_ANCHORS
) -> tuple[FoldView, ...]:
    """The folds of the section at that index; ``layout`` begins the anchors, which stand in a page once. ``anchors``
    are those of its lines or rows, by their numbers."""
    numbers = count()

    def shown(those: Iterable[Line]) -> Lines:
        return tuple(_spans(line, moves.places(line, at), layout, moves=moves) for line in those)

    return tuple(
        FoldView(
            each.is_folded,
            tuple(
                PartView(shown(part.before), shown(part.after), part.is_changed, anchors.get(next(numbers)))
                if isinstance(part, Row)
                else PartView((), shown((part,)), part.is_changed, anchors.get(next(numbers)))
                for part in each.parts
            ),
        )
        for each in folds
    )


def _spans(line: Line, places: Sequence[Place | None], layout: str, *, moves: Moves) -> Spans:
    if not any(places):
        return line.spans
    found: list[Edit | MovedView] = []
    for span, place in zip(line.spans, places, strict=True):
        if place is None:
            found.append(span)
            continue
        here, there = ("from", "to") if span.op == "-" else ("to", "from")
        is_jump = not place.is_told and moves.has_both_ends(span.moved or "")
        found.append(
            MovedView(
                span.op, span.text, anchor=f"{layout}-{span.moved}-{here}",
                jump=f"{layout}-{span.moved}-{there}" if is_jump else None, label=place.words,
            )
        )  # fmt: skip
    return tuple(found)
