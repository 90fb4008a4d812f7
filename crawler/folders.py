"""The folder in which the child of a batch hands bodies over. Whoever waits for them holds its lock, so that one that
nobody waits for any more is known for what it is, and removed by the next batch."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PREFIX = "clausewatch-batch-"


@contextmanager
def folder_for_bodies() -> Iterator[Path]:
    """A folder in the one for temporary files, which goes at the end; those of killed crawls go before."""
    remove_left_over()
    with ExitStack() as stack:
        yield _make_locked(stack)


def remove_left_over() -> None:
    """Remove folders of ours whose processes were killed all at once: no other end leaves any."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # gone meanwhile, somebody else's, or in use
            file = _open(folder)
            try:
                if os.fstat(file).st_uid == os.getuid():
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(file)


def _make_locked(stack: ExitStack) -> Path:
    """A new folder with its lock, which the end of the process gives up, however it comes."""
    while True:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX)))
        with contextlib.suppress(FileNotFoundError):  # it was removed as left over before it was locked
            file = _open(folder)
            stack.callback(os.close, file)
            with contextlib.suppress(OSError):  # a disk without locks: nobody else can lock it either, nor remove it
                fcntl.flock(file, fcntl.LOCK_EX)
            if folder.exists():
                return folder


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
