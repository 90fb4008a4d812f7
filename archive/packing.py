"""How what a record of a page holds is written: numbers, and plain values. Pages compress them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from clausewatch.errors import Damaged


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Whole numbers, seven bits a byte, the sign in the lowest one: those near zero take a byte.

    >>> unpack_numbers(pack_numbers([0, -1, 300]))
    [0, -1, 300]
    """
    packed = bytearray()
    for number in numbers:
        rest = number << 1 if number >= 0 else (-number << 1) - 1
        while rest > 0x7F:
            packed.append(rest & 0x7F | 0x80)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def unpack_numbers(packed: bytes) -> list[int]:
    """What ``pack_numbers`` packed. Raises ValueError where it ends in the middle of a number."""
    numbers, number, shift = [], 0, 0
    for byte in packed:
        if byte > 0x7F:
            number |= (byte & 0x7F) << shift
            shift += 7
            continue
        number |= byte << shift
        numbers.append(-((number + 1) >> 1) if number & 1 else number >> 1)
        number = shift = 0
    if shift:
        raise ValueError("it ends in the middle of a number")
    return numbers


def pack_ids(ids: Sequence[int]) -> bytes:
    """Ids of records in their order. Most follow the one before, so runs of them are kept.

    >>> unpack_ids(pack_ids([1024, 1025, 1026, 1040, 1025]))
    (1024, 1025, 1026, 1040, 1025)
    """
    runs: list[int] = []  # for each run how far it begins from the end of the one before, and how long it is
    end = 0
    for id in ids:
        if runs and id == end:
            runs[-1] += 1
        else:
            runs += [id - end, 1]
        end = id + 1
    return pack_numbers([len(ids), *runs])  # a record is never empty


def unpack_ids(packed: bytes) -> tuple[int, ...]:
    """What ``pack_ids`` packed. Raises Damaged."""
    try:
        length, *numbers = unpack_numbers(packed)
        runs = list(zip(numbers[::2], numbers[1::2], strict=True))
    except ValueError as error:
        raise Damaged(f"a text's list of blocks is damaged ({error}); restore the database from a backup") from None
    ids: list[int] = []
    end = 0
    for gap, count in runs:
        ids.extend(range(end + gap, end + gap + count))
        end += gap + count
    if len(ids) != length:
        raise Damaged("a text's list of blocks is damaged; restore the database from a backup")
    return tuple(ids)


def pack_values(values: object) -> bytes:
    """Plain values as JSON; those of one meaning together pack better than row by row."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def unpack_values(packed: bytes) -> Any:
    """What ``pack_values`` packed. Raises Damaged."""
    try:
        return json.loads(packed)
    except ValueError as error:
        raise Damaged(f"a record is damaged ({error}); restore the database from a backup") from None
