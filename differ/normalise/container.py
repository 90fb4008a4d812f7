"""Finds the part of a page that is the policy: the smallest element that keeps nearly all of its prose."""

from __future__ import annotations

from collections import Counter

from differ.normalise.page import HEADING, ROW, Box, Page, Piece
from differ.normalise.prose import Sums, prose_of, speaks_of_policy

__all__ = ["take_container"]

_MAX_LOSS_WORDS = 12
_MAX_LOSS_SHARE = 0.01
_MAX_FOREIGN_WORDS = 40  # that many may be lost if they are not of the policy's words
_MAX_FOREIGN_SHARE = 0.02
_MIN_ALIKE = 3  # headings of one tag within: one more of them beside is of the policy too
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
        if best is None or sums.total == 0 or _is_row(page, page.boxes[best]):
            break
        if not _may_descend(page, sums, page.boxes[index], page.boxes[best]):
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


def _is_row(page: Page, box: Box) -> bool:
    """Whether a box is a row of data, whose cells belong together; rows that arrange a page are taken apart."""
    return box.tag == "tr" and box.first < box.end and page.pieces[box.first].kind is ROW


def _may_descend(page: Page, sums: Sums, box: Box, inner: Box) -> bool:
    """Whether nothing of the policy stands in a box beside the inner one."""
    prose = sums.prose(box)
    loss = prose - sums.prose(inner)
    lost = [*page.pieces[box.first : inner.first], *page.pieces[inner.end : box.end]]
    if sum(piece.kind is ROW and piece.linked < piece.words for piece in lost) > 1:
        return False
    if loss <= _MAX_LOSS_WORDS:
        return True
    if loss > max(_MAX_FOREIGN_WORDS, _MAX_FOREIGN_SHARE * prose):
        return False
    inner_tags = Counter(piece.tag for piece in page.pieces[inner.first : inner.end] if piece.is_heading)
    is_section = any(piece.is_heading and inner_tags[piece.tag] >= _MIN_ALIKE for piece in lost)
    is_policy = speaks_of_policy(piece for piece in lost if prose_of(piece))
    if loss <= _MAX_LOSS_SHARE * prose:  # consent layers speak of policy too: only what is longer is surely none
        return not (is_section and is_policy and loss > _MAX_FOREIGN_WORDS)
    return not (is_section or is_policy)


def _title(pieces: list[Piece], first: int, end: int) -> list[int]:
    """Indexes of a title before the container and of the lines that follow it."""
    if any(piece.tag == "h1" for piece in pieces[first : min(end, first + _TITLE_BLOCKS)]):
        return []
    reach = range(first - 1, max(first - 1 - _TITLE_REACH, -1), -1)
    titles = [i for i in reach if _is_title(pieces[i])]
    if not titles:
        return []
    title = next((i for i in titles if pieces[i].tag == "h1"), titles[0])
    lines = range(title + 1, first)
    return [title, *(j for j in lines if _belongs_to_title(pieces[j]) and not _heads_links(pieces, j))]


def _is_title(piece: Piece) -> bool:
    return piece.kind is HEADING and piece.tag in ("h1", "h2") and piece.linked < piece.words


def _heads_links(pieces: list[Piece], i: int) -> bool:
    """Whether a line is the heading of a list of links, as a contents list has one."""
    return pieces[i].is_heading and pieces[i + 1].anchored == pieces[i + 1].words


def _belongs_to_title(piece: Piece) -> bool:
    return (
        not piece.linked
        and piece.tag != "button"
        and (piece.words >= _TITLE_LINE_WORDS or piece.is_heading or piece.bold > _MOSTLY)
    )
