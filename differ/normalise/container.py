"""Finds the part of a page that is the policy: the smallest element that keeps nearly all of its prose."""

from __future__ import annotations

from clausewatch.model import BlockKind
from differ.normalise.page import Page, Piece
from differ.normalise.prose import Sums

__all__ = ["take_container"]

_MAX_LOSS_WORDS = 12
_MAX_LOSS_SHARE = 0.01  # between 0.005 and 0.1 nothing changed on measured pages
_TITLE_BLOCKS = 4  # a title stands among the first so many
_TITLE_REACH = 14  # how far before the container a title is looked for
_MOSTLY = 0.85
_TITLE_LINE_WORDS = 4  # unlinked lines of that length after the title belong to it


def take_container(page: Page) -> None:
    """Keeps the pieces of the container and a title that stands before it."""
    if not page.boxes:
        return
    sums, children = Sums(page), page.children()
    index = 0
    while True:
        best = max(children.get(index, ()), key=lambda i: sums.prose(page.boxes[i]), default=None)
        if best is None or page.boxes[best].tag == "tr" or sums.total == 0:
            break
        loss = sums.prose(page.boxes[index]) - sums.prose(page.boxes[best])
        if loss > max(_MAX_LOSS_WORDS, _MAX_LOSS_SHARE * sums.prose(page.boxes[index])):
            break
        index = best
    box = page.boxes[index]
    keep = [box.first <= i < box.end for i in range(len(page.pieces))]
    for i in _title(page.pieces, box.first, box.end):
        keep[i] = True
    dropped = keep.count(False)
    if dropped:
        page.notes.append(f"{dropped} blocks outside the main text left out")
        page.keep(keep)


def _title(pieces: list[Piece], first: int, end: int) -> list[int]:
    """Indexes of a title before the container and of the lines that follow it."""
    if any(piece.tag == "h1" for piece in pieces[first : min(end, first + _TITLE_BLOCKS)]):
        return []
    for i in range(first - 1, max(first - 1 - _TITLE_REACH, -1), -1):
        piece = pieces[i]
        if piece.kind is BlockKind.HEADING and piece.tag in ("h1", "h2") and piece.linked < piece.words:
            lines = range(i + 1, first)
            return [i, *(j for j in lines if _belongs_to_title(pieces[j]))]
    return []


def _belongs_to_title(piece: Piece) -> bool:
    return not piece.linked and (piece.words >= _TITLE_LINE_WORDS or piece.is_heading or piece.bold > _MOSTLY)
