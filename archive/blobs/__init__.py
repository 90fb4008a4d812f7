"""Snapshot bodies, named by the SHA-256 of their bytes, in a folder or a bucket; each leans on one much like it.

A stored body says what it is in its first line, so that two databases may share a place and a lost database loses
no body. Where a body was erased its place says so, and no later look at the same bytes brings it back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from archive.blobs.chains import NEAR, Chains, Encoded, key_of, name_of
from archive.blobs.erasing import erase_all, is_going
from archive.blobs.files import FileStore
from archive.blobs.frames import COMPACT_LEVEL, WRITING_LEVEL, Head, Stone, body_of, frame_of, head_of, plain
from archive.blobs.stores import Store
from clausewatch.errors import ArchiveError, SettingsError

__all__ = ["NEAR", "Blobs", "Stone", "Taken", "open_blobs"]


@dataclass(frozen=True, slots=True)
class Taken:
    """How much room the bodies take."""

    stored: int  # bytes
    on_disk: int  # in blocks of the file system


class Blobs:
    """A place of bodies. ``write`` and ``read`` take and give the bytes as they were.

    With ``is_plain`` they are deflated, which every language reads by itself, and lean on none.
    """

    def __init__(self, place: Path | Store, *, is_plain: bool = False) -> None:
        self._store: Store = FileStore(place) if isinstance(place, Path) else place
        self._chains = Chains(self._store)
        self._is_plain = is_plain

    @property
    def place(self) -> str:
        """Where they lie, for messages."""
        return self._store.where("").rstrip("/")

    @property
    def folder(self) -> Path:
        """The folder of the bodies. Raises ArchiveError where they lie in a bucket."""
        if not isinstance(self._store, FileStore):
            raise ArchiveError(f"{self._store.where('')}: the bodies lie in a bucket, which has no files")
        return self._store.folder

    def path(self, sha256: str) -> Path:
        """The file of a body that is not packed. Raises ArchiveError where they lie in a bucket."""
        return self.folder / key_of(sha256)

    def reach(self) -> None:
        """Raises ArchiveError, soon, where no body can be asked for at all."""
        self._store.reach()

    def check(self) -> None:
        """Raises ArchiveError, soon, where bodies can be neither asked for nor stored here."""
        self._store.check()

    def holds(self, sha256: str) -> bool:
        """Whether the body is there, or the word that it was erased. It is not read: ``read`` says whether it is whole.

        Raises Damaged, or Unreached, where that cannot be told.
        """
        return self._store.head(key_of(sha256)) is not None

    def write(self, body: bytes, *, near: Iterable[str] = ()) -> str:
        """Store the body, safe from a crash once this returns; give its SHA-256. Writing it again does nothing.

        ``near`` are bodies that may be much like it, nearest first: earlier ones of the same document. They are on disk
        already. Raises ArchiveError if the disk is full or the place cannot be written.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        key = key_of(sha256)
        is_there = self._is_well(key)
        if is_there:
            self._store.settle(key)
            return sha256
        if self._is_plain:
            self._store.create(key, plain(body))
            return sha256
        if is_there is not None:
            self._heal(key, body)
            return sha256
        encoded, below = self._chains.encoded(body, near, level=WRITING_LEVEL)
        is_ours = self._store.create(key, encoded.raw)  # else another process was faster
        if not self._is_well(key):
            self._heal(key, body)
        elif is_ours:
            self._chains.remember(sha256, encoded, below, body=body)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The body, checked against its name.

        Raises NotFound, Gone where it was erased, Damaged where it, or a body it leans on, is not what it was, or
        Unreached where nothing answers.
        """
        return self._chains.read(sha256)

    def erase(self, sha256: str, *, on: date, reason: str) -> None:
        """Put the day and the reason in place of the body, for ever; once it is done it stays. Raises ArchiveError."""
        self.erase_all({sha256: Stone(on, reason)})

    def erase_all(self, stones: Mapping[str, Stone]) -> None:
        """Erase several bodies: all that is stored is looked through once for what leans on them."""
        erase_all(self._store, self._chains, stones)

    def compact(self, sha256: str, *, near: Iterable[str] = ()) -> int:
        """Store the body again as short as can be; gives the bytes that saves. Once it was done this does nothing.

        It stays readable all the time. To be called while ``alone``. Raises what ``read`` raises.
        """
        key = key_of(sha256)
        raw = self._store.get(key)
        head = head_of(raw) if raw else None
        if raw is None or not isinstance(head, Head) or head.level >= COMPACT_LEVEL:
            return 0
        body = self.read(sha256)
        encoded, below = self._chains.encoded(body, near, level=COMPACT_LEVEL, rank=head.rank)
        if head.rank and len(raw) <= len(encoded.raw):  # it cannot be better, and need not be tried again
            encoded = Encoded(Head(head.codec, head.size, COMPACT_LEVEL, head.rank, head.base), raw[len(head.line) :])
            below = self._chains.below(head.base)
        base = self.read(encoded.head.base) if encoded.head.base else None
        if body_of(encoded.head, encoded.raw, base) != body:
            raise ArchiveError(f"{self._store.where(key)}: would not be read as it was; it was left as it is")
        self._store.replace(key, encoded.raw)
        self._chains.remember(sha256, encoded, below, body=body)
        return len(raw) - len(encoded.raw)

    def rank(self, sha256: str) -> int | None:
        """The place of the body in the order in which bodies may lean on each other, 0 for one of format 1; None where
        there is none. Raises Damaged."""
        raw = self._store.head(key_of(sha256))
        head = _head(raw) if raw else None
        return head.rank if head else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold this while bodies are compacted or gathered: no other process erases, compacts or gathers then."""
        with self._store.alone():
            self._chains.forget()  # what is held in memory may have been erased by another process
            yield

    def names(self) -> Iterator[str]:
        """The SHA-256 of all that is stored or was erased."""
        return map(name_of, self._store.keys())

    def gather(self) -> int:
        """Put small bodies together, where a file of its own takes more room; how many were."""
        return self._store.gather(list(self._store.keys()))

    def taken(self) -> Taken:
        return Taken(*self._store.taken())

    def _is_well(self, key: str) -> bool | None:
        """Whether what is there can be read, or None where nothing is: one look at its first line and its base's."""
        raw = self._store.head(key)
        if raw is None:
            return None
        try:
            head = head_of(raw)
        except ValueError:
            return False
        return isinstance(head, Stone) or head.base is None or not is_going(self._store, head.base)

    def _heal(self, key: str, body: bytes) -> None:
        """Write the body whole over what leans on something that is gone. What leans on it still may."""
        head = _head(self._store.head(key) or b"")
        rank = head.rank if head and head.rank else 1
        whole = Head("zstd", len(body), WRITING_LEVEL, rank)
        self._store.replace(key, whole.line + frame_of(body, None, level=WRITING_LEVEL))
        self._chains.forget()


def _head(raw: bytes) -> Head | None:
    try:
        head = head_of(raw)
    except ValueError:
        return None
    return head if isinstance(head, Head) else None


def open_blobs(address: str, home: Path) -> Blobs:
    """The bodies of an installation: the folder ``blobs`` of its home, another folder, or a bucket.

    Raises SettingsError.
    """
    if address.startswith("s3://"):
        from archive.blobs.buckets import BucketStore

        return Blobs(BucketStore(address))
    folder = Path(address.removeprefix("file:")) if address else home / "blobs"
    if folder.exists() and not folder.is_dir():
        raise SettingsError(
            f"{folder}: is no folder for bodies; set CLAUSEWATCH_BLOBS to one, or to s3://BUCKET/PREFIX"
        )
    return Blobs(folder)
