"""An archive of many versions: the replayed histories, imported once, then copied under other vendors' names with a
word altered in each text. What the pages and the API are measured on."""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import sqlite3
import struct
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

from archive.tables import metadata
from benchmarks.measuring import CORPUS, clausewatch, measure

BUNDLE = CORPUS / "replay" / "ota-versions.bundle"
DATABASE = "clausewatch.db"
_DONE = "complete"  # a file that says that a home was not left half-way
_TABLES = ("vendors", "documents", "texts", "versions", "snapshots", "readings", "comparisons", "findings",
           "facts", "passages", "tallies", "recipients")  # fmt: skip
_REFERENCES = {"document", "version", "before", "after", "snapshot", "comparison", "text", "before_text", "after_text"}
_LETTERS = "bcdfghjklmnpqrstvwxz"  # words of them stand in no policy
_WORD = re.compile(r"[^\W\d_]{4,}")


def replayed(folder: Path) -> Path | None:
    """A home below the folder that holds the histories as they are; minutes the first time. None without the corpus."""
    home = folder / "replayed"
    if not BUNDLE.exists():
        return None
    if not (home / _DONE).exists():
        repository = folder / "repository"
        for half_done in (home, repository):
            shutil.rmtree(half_done, ignore_errors=True)
        subprocess.run(["git", "clone", "-q", "-b", "main", BUNDLE, repository], check=True, timeout=60)
        measure(clausewatch("import", "ota", repository), home=home)
        (home / _DONE).touch()
    return home


def enlarged(original: Path, home: Path, *, least_versions: int) -> Path:
    """A home with that many versions or a few more: the original's, and copies of them.

    Bodies are not copied: the snapshots of copies name the original's. Ids are no true ones, ``verify`` would say so.
    """
    if not (home / _DONE).exists():
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(original, home, ignore=shutil.ignore_patterns(_DONE))
        connection = sqlite3.connect(home / DATABASE, isolation_level=None)
        connection.execute("ATTACH ? AS original", (str(original / DATABASE),))
        held = count_versions(connection)
        for number in range(1, math.ceil(least_versions / held)):
            _copy(connection, f"{number:03}")
        # the replayed histories name no address
        connection.execute(
            "INSERT INTO addresses (document, url) "
            "SELECT id, 'https://' || vendor || '.example/' || slug FROM documents"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        (home / _DONE).touch()
    return home


def count_versions(connection: sqlite3.Connection) -> int:
    """How many versions stand on timelines."""
    count: int = connection.execute("SELECT sum(versions) FROM tallies").fetchone()[0]
    return count


def _copy(connection: sqlite3.Connection, mark: str) -> None:
    """All of the original once more, under names that end with the mark."""
    connection.execute("BEGIN IMMEDIATE")
    becomes = _alter_blocks(connection, mark)
    connection.create_function("copied", 1, lambda id: id and _marked(id, mark), deterministic=True)
    connection.create_function("altered", 1, lambda block: becomes.get(block, block), deterministic=True)
    connection.create_function("relisted", 1, lambda packed: _relisted(packed, becomes), deterministic=True)
    for table in _TABLES:
        names = [column.name for column in metadata.tables[table].columns]
        listed = ", ".join(f'"{name}"' for name in names)
        taken = ", ".join(_taken(table, name, mark) for name in names)
        connection.execute(f"INSERT INTO main.{table} ({listed}) SELECT {taken} FROM original.{table}")
    connection.execute("COMMIT")


def _taken(table: str, name: str, mark: str) -> str:
    """What the column of a copied row holds, in SQL."""
    if name in _REFERENCES or (name == "id" and table != "vendors"):
        return f'copied("{name}")'
    if (table, name) in (("vendors", "slug"), ("documents", "vendor")):
        return f"\"{name}\" || '-{mark}'"
    if (table, name) == ("vendors", "name"):
        return f"name || ' {mark}'"
    if (table, name) == ("passages", "block"):
        return "altered(block)"
    return "relisted(blocks)" if (table, name) == ("texts", "blocks") else f'"{name}"'


def _marked(id: str, mark: str) -> str:
    """An id as long as the original, and another one."""
    return hashlib.sha256(f"{id} {mark}".encode()).hexdigest()[: len(id)]


def _relisted(packed: bytes, becomes: Mapping[int, int]) -> bytes:
    ids = _unpacked(packed)
    return zlib.compress(struct.pack(f"<{len(ids)}I", *(becomes.get(each, each) for each in ids)))


def _unpacked(packed: bytes) -> tuple[int, ...]:
    raw = zlib.decompress(packed)
    return struct.unpack(f"<{len(raw) // 4}I", raw)


def _alter_blocks(connection: sqlite3.Connection, mark: str) -> dict[int, int]:
    """Blocks so that each text has one, each stored once more with a word altered: by id what it becomes. The word is
    as long as the one in its place, so that all offsets hold."""
    becomes: dict[int, int] = {}
    for (packed,) in connection.execute("SELECT blocks FROM original.texts").fetchall():
        ids = _unpacked(packed)
        if any(block in becomes for block in ids):
            continue
        for block in ids:
            text = connection.execute("SELECT text FROM original.blocks WHERE id = ?", (block,)).fetchone()[0]
            if found := _WORD.search(text):
                word = _word(f"{block} {mark}", length=found.end() - found.start())
                becomes[block] = _store_altered(
                    connection, block, text[: found.start()] + word + text[found.end() :], mark=mark
                )
                break
    return becomes


def _word(seed: str, *, length: int) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in (digest * (length // len(digest) + 1))[:length])


def _store_altered(connection: sqlite3.Connection, block: int, text: str, *, mark: str) -> int:
    sha256 = hashlib.sha256(f"{mark} {block}".encode()).hexdigest()
    connection.execute(
        "INSERT INTO main.blocks (sha256, kind, level, text, header, links, breaks) "
        "SELECT ?, kind, level, ?, header, links, breaks FROM original.blocks WHERE id = ?",
        (sha256, text, block),
    )
    stored: int = connection.execute("SELECT id FROM main.blocks WHERE sha256 = ?", (sha256,)).fetchone()[0]
    return stored
