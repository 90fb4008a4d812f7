"""Packs: small bodies put together in files, since a file of its own takes 4 kB on disk however short it is.

A pack is a line that says what it is and how many objects it holds, then their names, places and lengths in the
order of the names, then the objects, each with its own first line. It is never changed: a new one is renamed over it.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from archive.blobs.frames import unreadable
from clausewatch.errors import Damaged

_FIRST = b"clausewatch-pack 1 "
_ENTRY = struct.Struct(">32sQQ")  # SHA-256, place in the file, length
_LONGEST_LINE = 64
_READ_AT_ONCE = 65_536  # bytes; a map of so few costs more than to copy them


@dataclass(frozen=True, slots=True)
class Pack:
    """An open pack."""

    path: str
    raw: bytes | mmap.mmap
    start: int  # of the entries
    count: int

    def find(self, sha256: str) -> bytes | None:
        """The object of that name. Raises Damaged where the pack is not whole."""
        wanted = bytes.fromhex(sha256)
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self._entry(middle)[0] < wanted:
                low = middle + 1
            else:
                high = middle
        if low == self.count or self._entry(low)[0] != wanted:
            return None
        return self._object(low)

    def names(self) -> Iterator[str]:
        for number in range(self.count):
            yield self._entry(number)[0].hex()

    def objects(self) -> Iterator[tuple[str, bytes]]:
        for number in range(self.count):
            yield self._entry(number)[0].hex(), self._object(number)

    def _entry(self, number: int) -> tuple[bytes, int, int]:
        name, at, length = _ENTRY.unpack_from(self.raw, self.start + number * _ENTRY.size)
        return name, at, length

    def _object(self, number: int) -> bytes:
        _, at, length = self._entry(number)
        if at + length > len(self.raw):
            raise Damaged(unreadable(self.path, ValueError("it is cut off")))
        return self.raw[at : at + length]


@contextmanager
def opened(path: Path | str) -> Iterator[Pack | None]:
    """The pack at that path, None where there is none. It is closed again, so that what is erased is gone from disk.

    Raises Damaged.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as error:
        raise Damaged(f"{path}: cannot be read ({error.strerror})") from error
    try:
        size = os.fstat(handle).st_size
        raw = os.read(handle, size) if size <= _READ_AT_ONCE else mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise Damaged(unreadable(str(path), error)) from error
    finally:
        os.close(handle)
    with nullcontext() if isinstance(raw, bytes) else raw:
        yield _pack(os.fspath(path), raw)


def _pack(path: str, raw: bytes | mmap.mmap) -> Pack:
    line, found, _ = raw[:_LONGEST_LINE].partition(b"\n")
    count = line.removeprefix(_FIRST)
    start = len(line) + 1
    if not found or not line.startswith(_FIRST) or not count.isdigit():
        raise Damaged(unreadable(path, ValueError("its first line is not one of ours")))
    if start + int(count) * _ENTRY.size > len(raw):
        raise Damaged(unreadable(path, ValueError("it is cut off")))
    return Pack(path, raw, start, int(count))


def packed(objects: Mapping[str, bytes]) -> bytes:
    """A pack of these objects by their SHA-256."""
    line = _FIRST + str(len(objects)).encode() + b"\n"
    at = len(line) + len(objects) * _ENTRY.size
    entries, parts = [], []
    for name in sorted(objects):
        entries.append(_ENTRY.pack(bytes.fromhex(name), at, len(objects[name])))
        parts.append(objects[name])
        at += len(objects[name])
    return b"".join([line, *entries, *parts])


def held(path: Path) -> dict[str, bytes]:
    """All objects of the pack, none where there is none."""
    with opened(path) as pack:
        return dict(pack.objects()) if pack else {}


def remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
