"""Which of many pairs keep their order, and which moved."""

from __future__ import annotations

from collections.abc import Sequence


def rising(pairs: Sequence[tuple[int, int]], weights: Sequence[int]) -> set[int]:
    """Which of the pairs, given by rising first number, keep their order by the second: the heaviest such choice."""
    rank = {j: at for at, j in enumerate(sorted(j for _, j in pairs), start=1)}
    best: list[tuple[int, int]] = [(0, -1)] * (len(pairs) + 1)  # a Fenwick tree: weight of a chain, its last pair
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        weight, last = _heaviest(best, rank[j] - 1)
        before.append(last)
        _note(best, rank[j], (weight + weights[at], at))
    at = _heaviest(best, len(pairs))[1]
    kept = set()
    while at >= 0:
        kept.add(at)
        at = before[at]
    return kept


def _heaviest(best: list[tuple[int, int]], upto: int) -> tuple[int, int]:
    found = (0, -1)
    while upto > 0:
        found = max(found, best[upto], key=lambda chain: chain[0])
        upto &= upto - 1
    return found


def _note(best: list[tuple[int, int]], at: int, chain: tuple[int, int]) -> None:
    while at < len(best):
        if chain[0] > best[at][0]:
            best[at] = chain
        at += at & -at
