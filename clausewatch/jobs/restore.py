"""Restore a backup into an empty home: nothing is written before all of it was read and found whole.

Bodies come first and the database last, so that killed anywhere it can be run again.
"""

from __future__ import annotations

import tempfile
from collections import deque
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from archive.blobs import NEAR, Blobs, open_blobs
from archive.database import migrate, open_engine, transaction
from archive.transfer import Progress, copy_all
from clausewatch.errors import ClausewatchError, Damaged, Gone, UsageError
from clausewatch.jobs.backup_manifest import (
    BODIES,
    Manifest,
    body_names,
    copy_safely,
    faults_of,
    read_manifest,
    sha256_of,
    sync,
    write_safely,
)
from clausewatch.jobs.transfer import refuse_what_is_full

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from clausewatch.settings import Settings

_SAY_EVERY_BODIES = 1000
_MOST_NAMED = 3  # faults in one line
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
"""What SQLite leaves when it is killed, and writes into the file of that name whichever it is."""


def check_backup(folder: Path) -> Manifest:
    """Read all of the backup. Raises NotFound where none is there, Damaged where it is not whole, TooNew."""
    manifest = read_manifest(folder)
    faults = faults_of(folder, manifest)
    if first := list(islice(faults, _MOST_NAMED)):
        rest = sum(1 for _ in faults)
        named, more = "; ".join(first), f", and {rest} more" if rest else ""
        raise Damaged(f"{folder}: is not whole, nothing was restored; take another backup: {named}{more}")
    return manifest


def restore(folder: Path, settings: Settings, *, on_progress: Progress | None = None) -> Manifest:
    """Put the backup into the settings' home and database, brought to the newest schema.

    Raises what ``check_backup`` raises, UsageError where an archive or another key is there already, ArchiveError.
    """
    say = on_progress or (lambda _line: None)
    manifest = check_backup(folder)
    _refuse_other_keys(manifest, settings)
    engine = open_engine(settings.database)
    try:
        file = _file_to_be(engine)
        if file is None:
            refuse_what_is_full(engine)
        _restore_bodies(folder, manifest, settings, say=say)
        _restore_keys(folder, manifest, settings)
        _restore_database(folder / manifest.database.name, engine, file=file, home=settings.home, say=say)
    finally:
        engine.dispose()
    return manifest


def _refuse_other_keys(manifest: Manifest, settings: Settings) -> None:
    for name, kept in manifest.keys.items():
        path = settings.home / name
        if path.exists() and sha256_of(path) != kept.sha256:
            raise UsageError(f"{path}: is another one than that of the backup; restore into an empty home")


def _file_to_be(engine: Engine) -> Path | None:
    """Where an SQLite database is to come that is not there; None for any other."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    path = Path(engine.url.database)
    if path.exists():
        return None
    for left in (path.with_name(path.name + ending) for ending in _BESIDE_A_DATABASE):
        if left.exists():
            raise UsageError(f"{left}: is left of another database, and would be taken for a part of this one; move it")
    return path


def _restore_bodies(folder: Path, manifest: Manifest, settings: Settings, *, say: Progress) -> None:
    kept, bodies = Blobs(folder / BODIES), open_blobs(settings.blobs, settings.home)
    near: deque[str] = deque(maxlen=NEAR)
    for number, sha256 in enumerate(body_names(folder, manifest), 1):
        with suppress(Gone):  # taken down after the database was copied; verify tells
            bodies.write(kept.read(sha256), near=list(near))
            near.appendleft(sha256)
        if number % _SAY_EVERY_BODIES == 0:
            say(f"bodies: {number}")


def _restore_keys(folder: Path, manifest: Manifest, settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    for name, kept in manifest.keys.items():
        draft = settings.home / f".{name}.restored"
        write_safely(draft, (folder / kept.name).read_bytes())
        draft.replace(settings.home / name)
    sync(settings.home)


def _restore_database(copy: Path, engine: Engine, *, file: Path | None, home: Path, say: Progress) -> None:
    """The backup's own file stays as it is; a copy of it is brought to the newest schema."""
    beside = file.parent if file else home
    with tempfile.TemporaryDirectory(dir=beside, prefix=".restoring-") as folder:
        draft = Path(folder, "database.sqlite")
        copy_safely(copy, draft)
        source = open_engine(f"sqlite:///{draft}")
        try:
            was, now = migrate(source)
            if was != now:
                say(f"schema {now}, was {was}")
            if file is None:
                with transaction(source) as reading, transaction(engine, is_writer=True) as writing:
                    copy_all(reading, writing, on_progress=say)
        finally:
            source.dispose()  # the last one to close leaves one file, without a log beside
        if file is not None:
            if file.exists():
                raise ClausewatchError(f"{file}: was made by another process just now; nothing of it was changed")
            sync(draft)
            draft.replace(file)
            sync(file.parent)
