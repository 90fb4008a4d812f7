"""How alike two pieces of text are, by the words and pairs of words that they share, and who could be alike at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+")
_NUMBERING = re.compile(
    r"^\s*(?:(?:section|article|part|clause|chapter|§)\s*(?=[\divxlc]))?"
    r"(?:\d{1,3}(?:\.\d{1,3})*[.):]*|[ivxlc]{1,5}[.)]+|[a-z][.)]+|\([\da-z]{1,4}\))[\s.:–—-]+(?=\S)",
    re.IGNORECASE,
)
COMMON = 4  # a pair of words in more pieces than this says little about who belongs together
CANDIDATES = 8  # pieces looked at closely for each piece

Profile = Counter[Hashable]
"""Words and pairs of neighbouring words, counted."""


def profile(text: str) -> Profile:
    words = _WORD.findall(text.casefold())
    counted: Profile = Counter(words)
    counted.update(pairwise(words))
    return counted


def similarity(one: Profile, other: Profile) -> float:
    """0 for nothing in common to 1 for the same words in the same neighbourhood; 0 where either is empty."""
    size = one.total() + other.total()
    if not one or not other:
        return 0.0
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return 2 * sum(min(count, large[part]) for part, count in small.items() if part in large) / size


def heading_key(text: str) -> str:
    """Equal for headings that differ in numbering, case, punctuation or spacing alone.

    >>> heading_key("3.1 How we use data:") == heading_key("4. HOW WE USE DATA")
    True
    """
    return "".join(_WORD.findall(_NUMBERING.sub("", text).casefold()))


def candidates(one: Sequence[Iterable[Hashable]], other: Sequence[Iterable[Hashable]]) -> list[tuple[int, int]]:
    """Pairs that share parts which few pieces have, at most CANDIDATES for each of the first; never all pairs."""
    holders: dict[Hashable, list[int]] = {}
    for j, parts in enumerate(other):
        for part in set(parts):
            holders.setdefault(part, []).append(j)
    found = []
    for i, parts in enumerate(one):
        votes: Counter[int] = Counter()
        for part in set(parts):
            shared = holders.get(part, ())
            if len(shared) <= COMMON:
                votes.update(shared)
        best = sorted(votes, key=lambda j: (-votes[j], abs(i - j), j))
        found += [(i, j) for j in best[:CANDIDATES]]
    return found
