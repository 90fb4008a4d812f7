"""How much running text a piece or a box holds: what tells a policy from the menus around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

from clausewatch.model import BlockKind
from differ.normalise.page import Box, Page, Piece
from differ.vocabulary import POLICY_WORDS

__all__ = ["Sums", "has_prose", "prose_of", "speaks_of_policy"]

_MIN_WORDS = 8
_MIN_SENTENCE_WORDS = 4  # that many are enough for a piece that ends like a sentence
_MAX_LINK_SHARE = 0.6
_MIN_POLICY_WORDS = 2
_MIN_POLICY_SHARE = 0.05
_WORD = re.compile(r"[^\W\d_]+")
_POLICY_WORDS = frozenset().union(*POLICY_WORDS.values())
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "。", "！", "？", '."', ".)")


def prose_of(piece: Piece) -> float:
    """The words of a piece that count as running text: none of a heading or of a list of links."""
    words = piece.words
    if piece.kind is BlockKind.HEADING:
        return 0.0
    if words <= 3 and not piece.text.isascii():  # scripts without spaces: about two characters make a word
        words = max(words, _wide(piece.text) // 2)
    if words < _MIN_WORDS and not (words >= _MIN_SENTENCE_WORDS and piece.text.endswith(_SENTENCE_ENDS)):
        return 0.0
    if not piece.linked:
        return words
    share = piece.link_share
    return words * (1 - share) if share < _MAX_LINK_SHARE else 0.0


def has_prose(page: Page, words: int) -> bool:
    """Whether a page holds that much running text. Looks no further than it must."""
    return any(sum_ >= words for sum_ in accumulate(map(prose_of, page.pieces)))


def speaks_of_policy(pieces: Iterable[Piece]) -> bool:
    """Whether pieces hold several different words that policies use, and not by chance among many others."""
    words = [word for piece in pieces for word in _WORD.findall(piece.text.lower())]
    found = [word for word in words if word in _POLICY_WORDS]
    return len(set(found)) >= _MIN_POLICY_WORDS and len(found) >= _MIN_POLICY_SHARE * len(words)


def _wide(text: str) -> int:
    """Characters of scripts that are written without spaces (Chinese, Japanese, Thai)."""
    return sum("\u0e00" <= char <= "\u0e7f" or "\u3040" <= char <= "\u9fff" for char in text)


class Sums:
    """Sums over ranges of pieces, by differences of prefix sums. Made anew when pieces are dropped."""

    def __init__(self, page: Page) -> None:
        pieces = page.pieces
        self._prose = [0.0, *accumulate(prose_of(piece) for piece in pieces)]
        self._words = [0, *accumulate(piece.words for piece in pieces)]
        self._linked = [0, *accumulate(piece.anchored for piece in pieces)]
        self._h1 = [0, *accumulate(piece.tag == "h1" for piece in pieces)]
        self._h3 = [0, *accumulate(piece.tag in ("h1", "h2", "h3") for piece in pieces)]

    @property
    def total(self) -> float:
        return self._prose[-1]

    def prose(self, box: Box) -> float:
        return self._prose[box.end] - self._prose[box.first]

    def words(self, box: Box) -> int:
        return self._words[box.end] - self._words[box.first]

    def link_share(self, box: Box) -> float:
        words = self.words(box)
        return (self._linked[box.end] - self._linked[box.first]) / words if words else 0.0

    def has_h1(self, box: Box) -> bool:
        return self._h1[box.end] > self._h1[box.first]

    def has_h3(self, box: Box) -> bool:
        """Whether an h1, h2 or h3 stands in the box."""
        return self._h3[box.end] > self._h3[box.first]
