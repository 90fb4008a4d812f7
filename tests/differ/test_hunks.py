"""Where two rows differ."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from differ.hunks import LARGEST, hunks, matches

ROWS = st.lists(st.sampled_from("abcdef"), max_size=30)


@given(ROWS, ROWS)
def test_matches_rise_and_are_equal(old: list[str], new: list[str]) -> None:
    found = matches(old, new)
    assert all(old[i] == new[j] for i, j in found)
    assert all(first[0] < second[0] and first[1] < second[1] for first, second in pairwise(found))


@given(ROWS, ROWS)
def test_as_many_things_stay_as_can(old: list[str], new: list[str]) -> None:
    row = [0] * (len(new) + 1)
    for thing in old:
        last = row
        row = [0]
        for j, other in enumerate(new):
            row.append(last[j] + 1 if thing == other else max(row[j], last[j + 1]))
    assert len(matches(old, new)) == row[-1]


@given(ROWS, ROWS)
def test_hunks_are_what_lies_between_matches(old: list[str], new: list[str]) -> None:
    kept = sum(b - a for a, b, _, _ in hunks(old, new))
    assert len(old) - kept == len(matches(old, new))


def test_large_rows_are_cut_at_what_stands_once() -> None:
    old = [f"{n}" if n % 10 == 0 else "x" for n in range(LARGEST * 2)]
    new = [*old[:700], "new", *old[700:1500], *old[1510:]]
    assert hunks(["head", *old], ["top", *new]) == [(0, 1, 0, 1), (701, 701, 701, 702), (1501, 1511, 1502, 1502)]


def test_large_rows_with_nothing_unique_are_one_change() -> None:
    old, new = ["a", "b"] * LARGEST, ["b", "a", "a"] * LARGEST
    assert hunks(old, new) == [(0, len(old), 0, len(new))]
