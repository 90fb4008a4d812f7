"""Read an Open Terms Archive repository of versions or of snapshots: a commit is one of the document that its path
names. Of snapshots the pages are those that the site sent, and each page of a text is a document of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from clausewatch.errors import ClausewatchError
from clausewatch.jobs.importing import Imported, Record
from clausewatch.jobs.naming import Naming
from clausewatch.model import Source

LOOK_INTERVAL = timedelta(hours=12)
"""How often the archive looked: between two commits of a document each look found the first one's text."""

_CONTENT_TYPES = {".md": "text/markdown", ".html": "text/html", ".pdf": "application/pdf", ".txt": "text/plain",
                  ".htm": "text/html", ".xhtml": "application/xhtml+xml"}  # fmt: skip
_UPGRADES = ("Apply technical or declaration upgrade", "Refilter")  # the peer's own new rules, no vendor's change


@dataclass(frozen=True, slots=True)
class _Entry:
    commit: str
    at: datetime
    subject: str
    path: str


def read_repository(repository: Path, imported: Imported) -> Iterator[Record]:
    """The versions of all documents, each document's in time order, with how long each was seen.

    Raises ClausewatchError where the folder is no git repository.
    """
    entries = _entries(repository)
    end = max((entry.at for entry in entries), default=None)
    by_path: dict[str, list[_Entry]] = {}
    for entry in entries:
        # a line break would end the question to git cat-file
        if PurePosixPath(entry.path).suffix in _CONTENT_TYPES and "/" in entry.path and "\n" not in entry.path:
            by_path.setdefault(entry.path, []).append(entry)
        else:
            imported.left_out[PurePosixPath(entry.path).suffix or entry.path] += 1
    with subprocess.Popen(  # noqa: S603  # git, by name, with fixed arguments
        [*_git(repository), "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as cat:
        for path, history in by_path.items():
            until = [later.at for later in history[1:]] + [end or history[-1].at]
            for entry, gone_at in zip(history, until, strict=True):
                body = _blob(cat, entry)
                if body is None:
                    imported.left_out["versions that git cannot read; see git fsck"] += 1
                elif body:
                    yield _record(entry, path, body, gone_at=gone_at)


def _git(repository: Path) -> list[str]:
    return ["git", "-C", str(repository)]


def _entries(repository: Path) -> list[_Entry]:
    """Commits that add or alter a file, oldest first."""
    command = [*_git(repository), "log", "--no-show-signature", "--reverse", "--no-renames", "--diff-filter=AM",
               "--name-only", "-z", "--format=%x01%H%x02%aI%x02%s"]  # fmt: skip
    try:
        log = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")  # noqa: S603  # as above
    except FileNotFoundError:
        raise ClausewatchError("git is not installed; import ota needs it") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        raise ClausewatchError(f"{repository}: is no git repository that can be read ({''.join(reason)})") from error
    entries = []
    for part in log.split("\x01")[1:]:
        head, _, names = part.partition("\0")
        commit, at, subject = head.split("\x02", 2)
        for name in filter(None, (name.removeprefix("\n") for name in names.split("\0"))):
            entries.append(_Entry(commit, datetime.fromisoformat(at), subject, name))
    return sorted(entries, key=lambda entry: entry.at)  # of one instant: in the order of the log


def _blob(cat: subprocess.Popen[bytes], entry: _Entry) -> bytes | None:
    if cat.stdin is None or cat.stdout is None:
        raise RuntimeError("git cat-file runs without pipes")
    cat.stdin.write(f"{entry.commit}:{entry.path}\n".encode())
    cat.stdin.flush()
    header = cat.stdout.readline().split()
    if header[-1:] == [b"missing"]:
        return None
    body = cat.stdout.read(int(header[2]))
    cat.stdout.read(1)
    return body


def _record(entry: _Entry, path: str, body: bytes, *, gone_at: datetime) -> Record:
    name = PurePosixPath(path)
    # the look at gone_at itself found the next text
    looks = max(1, -((entry.at - gone_at) // LOOK_INTERVAL))
    return Record(
        body, entry.at, Naming(vendor=name.parts[0], type=name.stem), Source.OTA, f"git:{entry.commit}:{path}",
        content_type=_CONTENT_TYPES[name.suffix], headers={"x-file-name": name.name},
        is_upgrade=entry.subject.startswith(_UPGRADES), seen_at=entry.at + (looks - 1) * LOOK_INTERVAL, sightings=looks,
    )  # fmt: skip
