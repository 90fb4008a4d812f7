"""What a backup holds: one small file, written last, that names the others and their hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from archive.blobs import Blobs
from archive.tables import EARLIER_SCHEMAS, SCHEMA
from archive.transfer import TableSum
from clausewatch.errors import ArchiveError, Damaged, Gone, NotFound, TooNew
from clausewatch.instants import rfc3339

MANIFEST = "clausewatch-backup.json"
BODIES = "bodies"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class File:
    """A file of the backup."""

    name: str
    sha256: str

    def __post_init__(self) -> None:
        _refuse_path(self.name)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one run of ``backup`` came to."""

    made_at: datetime
    schema: str
    database: File  # an SQLite file, whatever the archive's database is
    bodies: File  # the hashes of all bodies, one a line
    keys: Mapping[str, File]  # by their names under the home
    tables: Mapping[str, TableSum]

    @property
    def files(self) -> Sequence[File]:
        return [self.database, self.bodies, *self.keys.values()]

    def rows(self, table: str) -> int:
        return self.tables[table].rows if table in self.tables else 0


def read_manifest(folder: Path) -> Manifest:
    """Raises NotFound where no backup was finished there, Damaged where it cannot be read, TooNew."""
    path = folder / MANIFEST
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if given["format"] > FORMAT:
            raise TooNew(f"{path}: is of a newer Clausewatch; restore it with that one")
        made = Manifest(
            made_at=datetime.fromisoformat(given["made_at"]),
            schema=given["schema"],
            database=File(**given["database"]),
            bodies=File(**given["bodies"]),
            keys={_refuse_path(name): File(**each) for name, each in given["keys"].items()},
            tables={name: TableSum(**each) for name, each in given["tables"].items()},
        )
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{folder}: holds no backup; name a folder that clausewatch backup wrote") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{path}: cannot be read ({error!r}); restore another backup") from error
    if made.schema != SCHEMA and made.schema not in EARLIER_SCHEMAS:
        raise TooNew(f"{path}: its schema {made.schema} is newer than this Clausewatch ({SCHEMA}); upgrade Clausewatch")
    return made


def _refuse_path(name: str) -> str:
    """Backups come from elsewhere: what they name lies in their folder, and goes to the home. Raises ValueError."""
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file")
    return name


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put it in place of the earlier one, at once and for good."""
    draft = folder / f".{MANIFEST}"
    shown = asdict(manifest) | {"format": FORMAT, "made_at": rfc3339(manifest.made_at)}
    write_safely(draft, (json.dumps(shown, indent=1, sort_keys=True) + "\n").encode())
    draft.replace(folder / MANIFEST)
    sync(folder)


def faults_of(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What of the backup is not as it was written, a line each; reads all of it."""
    damaged = set()
    for file in manifest.files:
        path = folder / file.name
        try:
            fault = "" if sha256_of(path) == file.sha256 else "is damaged"
        except OSError as error:
            fault = f"cannot be read ({error.strerror})"
        if fault:
            damaged.add(file)
            yield f"{path}: {fault}"
    if manifest.bodies in damaged:  # nobody knows which they are
        return
    bodies = Blobs(folder / BODIES)
    for sha256 in body_names(folder, manifest):
        try:
            bodies.read(sha256)
        except Gone:
            continue  # taken down after that
        except ArchiveError as error:
            yield str(error)


def body_names(folder: Path, manifest: Manifest) -> Iterator[str]:
    """The hashes of the bodies that belong to the backup."""
    with (folder / manifest.bodies.name).open(encoding="ascii") as file:
        for line in file:
            yield line.strip()


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_safely(path: Path, data: bytes) -> None:
    """A new file that only its owner reads, on disk when this returns. Raises ArchiveError."""
    with open_safely(path) as file:
        file.write(data)


@contextmanager
def open_safely(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, that only its owner reads; on disk when the block ends. Raises ArchiveError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritten(path, error) from error


def copy_safely(source: Path, path: Path) -> None:
    """A copy of the file, that only its owner reads; on disk when this returns. Raises ArchiveError."""
    with open_safely(path) as copy, source.open("rb") as file:
        shutil.copyfileobj(file, copy)


def _unwritten(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"{path}: cannot be written ({error.strerror}); make room or check the permissions and run it again"
    )


def sync(path: Path) -> None:
    """Have what was written to the file or folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
