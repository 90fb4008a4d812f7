"""What bodies lie in, be it a folder or a bucket: objects by name, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Store(Protocol):
    """Objects by name, as ``ab/cdef...``. What cannot be written raises ArchiveError, what cannot be read Damaged, or
    Unreached where none can be."""

    def where(self, key: str) -> str:
        """The object, for messages."""
        ...

    def reach(self) -> None:
        """Raises ArchiveError within seconds where objects cannot be asked for."""
        ...

    def check(self) -> None:
        """Raises ArchiveError within seconds where objects cannot be asked for, or never be written."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object, or None where there is none."""
        ...

    def head(self, key: str) -> bytes | None:
        """Its first bytes, HEAD_BYTES or a few more."""
        ...

    def create(self, key: str, data: bytes) -> bool:
        """Write the object, safe from a crash once this returns; False where there is one already, which stays."""
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Write the object in place of the one that is there, or anew."""
        ...

    def remove(self, key: str) -> None:
        """Remove the object, if it is there."""
        ...

    def settle(self, key: str) -> None:
        """Make safe from a crash what another process may have written just now."""
        ...

    def keys(self, folder: str = "") -> Iterator[str]:
        """The names of the bodies, or of what lies in that folder, each once."""
        ...

    def heads(self) -> Iterator[tuple[str, bytes]]:
        """The names of the bodies and their first bytes."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """For what replaces and removes: one process at a time. A killed one does not keep others out for long."""
        ...

    def purge(self, keys: Collection[str]) -> None:
        """Leave not a byte of what was replaced or removed under these names, nor of what killed writers left."""
        ...

    def gather(self, keys: Collection[str]) -> int:
        """Put small objects together where that saves room; how many were."""
        ...

    def taken(self) -> tuple[int, int]:
        """Bytes of all objects, and bytes that they take where they lie."""
        ...
