"""Bodies in a folder: a file each, named by the SHA-256, and small ones together in packs once ``compact`` ran."""

from __future__ import annotations

import errno
import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.blobs import durable, packs
from archive.blobs.frames import HEAD_BYTES, Stone, head_of
from clausewatch.errors import ArchiveError, Damaged

PACKED_BYTES = 32_768
"""What is longer loses little by a file of its own, which is written once."""
_WRITING = ".writing"  # the folder where an object lies until it is whole
_LOCK = ".lock"
_PACKS = "packs"  # one for each first hexadecimal digit
_ABSENT = f"00/{'0' * 62}"  # a name that no body will have
_HEX = set("0123456789abcdef")


class FileStore:
    """A folder of objects, as ``Store`` says. An object of its own goes before one of that name in a pack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = os.fspath(folder)
        self._is_swept = False

    def path(self, key: str) -> Path:
        return self.folder / key

    def where(self, key: str) -> str:
        return str(self.path(key))

    def reach(self) -> None:
        self.head(_ABSENT)

    def check(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_place(self.folder, error.strerror) from error
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise _no_place(self.folder, os.strerror(errno.EACCES))

    def get(self, key: str) -> bytes | None:
        return self._read(key, None)

    def head(self, key: str) -> bytes | None:
        return self._read(key, HEAD_BYTES)

    def create(self, key: str, data: bytes) -> bool:
        self._sweep()
        with _stored(self.path(key)):
            return durable.create(self.path(key), data, beside=self.folder / _WRITING)

    def replace(self, key: str, data: bytes) -> None:
        with _stored(self.path(key)):
            durable.replace(self.path(key), data, beside=self.folder / _WRITING)

    def remove(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self.path(key).unlink()

    def settle(self, key: str) -> None:
        durable.settle(self.path(key))

    def keys(self, folder: str = "") -> Iterator[str]:
        if folder:
            yield from sorted(f"{folder}/{path.name}" for path in self.path(folder).glob("*"))
            return
        for digit in sorted(_HEX):
            names = {path.parent.name + path.name for path in self._single(digit)}
            with packs.opened(self._pack(digit)) as pack:
                names |= set(pack.names()) if pack else set()
            yield from map(_key, sorted(names))

    def heads(self) -> Iterator[tuple[str, bytes]]:
        for digit in sorted(_HEX):
            single = {path.parent.name + path.name: path for path in self._single(digit)}
            with packs.opened(self._pack(digit)) as pack:
                for name, data in pack.objects() if pack else ():
                    if name not in single:
                        yield _key(name), data[:HEAD_BYTES]
            for name in single:
                head = self.head(_key(name))
                if head is not None:
                    yield _key(name), head

    @contextmanager
    def alone(self) -> Iterator[None]:
        with _stored(self.folder):
            lock = durable.alone(self.folder / _LOCK)
            lock.__enter__()
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def purge(self, keys: Collection[str]) -> None:
        durable.sweep(self.folder / _WRITING)
        for path, names in self._by_pack(keys).items():
            with packs.opened(path) as pack:
                held = {name for name in names if pack and pack.find(name) is not None}
            gone = {name for name in held if self.path(_key(name)).exists()}  # the file that goes before it
            if gone:
                self._write_pack(path, {name: data for name, data in packs.held(path).items() if name not in gone})

    def gather(self, keys: Collection[str]) -> int:
        durable.sweep(self.folder / _WRITING)
        gathered = 0
        for path, names in self._by_pack(keys).items():
            single = {name: data for name in names if (data := self._small(name)) is not None}
            if not single:
                continue
            self._write_pack(path, packs.held(path) | single)
            for name in single:
                self.remove(_key(name))
            gathered += len(single)
        for shard in self.folder.glob("??"):
            with suppress(OSError):  # it holds something, or a writer makes it again
                shard.rmdir()
        return gathered

    def taken(self) -> tuple[int, int]:
        sizes = [path.stat() for path in self.folder.rglob("*") if path.is_file()]
        return sum(size.st_size for size in sizes), sum(size.st_blocks * 512 for size in sizes)

    def _read(self, key: str, size: int | None) -> bytes | None:
        for _ in range(2):  # what is taken out of a pack is a file before
            try:
                with open(f"{self._root}/{key}", "rb", buffering=0) as file:  # noqa: PTH123  half the time of a Path
                    return file.read(-1 if size is None else size)
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                raise Damaged(f"{self.path(key)}: cannot be read ({error.strerror})") from error
            if key.startswith("."):
                return None
            with packs.opened(f"{self._root}/{_PACKS}/{key[0]}") as pack:
                found = pack.find(key.replace("/", "")) if pack else None
            if found is not None:
                return found[:size]
            if pack is None:
                return None
        return None

    def _small(self, name: str) -> bytes | None:
        """A file that a pack may take; what stands in place of an erased body stays one."""
        with suppress(FileNotFoundError):
            path = self.path(_key(name))
            if path.stat().st_size <= PACKED_BYTES:
                data = path.read_bytes()
                return None if isinstance(head_of(data), Stone) else data
        return None

    def _write_pack(self, path: Path, objects: dict[str, bytes]) -> None:
        with _stored(path):
            if objects:
                durable.replace(path, packs.packed(objects), beside=self.folder / _WRITING)
            else:
                packs.remove(path)

    def _pack(self, name: str) -> Path:
        return self.folder / _PACKS / name[0]

    def _by_pack(self, keys: Collection[str]) -> dict[Path, set[str]]:
        grouped: dict[Path, set[str]] = defaultdict(set)
        for key in keys:
            grouped[self._pack(key)].add(key.replace("/", ""))
        return grouped

    def _single(self, digit: str) -> Iterator[Path]:
        for shard in self.folder.glob(f"{digit}?"):
            if set(shard.name) <= _HEX:
                yield from shard.glob("*")

    def _sweep(self) -> None:
        """Remove what killed writers left; once for each store, before it first writes."""
        if not self._is_swept:
            self._is_swept = True
            durable.sweep(self.folder / _WRITING)


def _key(name: str) -> str:
    return f"{name[:2]}/{name[2:]}"


def _no_place(folder: Path, reason: str | None) -> ArchiveError:
    return ArchiveError(
        f"{folder}: bodies cannot be stored there ({reason}); set CLAUSEWATCH_BLOBS, or check the permissions"
    )


@contextmanager
def _stored(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{path.parent}: the body cannot be stored ({error.strerror}); nothing of it was kept, "
            "make room or check the permissions and try again"
        ) from error
