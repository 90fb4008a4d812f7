"""Turns of phrase that mean as much as each other, so that writing one for the other changes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from .rules import Lexicon


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared, and which words of the sentence it stands for."""

    key: str
    first: int
    last: int


def tokens_of(keys: Sequence[str], *, lexicon: Lexicon) -> tuple[Token, ...]:
    """The words of a sentence, each known phrase given way to the one that it means as much as."""
    tokens = [Token(key, at, at) for at, key in enumerate(keys)]
    line = " ".join(keys)
    for pattern, plain in lexicon.phrases:
        matches = list(pattern.finditer(line))
        if not matches:  # nearly always
            continue
        starts = [0, *accumulate(len(token.key) + 1 for token in tokens)][:-1]
        for match in reversed(matches):
            first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
            span = tokens[first].first, tokens[last].last
            tokens[first : last + 1] = [Token(key, *span) for key in match.expand(plain).split()]
        line = " ".join(token.key for token in tokens)
    return tuple(tokens)
