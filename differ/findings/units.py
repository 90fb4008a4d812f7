"""The nouns between two versions: a piece of a sentence's side, a unit of change, the whole difference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clausewatch.model import Direction

from .bodies import Body
from .context import Context
from .sentences import Sentence, Word


@dataclass(frozen=True)
class Piece:
    """A sentence of one version and which of its words changed."""

    sentence: Sentence
    context: Context
    changed: frozenset[int]  # indices into sentence.words
    novel: frozenset[str] = frozenset()  # changed words that stand nowhere in the other version
    proper: frozenset[str] = frozenset()  # those of them that this version never writes small

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Runs of changed words as offsets in the sentence, a single unchanged word between two bridged."""
        spans: list[tuple[int, int]] = []
        last = -9
        for index in sorted(self.changed):
            word = self.sentence.words[index]
            if index - last <= 2:
                spans[-1] = (spans[-1][0], word.end)
            else:
                spans.append((word.start, word.end))
            last = index
        return tuple(spans)

    @cached_property
    def runs(self) -> tuple[tuple[str, ...], ...]:
        """The changed words that stand next to each other, as they are compared."""
        runs: list[list[str]] = []
        last = -9
        for index in sorted(self.changed):
            if index != last + 1:
                runs.append([])
            runs[-1].append(self.sentence.keys[index])
            last = index
        return tuple(map(tuple, runs))

    @cached_property
    def changed_words(self) -> tuple[Word, ...]:
        return tuple(self.sentence.words[index] for index in sorted(self.changed))

    @cached_property
    def changed_bounds(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Where the changed words start, and where they end."""
        words = self.changed_words
        return tuple(word.start for word in words), tuple(word.end for word in words)

    @cached_property
    def changed_keys(self) -> tuple[str, ...]:
        keys = self.sentence.keys  # sooner had than its words, and most units are asked for no more
        return tuple([keys[index] for index in sorted(self.changed)])


@dataclass(frozen=True)
class Unit:
    """A sentence that came (no before), went (no after) or was altered."""

    before: Piece | None
    after: Piece | None
    likeness: float = 0.0  # of the two, 0 to 1
    is_turned: bool = False  # small words alone changed, and turn a clause around

    @property
    def direction(self) -> Direction:
        if self.before is None:
            return Direction.ADDED
        return Direction.REMOVED if self.after is None else Direction.CHANGED

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in (self.before, self.after) if piece is not None)

    @property
    def is_insertion(self) -> bool:
        """Words came and none went."""
        return self.after is not None and bool(self.after.changed) and not (self.before and self.before.changed)

    @property
    def is_deletion(self) -> bool:
        return self.before is not None and bool(self.before.changed) and not (self.after and self.after.changed)

    @property
    def main(self) -> Piece:
        """The newer piece that holds changed words."""
        if self.after is not None and self.after.changed:
            return self.after
        return self.before or self.after  # type: ignore[return-value]  # a unit has a side


@dataclass(frozen=True)
class Difference:
    """Two versions and the units between them."""

    before: Body
    after: Body
    units: tuple[Unit, ...]
    gone: tuple[Sentence, ...]  # sentences of the old version that do not stand in the new one
    come: tuple[Sentence, ...]
