"""Mails out of files: one mail, an mbox, a Maildir folder, or any of the first two from standard input."""

from __future__ import annotations

import mailbox
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from clausewatch.errors import NotFound, UsageError

AT_ONCE = 200  # mails that are in memory together
LARGEST_MAIL = 10_000_000  # bytes; no server takes one that is much longer
_MBOX = b"From "


def read_mails(path: Path | None) -> Iterator[list[bytes]]:
    """The mails of the file or folder, None for standard input, some at once. Raises NotFound and UsageError."""
    found = _mails(path)
    while some := list(islice(found, AT_ONCE)):
        yield some


def _mails(path: Path | None) -> Iterator[bytes]:
    if path is None:
        yield from _from_stdin()
        return
    if not path.exists():
        raise NotFound(f"{path}: is not there; name a mail, an mbox file or a Maildir folder")
    if path.is_dir():
        if not (path / "cur").is_dir():
            raise UsageError(f"{path}: is no Maildir folder; it would hold cur/ and new/")
        folder = mailbox.Maildir(path, create=False)
        yield from (folder.get_bytes(key) for key in sorted(folder.keys()))
        return
    yield from _of_file(path)


def _of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        is_mbox = file.read(len(_MBOX)) == _MBOX
        if not is_mbox:
            file.seek(0)
            yield file.read(LARGEST_MAIL)
            return
    box = mailbox.mbox(path, create=False)
    try:
        yield from map(box.get_bytes, box.iterkeys())
    finally:
        box.close()


def _from_stdin() -> Iterator[bytes]:
    with tempfile.NamedTemporaryFile() as kept:
        while chunk := sys.stdin.buffer.read(1 << 20):
            kept.write(chunk)
        kept.flush()
        yield from _of_file(Path(kept.name))
