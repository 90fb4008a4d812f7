"""Keeps what was made of words, for as long as they are met again and again: two versions of a policy have nearly all
their blocks in common. What is made must follow from what is asked with, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Kept"]

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """Makes something of words, and of what stands around them, once while it remembers it: up to so many characters
    of words, those met last. What is made of longer words than a tenth of that is not kept.

    Threads may share it; at worst they make a thing twice.

    >>> lengths = Kept(len, characters=100)
    >>> lengths("ten"), lengths("ten")
    (3, 3)
    """

    def __init__(self, make: Callable[..., Made], *, characters: int) -> None:
        self._make = make
        self._most = characters // 2  # of each of two halves: when the young one is full, the old one is forgotten
        self._young: dict[Hashable, Made] = {}
        self._old: dict[Hashable, Made] = {}
        self._size = 0

    def __call__(self, words: str, *around: Hashable) -> Made:
        key = (words, *around)
        found = self._young.get(key)
        return self._taken(key, len(words)) if found is None else found

    def _taken(self, key: tuple[Hashable, ...], length: int) -> Made:
        found = self._old.get(key)
        if found is None:
            found = self._make(*key)
        if 5 * length > self._most:
            return found
        if self._size > self._most:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = found
        self._size += length
        return found
