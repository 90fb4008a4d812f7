"""Back up a running archive into a folder: the database as of one moment, then the bodies that are new, then keys.

A run adds files and names them at last in one manifest, so that killed anywhere it leaves the earlier backup whole.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive
from archive.blobs import NEAR, Blobs, Stone
from archive.copies import Contents, bodies_of_copy, copy_database, erased_bodies
from archive.tables import SCHEMA
from archive.takedowns import list_tombstones
from archive.transfer import Progress
from clausewatch.errors import ArchiveError, ClausewatchError, NotFound, Unreached, UsageError
from clausewatch.jobs.backup_manifest import (
    BODIES,
    MANIFEST,
    File,
    Manifest,
    open_safely,
    read_manifest,
    sha256_of,
    sync,
    write_manifest,
    write_safely,
)
from clausewatch.jobs.bodies import MOST_NAMED
from clausewatch.jobs.heads import KEY_FILE
from clausewatch.settings import Settings
from notifier.tokens import SECRET_FILE

KEYS = (KEY_FILE, SECRET_FILE)
_LOCK = ".lock"
_OURS = ("database-", "bodies-", *(f"{name}-" for name in KEYS), f".{MANIFEST}")
_MOST_TRIES = 5  # takedowns that come while bodies are copied have the database copied again
_SAY_EVERY_BODIES = 1000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a run came to."""

    manifest: Manifest
    bodies: int  # in the backup
    new_bodies: int
    lost_bodies: int  # that the archive cannot give
    faults: tuple[str, ...]  # what is wrong with the first of them


def back_up(
    archive: Archive, settings: Settings, folder: Path, *, now: datetime, on_progress: Progress | None = None
) -> Backup:
    """Bring the backup in the folder up to date, or make it; others may use the archive meanwhile.

    Raises UsageError where the folder holds something else or the backup of more than this archive holds,
    ClausewatchError where another run writes to it, ArchiveError.
    """
    say = on_progress or (lambda _line: None)
    archive.blobs.reach()
    with _alone(folder):
        earlier = _earlier(folder)
        _sweep(folder, keep=earlier)
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        for _ in range(_MOST_TRIES):
            database = folder / f"database-{stamp}.sqlite"
            database.unlink(missing_ok=True)
            contents = copy_database(archive.engine, database, on_progress=say)
            _refuse_less(folder, earlier, contents)
            copied = _copy_bodies(archive, folder, database, erased=contents.erased, say=say)
            if erased_bodies(archive.engine) == contents.erased:
                break
        else:
            raise ArchiveError(f"{folder}: documents are being taken down all the time; try again when that is done")
        manifest = _written(folder, settings, contents, copied=copied, database=database, now=now, stamp=stamp)
        _erase(archive, folder)
        _sweep(folder, keep=manifest)
    return Backup(manifest, copied.held, copied.new, copied.lost, faults=tuple(copied.faults))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run at a time; a killed one holds nothing."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name one that is absent, empty or a backup")
    if folder.exists() and any(folder.iterdir()) and not ((folder / MANIFEST).exists() or (folder / _LOCK).exists()):
        raise UsageError(
            f"{folder}: holds something that is no backup; name a folder that is absent, empty or a backup"
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); name a folder that may be written") from error
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ClausewatchError(f"{folder}: another backup is writing to it; wait for it") from None
    finally:
        os.close(handle)


def _earlier(folder: Path) -> Manifest | None:
    with suppress(NotFound):
        return read_manifest(folder)
    return None


def _sweep(folder: Path, *, keep: Manifest | None) -> None:
    """Remove what earlier or killed runs left."""
    kept = {file.name for file in keep.files} if keep else set()
    for path in folder.iterdir():
        if path.name.startswith(_OURS) and path.name not in kept:
            path.unlink()


def _refuse_less(folder: Path, earlier: Manifest | None, contents: Contents) -> None:
    """Snapshots are never lost: fewer of them are another archive, or a damaged one."""
    had, has = earlier.rows("snapshots") if earlier else 0, contents.tables["snapshots"].rows
    if has < had:
        raise UsageError(
            f"{folder}: is the backup of an archive of {had} snapshots, and this one has {has}; "
            "name another folder, or restore it"
        )


@dataclass
class _Copied:
    """How many bodies there are, of what is listed in a file of their hashes."""

    listed: Path
    held: int = 0
    new: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)

    def lose(self, error: ArchiveError) -> None:
        self.lost += 1
        if self.lost <= MOST_NAMED:
            self.faults.append(str(error))


def _copy_bodies(
    archive: Archive, folder: Path, database: Path, *, erased: Collection[str], say: Progress
) -> _Copied:  # fmt: skip
    bodies = Blobs(folder / BODIES)
    copied = _Copied(folder / f"bodies-{database.stem.removeprefix('database-')}.txt")
    near: deque[str] = deque(maxlen=NEAR)
    with open_safely(copied.listed) as listed:
        for sha256 in bodies_of_copy(database):
            if sha256 in erased:
                continue
            if not bodies.holds(sha256):
                try:
                    bodies.write(archive.blobs.read(sha256), near=list(near))
                except Unreached:
                    raise
                except ArchiveError as error:  # also of what is taken down just now: the caller looks again
                    copied.lose(error)
                    continue
                copied.new += 1
                if copied.new % _SAY_EVERY_BODIES == 0:
                    say(f"bodies: {copied.new} new")
            copied.held += 1
            near.appendleft(sha256)
            listed.write(f"{sha256}\n".encode())
    return copied


def _written(
    folder: Path, settings: Settings, contents: Contents, *,
    copied: _Copied, database: Path, now: datetime, stamp: str,
) -> Manifest:  # fmt: skip
    database.chmod(0o600)
    sync(database)
    keys = {}
    for name in KEYS:
        if (path := settings.home / name).exists():
            copy = folder / f"{name}-{stamp}"
            write_safely(copy, path.read_bytes())
            keys[name] = File(copy.name, sha256_of(copy))
    sync(folder)
    manifest = Manifest(
        made_at=now, schema=SCHEMA, tables=contents.tables, keys=keys,
        database=File(database.name, sha256_of(database)), bodies=File(copied.listed.name, sha256_of(copied.listed)),
    )  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def _erase(archive: Archive, folder: Path) -> None:
    """What was taken down since goes from the backup too, once the manifest does not name it any more."""
    bodies = Blobs(folder / BODIES)
    with archive.read() as connection:
        stones = list_tombstones(connection)
    bodies.erase_all({each.sha256: Stone(each.erased_on, each.reason) for each in stones if bodies.holds(each.sha256)})
