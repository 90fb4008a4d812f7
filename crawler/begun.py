"""Which fetches of a batch were begun, in a file that outlives the child process, whatever ends it.

Standard library only: the child notes, its parent reads.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

_NAME = "begun"
_NO, _YES = 0, 1


class Begun:
    """A byte for each fetch, in a file mapped into memory: noting costs nothing, and a kill loses none of it."""

    def __init__(self, folder: Path, ids: Sequence[str]) -> None:
        self._place = {id: number for number, id in enumerate(ids)}
        path = folder / _NAME
        path.write_bytes(bytes([_NO]) * len(ids))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), len(ids))

    def note(self, id: str) -> None:
        """The fetch is about to be asked for."""
        self._bytes[self._place[id]] = _YES


def read_begun(folder: Path, ids: Sequence[str]) -> set[str]:
    """The fetches that were begun, of those that the child was given; none where it did not come so far."""
    try:
        noted = (folder / _NAME).read_bytes()
    except FileNotFoundError:
        return set()
    return {id for id, byte in zip(ids, noted, strict=False) if byte == _YES}
