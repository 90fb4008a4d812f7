"""Which pieces are headings: marked ones that are none become text, lines that only look like one become headings.

Levels of pretended headings follow the number before them, then the rank of their style in the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
    for i in range(len(pieces)):
        wanted.append(style_of(pieces, i, wanted[-1] if wanted else None))
    _refuse_contents(pieces, wanted)
    uses = Counter(wanted)
    styles: dict[str, int] = {}
    above = 0  # level of the last marked heading
    for piece, style in zip(pieces, wanted, strict=True):
        if piece.is_heading:
            above = piece.level
        elif style and uses[style] >= _MIN_USES.get(style, 1) and not is_label(piece):
            rank = styles.setdefault(style, len(styles))
            depth = _depth(piece.text) - 1
            piece.kind, piece.level = HEADING, min(above + 1 + rank + depth, 6)


def _refuse_contents(pieces: Sequence[Piece], wanted: list[str | None]) -> None:
    """Bold lines in a row list the contents; only the last of them may head what follows."""
    start = 0
    while start < len(pieces):
        end = start
        while end < len(pieces) and pieces[end].bold >= BOLD_SHARE and pieces[end].words <= MAX_WORDS:
            end += 1
        if end - start >= _MIN_CONTENTS_RUN:
            wanted[start : end - 1] = [None] * (end - 1 - start)
        start = end + 1


def _demote(pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if piece.is_heading and _is_text(piece):
            piece.kind, piece.level = PARAGRAPH, 0
    start = 0
    while start < len(pieces):
        end = start + 1
        if pieces[start].is_heading:
            while end < len(pieces) and pieces[end].is_heading and pieces[end].level == pieces[start].level:
                end += 1
            if end - start >= _MIN_CONTENTS_RUN:
                # The last of a run heads the text that follows; those before it head nothing.
                heads_text = end < len(pieces) and not pieces[end].is_heading
                for piece in pieces[start : end - heads_text]:
                    piece.kind, piece.level = PARAGRAPH, 0
        start = end


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
