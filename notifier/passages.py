"""The quotes of a finding as a mail shows them: cut to length, the words that changed marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from clausewatch.model import Quote

_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Thai, kana, Han: each character counts as a word
_WORD_OR_GAP = re.compile(rf"\s+|[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+|[^\w\s]|_")
_LONGEST_MARKED = 10_000  # characters of a quote; a sentence has some hundred
_MOST_MATCHED = 600  # words and gaps between what begins and what ends both; matching takes their product at worst
_ROOM_BEFORE = 60  # characters shown before the first changed word of a quote that is cut


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a quote that stands in both, or that only this side has."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A quote, whole or a part of it; ``pieces`` join to an exact substring of the version's text."""

    pieces: tuple[Piece, ...]
    is_cut_before: bool = False
    is_cut_after: bool = False

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def passages(before: Quote | None, after: Quote | None, *, longest: int) -> tuple[Passage | None, Passage | None]:
    """Both quotes with their changed words marked, each at most ``longest`` characters around its first change."""
    if before is None or after is None:
        old = None if before is None else _cut([Piece(before.quote, False)], longest)
        new = None if after is None else _cut([Piece(after.quote, False)], longest)
        return old, new
    old_pieces, new_pieces = _marked(before.quote, after.quote)
    return _cut(old_pieces, longest), _cut(new_pieces, longest)


def _marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    if max(len(before), len(after)) > _LONGEST_MARKED:
        return [Piece(before, False)], [Piece(after, False)]
    old, new = _WORD_OR_GAP.findall(before), _WORD_OR_GAP.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    old_marks, new_marks = _marks(old_middle, new_middle)
    return (
        _joined(old, [False] * head + old_marks + [False] * tail),
        _joined(new, [False] * head + new_marks + [False] * tail),
    )


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(old), len(new)))


def _marks(old: Sequence[str], new: Sequence[str]) -> tuple[list[bool], list[bool]]:
    old_marks, new_marks = [True] * len(old), [True] * len(new)
    if max(len(old), len(new)) > _MOST_MATCHED:
        return old_marks, new_marks
    for at_old, at_new, size in SequenceMatcher(str.isspace, old, new, autojunk=False).get_matching_blocks():
        old_marks[at_old : at_old + size] = [False] * size
        new_marks[at_new : at_new + size] = [False] * size
    return old_marks, new_marks


def _joined(words: Sequence[str], marks: list[bool]) -> list[Piece]:
    _close_gaps(words, marks)
    pieces: list[Piece] = []
    for word, is_changed in zip(words, marks, strict=True):
        if pieces and pieces[-1].is_changed == is_changed:
            pieces[-1] = Piece(pieces[-1].text + word, is_changed)
        else:
            pieces.append(Piece(word, is_changed))
    return [part for piece in pieces for part in _without_edges(piece)]


def _close_gaps(words: Sequence[str], marks: list[bool]) -> None:
    """A gap between two changed words is marked with them, so that a changed phrase is one mark."""
    for at in range(1, len(words) - 1):
        if words[at].isspace():
            marks[at] = marks[at - 1] and marks[at + 1]


def _without_edges(piece: Piece) -> Iterable[Piece]:
    """Spaces at the edges of a mark stand outside it."""
    inner = piece.text.strip()
    if not piece.is_changed or inner == piece.text:
        return [piece]
    start = len(piece.text) - len(piece.text.lstrip())
    parts = [(piece.text[:start], False), (inner, True), (piece.text[start + len(inner) :], False)]
    return [Piece(text, is_changed) for text, is_changed in parts if text]


def _cut(pieces: Sequence[Piece], longest: int) -> Passage:
    text = "".join(piece.text for piece in pieces)
    if len(text) <= longest:
        return Passage(tuple(pieces))
    first_change = 0
    for piece in pieces:
        if piece.is_changed:
            break
        first_change += len(piece.text)
    else:
        first_change = 0
    start = _word_start(text, max(0, min(first_change - _ROOM_BEFORE, len(text) - longest)))
    end = _word_end(text, min(len(text), start + longest))
    return Passage(tuple(_between(pieces, start, end)), is_cut_before=start > 0, is_cut_after=end < len(text))


def _word_start(text: str, at: int) -> int:
    """The nearest start of a word at or after ``at``; ``at`` itself where none is near."""
    space = text.find(" ", at, at + _ROOM_BEFORE)
    return at if at == 0 or text[at - 1] == " " or space < 0 else space + 1


def _word_end(text: str, at: int) -> int:
    space = text.rfind(" ", at - _ROOM_BEFORE, at + 1)
    return at if at == len(text) or space < 0 else space


def _between(pieces: Sequence[Piece], start: int, end: int) -> Iterable[Piece]:
    at = 0
    for piece in pieces:
        shown = piece.text[max(0, start - at) : max(0, end - at)]
        at += len(piece.text)
        if shown:
            yield Piece(shown, piece.is_changed)
