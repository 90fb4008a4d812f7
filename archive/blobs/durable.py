"""Files that are whole or absent, and stay after a crash: written beside, synced, linked or renamed."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
_TRIES = 10  # a sweep may take a file for abandoned that was opened this moment, or an empty folder
_SETTLED_SECONDS = 60  # file systems write by themselves within half of it what nobody asked them to


def create(path: Path, data: bytes, *, beside: Path) -> bool:
    """Write the file unless it is there, which it says then. Raises OSError, and leaves nothing."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError), _draft(data, beside=beside) as draft, _made(path.parent):
            return _link(draft, path)
    raise OSError(errno.ENOENT, "its draft is removed again and again")


def replace(path: Path, data: bytes, *, beside: Path) -> None:
    """Write the file over the one that is there. Raises OSError, and leaves that one."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError), _draft(data, beside=beside) as draft, _made(path.parent):
            draft.replace(path)
            sync(path.parent)
            return
    raise OSError(errno.ENOENT, "its draft is removed again and again")


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A folder to put a file into at once, and safe from a crash once that is done: until then it is empty, and may be
    removed, so it does not stand empty while the disk is waited for."""
    above = folder.parent
    is_new = not folder.exists()
    if is_new:
        make(above)
        folder.mkdir(exist_ok=True)
    yield
    if is_new:
        sync(above)


@contextmanager
def _draft(data: bytes, *, beside: Path) -> Iterator[Path]:
    """A file with the data, synced and locked as long as its writer lives; gone at the end if it is still there."""
    make(beside.parent)
    beside.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=beside)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            yield draft
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> bool:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        settle(path)
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        draft.replace(path)  # both would hold the same body
    sync(path.parent)
    return True


def settle(path: Path) -> None:
    """Another process may have linked the file and not yet synced its folder."""
    with suppress(FileNotFoundError):
        if time.time() - path.stat().st_ctime < _SETTLED_SECONDS:
            sync(path.parent)


def sweep(beside: Path) -> None:
    """Remove the drafts of killed writers: nobody holds them any more."""
    for left in beside.glob("*"):
        with suppress(FileNotFoundError, BlockingIOError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time; the lock of a killed one is free at once."""
    make(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make(folder: Path) -> None:
    """A folder that a crash forgets takes the synced files in it along."""
    if folder.exists():
        return
    make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
