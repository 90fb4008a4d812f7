"""How much running text a piece or a box holds: what tells a policy from the menus around it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate

from differ.letters import letter_runs
from differ.normalise.page import HEADING, Box, Page, Piece
from differ.sentence_ends import ends_thought
from differ.vocabulary import POLICY_WORDS

__all__ = ["Sums", "has_prose", "prose_of", "speaks_of_policy"]

_MIN_WORDS = 8
_MIN_SENTENCE_WORDS = 4  # that many are enough for a piece that ends like a sentence
_MAX_LINK_SHARE = 0.6
_MIN_POLICY_WORDS = 2
_MIN_POLICY_SHARE = 0.05
_POLICY_WORDS = frozenset().union(*POLICY_WORDS.values())


def prose_of(piece: Piece) -> float:
    """The words of a piece that count as running text: none of a heading or of a list of links."""
    words = piece.words
    if piece.kind is HEADING:
        return 0.0
    if words <= 3 and not piece.text.isascii():  # scripts without spaces: about two characters make a word
        words = max(words, _wide(piece.text) // 2)
    if words < _MIN_WORDS and not (words >= _MIN_SENTENCE_WORDS and ends_thought(piece.text)):
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
    words = letter_runs("\n".join(piece.text for piece in pieces).lower())
    found = [word for word in words if word in _POLICY_WORDS]
    return len(set(found)) >= _MIN_POLICY_WORDS and len(found) >= _MIN_POLICY_SHARE * len(words)


def _wide(text: str) -> int:
    """Characters of scripts that are written without spaces (Chinese, Japanese, Thai)."""
    return sum("\u0e00" <= char <= "\u0e7f" or "\u3040" <= char <= "\u9fff" for char in text)


class Sums:
    """Sums over ranges of pieces, by differences of prefix sums. Made anew when pieces are dropped."""

    def __init__(self, page: Page) -> None:
        self._pieces = page.pieces
        self._prose = [0.0, *accumulate(map(prose_of, page.pieces))]

    @cached_property
    def _words(self) -> list[int]:
        return [0, *accumulate(piece.words for piece in self._pieces)]

    @cached_property
    def _anchored(self) -> list[int]:
        return [0, *accumulate(piece.anchored for piece in self._pieces)]

    @cached_property
    def _tops(self) -> dict[str, list[int]]:
        """Where h1, h2 and h3 stand."""
        tops: dict[str, list[int]] = {"h1": [], "h2": [], "h3": []}
        for i, piece in enumerate(self._pieces):
            if piece.tag in tops:
                tops[piece.tag].append(i)
        return tops

    @property
    def total(self) -> float:
        return self._prose[-1]

    def prose(self, box: Box) -> float:
        return self._prose[box.end] - self._prose[box.first]

    def words(self, box: Box) -> int:
        return self._words[box.end] - self._words[box.first]

    def link_share(self, box: Box) -> float:
        words = self.words(box)
        return (self._anchored[box.end] - self._anchored[box.first]) / words if words else 0.0

    def has_h1(self, box: Box) -> bool:
        return self._has("h1", box)

    def has_h3(self, box: Box) -> bool:
        """Whether an h1, h2 or h3 stands in the box."""
        return any(self._has(tag, box) for tag in self._tops)

    def _has(self, tag: str, box: Box) -> bool:
        places = self._tops[tag]
        at = bisect_left(places, box.first)
        return at < len(places) and places[at] < box.end
