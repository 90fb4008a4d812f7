from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.packing import pack_ids, pack_numbers, pack_values, unpack_ids, unpack_numbers, unpack_values
from clausewatch.errors import Damaged


@given(st.lists(st.integers()))
def test_any_numbers_come_back(numbers: list[int]) -> None:
    assert unpack_numbers(pack_numbers(numbers)) == numbers


@given(st.lists(st.integers(0, 1 << 40), max_size=20), st.integers(1, 5))
def test_any_ids_come_back_in_their_order(begins: list[int], run: int) -> None:
    ids = [begin + more for begin in begins for more in range(run)]
    assert unpack_ids(pack_ids(ids)) == tuple(ids)


def test_a_run_of_ids_takes_a_few_bytes() -> None:
    assert len(pack_ids(range(2048, 3000))) < 10


@pytest.mark.parametrize("packed", [b"", b"\xff", pack_ids([1, 2, 9])[:-1], pack_ids([1])[1:]])
def test_a_damaged_list_is_said(packed: bytes) -> None:
    with pytest.raises(Damaged, match="list of blocks is damaged"):
        unpack_ids(packed)


def test_damaged_values_are_said() -> None:
    assert unpack_values(pack_values(["ü", None, 1.5])) == ["ü", None, 1.5]
    with pytest.raises(Damaged, match="a record is damaged"):
        unpack_values(b"[1,")
