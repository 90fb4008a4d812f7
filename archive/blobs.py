"""Snapshot bodies: one file a body, named by the SHA-256 of its bytes, compressed, written then renamed.

A file says what it is in its first line, so that two databases may share a folder and a lost database loses
no body. Where a body was erased the file says so, and no later look at the same bytes brings it back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import zlib
from datetime import date
from pathlib import Path

from clausewatch.errors import ArchiveError, Damaged, Gone, NotFound

_MAGIC = b"clausewatch-blob 1"
_ERASED = _MAGIC + b" erased "
_WRITING = ".writing"  # the folder where a body lies until it is whole
_ABANDONED_SECONDS = 3600  # no write takes so long
_ZSTD_LEVEL = 3  # FACTS G1: level 19 saves 14 % more and takes seventy times as long


class Blobs:
    """A folder of bodies. ``write`` and ``read`` take and give the bytes as they were.

    With ``is_plain`` they are deflated, which every language reads by itself, and not packed by zstd.
    """

    def __init__(self, folder: Path, *, is_plain: bool = False) -> None:
        self.folder = folder
        self._is_plain = is_plain
        self._is_swept = False

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:]

    def write(self, body: bytes) -> str:
        """Store the body, safe from a crash once this returns; give its SHA-256. Writing it again does nothing.

        Raises ArchiveError if the disk is full or the folder cannot be written.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        try:
            self._sweep()
            _write_durably(path, _packed(body, is_plain=self._is_plain), beside=self.folder / _WRITING)
        except OSError as error:
            raise ArchiveError(
                f"{path.parent}: the body cannot be stored ({error.strerror}); nothing of it was kept, "
                "make room or check the permissions and try again"
            ) from error
        return sha256

    def read(self, sha256: str) -> bytes:
        """The body, checked against its name.

        Raises NotFound, Gone where it was erased, or Damaged where the file is not what it was.
        """
        path = self.path(sha256)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"{sha256}: its body is not under {self.folder}; restore it from a backup") from None
        except OSError as error:
            raise Damaged(f"{path}: cannot be read ({error.strerror})") from error
        line, _, frame = raw.partition(b"\n")
        if line.startswith(_ERASED):
            day, reason = line.removeprefix(_ERASED).decode(), frame.decode(errors="replace").strip()
            raise Gone(f"{sha256}: was taken down on {day}: {reason}")
        try:
            body = _unpacked(line, frame)
        except (ValueError, zlib.error) as error:
            raise Damaged(f"{path}: is damaged ({error}); restore it from a backup") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Damaged(f"{path}: its bytes are not those it is named by; restore it from a backup")
        return body

    def erase(self, sha256: str, *, on: date, reason: str) -> None:
        """Put the day and the reason in place of the body, for ever; once it is done it stays. Raises ArchiveError."""
        with contextlib.suppress(FileNotFoundError), self.path(sha256).open("rb") as file:
            if file.readline().startswith(_ERASED):
                return
        said = _ERASED + on.isoformat().encode() + b"\n" + reason.encode() + b"\n"
        try:
            _write_durably(self.path(sha256), said, beside=self.folder / _WRITING)
        except OSError as error:
            raise ArchiveError(
                f"{self.path(sha256)}: cannot be erased ({error.strerror}); check the permissions and try again"
            ) from error

    def _sweep(self) -> None:
        """Remove what killed writers left; once for each object, before it first writes."""
        if self._is_swept:
            return
        self._is_swept = True
        for left in (self.folder / _WRITING).glob("*"):
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                    left.unlink()


def _packed(body: bytes, *, is_plain: bool) -> bytes:
    if is_plain:
        return b"%s zlib %d\n%s" % (_MAGIC, len(body), zlib.compress(body))
    import zstandard

    return b"%s zstd %d\n%s" % (_MAGIC, len(body), zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body))


def _unpacked(line: bytes, frame: bytes) -> bytes:
    """Raises ValueError or zlib.error. No more memory is taken than the size that is stated."""
    codec, _, stated = line.removeprefix(_MAGIC + b" ").partition(b" ")
    size = int(stated)
    if codec == b"zlib":
        return zlib.decompressobj().decompress(frame, size + 1)
    import zstandard

    try:
        if codec != b"zstd" or zstandard.frame_content_size(frame) != size:  # before memory is taken for it
            raise ValueError("its size is not the one it states")
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _write_durably(path: Path, data: bytes, *, beside: Path) -> None:
    _make_durably(path.parent)
    beside.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=beside)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _make_durably(folder: Path) -> None:
    """A folder that a crash forgets takes the synced files in it along."""
    if folder.exists():
        return
    _make_durably(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
