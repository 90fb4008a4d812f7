"""Which pairs keep their order."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from differ.order import rising


@given(st.permutations(range(7)), st.lists(st.integers(1, 9), min_size=7, max_size=7))
def test_the_heaviest_rising_choice_is_kept(places: list[int], weights: list[int]) -> None:
    pairs = list(enumerate(places))
    kept = rising(pairs, weights)
    order = [places[at] for at in sorted(kept)]
    choices = (choice for size in range(8) for choice in combinations(range(7), size))
    best = max(sum(weights[at] for at in choice) for choice in choices if _rises([places[at] for at in choice]))
    assert order == sorted(order)
    assert sum(weights[at] for at in kept) == best


def _rises(row: list[int]) -> bool:
    return row == sorted(row)


def test_nothing_is_kept_of_nothing() -> None:
    assert rising([], []) == set()
