"""A few pieces at once, given back in their order."""

from __future__ import annotations

import threading

import pytest

from clausewatch.jobs.overlap import overlapping


def test_pieces_come_in_their_order_and_few_are_under_way() -> None:
    lock, now, most = threading.Lock(), 0, 0
    both = threading.Barrier(2)

    def double(piece: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        if piece < 2:  # the first two meet: they are under way at once
            both.wait(60)
        with lock:
            now -= 1
        return 2 * piece

    assert list(overlapping(double, range(20), at_once=3)) == [(piece, 2 * piece) for piece in range(20)]
    assert 2 <= most <= 3


def test_one_at_once_is_done_in_this_thread() -> None:
    found = list(overlapping(lambda piece: threading.current_thread(), [1, 2], at_once=1))
    assert {thread for _, thread in found} == {threading.current_thread()}


def test_what_a_piece_raises_ends_it_and_nothing_more_is_begun() -> None:
    begun = []

    def fail(piece: int) -> None:
        begun.append(piece)
        raise ValueError(f"piece {piece}")

    with pytest.raises(ValueError, match="piece 0"):
        list(overlapping(fail, range(1000), at_once=2))
    assert len(begun) < 10
