"""How alike two pieces of text are, by the words and pairs of words that they share, and who could be alike at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from differ.kept import Kept
from differ.tokens import UNSPACED

_WORD = re.compile(rf"[^\W_{UNSPACED}]+|[{UNSPACED}]")
_BLANKED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
_NUMBERING = re.compile(
    r"^\s*(?:(?:section|article|part|clause|chapter|§)\s*(?=[\divxlc]))?"
    r"(?:\d{1,3}(?:\.\d{1,3})*[.):]*|[ivxlc]{1,5}[.)]+|[a-z][.)]+|\([\da-z]{1,4}\))[\s.:–—-]+(?=\S)",
    re.IGNORECASE,
)
KEPT_CHARACTERS = 100_000  # of what is profiled, which takes some forty times as many bytes: two long policies
RECENT_HEADINGS = 4096  # most stand in both texts
COMMON = 4  # a pair of words in more pieces than this says little about who belongs together
CANDIDATES = 8  # pieces looked at closely for each piece

Profile = Counter[str]
"""Words, and pairs of neighbouring words with a space between, counted."""


def words_of(text: str) -> list[str]:
    """The words without case and marks; in scripts without spaces each character is one, as it is a token.

    >>> words_of("Wir löschen Logs; 我们删除")
    ['wir', 'löschen', 'logs', '我', '们', '删', '除']
    """
    folded = text.casefold()
    if folded.isascii():  # most is, and this takes a third of the time
        return folded.encode().translate(_BLANKED).decode().split()
    return _WORD.findall(folded)


def _profile(text: str) -> Profile:
    words = words_of(text)
    return Counter([*words, *map(" ".join, pairwise(words))])


profile = Kept(_profile, characters=KEPT_CHARACTERS)
"""The words of a text, and pairs of them, counted. Whoever asks must leave it as it is: others are given the same."""


def similarity(one: Profile, other: Profile) -> float:
    """0 for nothing in common to 1 for the same words in the same neighbourhood; 0 where either is empty."""
    if not one or not other:
        return 0.0
    return 2 * shared(one, other) / (one.total() + other.total())


def shared(one: Profile, other: Profile) -> int:
    """How many words and pairs of words two pieces have in common."""
    common = one.keys() & other.keys()
    return sum(map(min, map(one.__getitem__, common), map(other.__getitem__, common)))


@lru_cache(maxsize=RECENT_HEADINGS)
def heading_key(text: str) -> str:
    """Equal for headings that differ in numbering, case, punctuation or spacing alone.

    >>> heading_key("3.1 How we use data:") == heading_key("4. HOW WE USE DATA")
    True
    """
    return "".join(words_of(_NUMBERING.sub("", text)))


def candidates(one: Sequence[Set[Hashable]], other: Sequence[Set[Hashable]]) -> list[tuple[int, int]]:
    """Pairs that share parts which few pieces have, at most CANDIDATES for each of the first; never all pairs."""
    known: set[Hashable] = set().union(*one)
    holders: dict[Hashable, list[int]] = {}
    for j, parts in enumerate(other):
        for part in parts & known:
            holders.setdefault(part, []).append(j)
    rare = {part: places for part, places in holders.items() if len(places) <= COMMON}
    found = []
    for i, parts in enumerate(one):
        votes = Counter(j for part in parts & rare.keys() for j in rare[part])
        best = sorted(votes, key=lambda j: (-votes[j], abs(i - j), j))
        found += [(i, j) for j in best[:CANDIDATES]]
    return found
