"""A text as the numbers of its blocks: enough to see what two texts share, without reading either. The words are at
hand for the few blocks of which a part alone may change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

__all__ = ["EMPTY", "Piece", "Shape"]


class Piece(NamedTuple):
    """A block: the same number means the same words."""

    id: int
    words: int
    is_heading: bool
    text: str = ""  # where it was kept


@dataclass(frozen=True)
class Shape:
    """The blocks of a text in reading order."""

    pieces: tuple[Piece, ...]

    @cached_property
    def ids(self) -> frozenset[int]:
        return frozenset(piece.id for piece in self.pieces)

    @cached_property
    def repeated(self) -> frozenset[int]:
        """The blocks that stand there more than once."""
        return frozenset(id for id, count in Counter(piece.id for piece in self.pieces).items() if count > 1)

    def at(self, id: int) -> int:
        """Where the block stands first, counted from 0; a KeyError if it does not."""
        return self._places[id]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {piece.id: at for at, piece in reversed(list(enumerate(self.pieces)))}

    @cached_property
    def _words(self) -> dict[int, int]:
        return {piece.id: max(piece.words, 1) for piece in self.pieces}

    def words_beyond(self, other: Shape) -> int:
        """The words of the blocks that the other text lacks."""
        return sum(self._words[id] for id in self.ids - other.ids)

    def distance(self, other: Shape) -> int:
        """The words of the blocks that only one of both has."""
        return self.words_beyond(other) + other.words_beyond(self)

    def is_step_into(self, before: Shape, other: Shape) -> bool:
        """Whether all that this text changed since ``before`` stands so in the other text too."""
        return self.ids - before.ids <= other.ids and not (before.ids - self.ids) & other.ids


EMPTY = Shape(())
