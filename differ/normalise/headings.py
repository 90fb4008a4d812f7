"""Which pieces are headings: marked ones that are none become text, lines that only look like one become headings.

Levels of pretended headings follow the number before them, then the rank of their style in the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from differ.normalise.page import HEADING, PARAGRAPH, Page, Piece
from differ.normalise.pretended import BOLD_SHARE, MAX_WORDS, NUMBER, is_date_line, style_of
from differ.normalise.trim import is_label

__all__ = ["settle_headings"]

_MAX_SENTENCE_WORDS = 12  # a heading longer than that does not end with a full stop
_MIN_CONTENTS_RUN = 4  # headings of one level, or bold lines, with nothing between: a contents list
_MAX_DATE_WORDS = 12
_MIN_USES = {"lone item": 3}  # a style that fewer lines of a document have is chance
_PERMALINKS = (" #", " ¶", " §", " 🔗")  # the link to a heading's own place, which many sites put after it


def settle_headings(page: Page) -> None:
    """Sets kind and level of every piece by what it is rather than by how it is marked."""
    pieces = page.pieces
    for piece in pieces:
        if piece.anchored and piece.is_heading and piece.text.endswith(_PERMALINKS):
            piece.text = piece.text[: piece.text.rindex(" ")]
            piece.words -= 1
    _demote(pieces)
    wanted: list[str | None] = []  # all judged before any is changed
    style: str | None = None
    for i, piece in enumerate(pieces):
        style = style_of(pieces, i, style) if piece.words <= MAX_WORDS and piece.kind is not HEADING else None
        wanted.append(style)
    _refuse_contents(pieces, wanted)
    uses = Counter(wanted)
    styles: dict[str, int] = {}
    above = 0  # level of the last marked heading
    for piece, style in zip(pieces, wanted, strict=True):
        if piece.kind is HEADING:
            above = piece.level
        elif style and uses[style] >= _MIN_USES.get(style, 1) and not is_label(piece):
            rank = styles.setdefault(style, len(styles))
            depth = _depth(piece.text) - 1
            piece.kind, piece.level = HEADING, min(above + 1 + rank + depth, 6)


def _refuse_contents(pieces: Sequence[Piece], wanted: list[str | None]) -> None:
    """Bold lines in a row list the contents; only the last of them may head what follows."""
    bold = [i for i, piece in enumerate(pieces) if piece.bold >= BOLD_SHARE and piece.words <= MAX_WORDS]
    for run in _runs(pieces, bold, of_one_level=False):
        wanted[run.start : run.stop - 1] = [None] * (len(run) - 1)


def _demote(pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if piece.kind is HEADING and _is_text(piece):
            piece.kind, piece.level = PARAGRAPH, 0
    marked = [i for i, piece in enumerate(pieces) if piece.kind is HEADING]
    for run in _runs(pieces, marked, of_one_level=True):
        # The last of a run heads the text that follows; those before it head nothing.
        heads_text = run.stop < len(pieces) and not pieces[run.stop].is_heading
        for piece in pieces[run.start : run.stop - heads_text]:
            piece.kind, piece.level = PARAGRAPH, 0


def _runs(pieces: Sequence[Piece], places: Sequence[int], *, of_one_level: bool) -> Iterator[range]:
    """The runs of neighbouring places that are long enough to list the contents of a page."""
    start = 0
    for at in range(1, len(places) + 1):
        is_near = at < len(places) and places[at] == places[at - 1] + 1
        if is_near and not (of_one_level and pieces[places[at]].level != pieces[places[at - 1]].level):
            continue
        if at - start >= _MIN_CONTENTS_RUN:
            yield range(places[start], places[at - 1] + 1)
        start = at


def _is_text(piece: Piece) -> bool:
    if piece.words > MAX_WORDS:
        return True
    if piece.words > _MAX_SENTENCE_WORDS and piece.text.endswith("."):
        return True
    return piece.words <= _MAX_DATE_WORDS and is_date_line(piece.text)


def _depth(text: str) -> int:
    """How deep a number before a heading goes: 1 for "2. Title", 2 for "2.1 Title" and for "(a)"."""
    match = NUMBER.match(text)
    if not match or not match["decimal"]:
        return 1
    return match["decimal"].count(".") + 1
