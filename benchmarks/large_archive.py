"""An archive of many versions: the replayed histories, imported once, then copied under other vendors' names with a
word altered in each text. What the pages and the API are measured on."""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from archive import open_archive
from archive.blocks import hash_of_block, load_blocks, store_blocks
from archive.packing import pack_ids
from archive.pages import MOST_RECORDS, add_records
from archive.tables import metadata, pages
from archive.texts import block_ids_of
from benchmarks.measuring import CORPUS, clausewatch, measure
from clausewatch.model import Block
from clausewatch.settings import Settings

BUNDLE = CORPUS / "replay" / "ota-versions.bundle"
DATABASE = "clausewatch.db"
_DONE = "complete"  # a file that says that a home was not left half-way
_TABLES = ("vendors", "documents", "texts", "versions", "snapshots", "readings", "comparisons", "facts",
           "passages", "tallies", "recipients")  # fmt: skip
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
        with _both(original, home) as connection:
            held = connection.exec_driver_sql("SELECT sum(versions) FROM tallies").scalar_one()
            for number in range(1, math.ceil(least_versions / held)):
                _copy(connection, number)
            # the replayed histories name no address
            connection.exec_driver_sql(
                "INSERT INTO addresses (document, url) "
                "SELECT id, 'https://' || vendor || '.example/' || slug FROM documents"
            )
        (home / _DONE).touch()
    return home


def count_versions(connection: sqlite3.Connection) -> int:
    """How many versions stand on timelines."""
    count: int = connection.execute("SELECT sum(versions) FROM tallies").fetchone()[0]
    return count


@contextmanager
def _both(original: Path, home: Path) -> Iterator[Connection]:
    """A transaction on the home's database, the original's attached to it."""
    with open_archive(Settings(home=home)) as archive, archive.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("ATTACH ? AS original", (str(original / DATABASE),))
        with connection.begin():
            yield connection
        raw.execute("DETACH original")


def _copy(connection: Connection, number: int) -> None:
    """All of the original once more, under names that end with the number."""
    mark = f"{number:03}"
    becomes, listed = _alter_texts(connection, mark)
    moved = _copy_pages(connection)
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    most = connection.exec_driver_sql("SELECT max(number) FROM original.texts").scalar_one()
    raw.create_function("copied", 1, lambda id: id and _marked(id, mark), deterministic=True)
    raw.create_function("altered", 1, lambda block: becomes.get(block, block), deterministic=True)
    raw.create_function("relisted", 1, listed.__getitem__, deterministic=True)
    raw.create_function("moved", 1, lambda id: id and id + moved[id // MOST_RECORDS] * MOST_RECORDS, deterministic=True)
    for table in _TABLES:
        names = [column.name for column in metadata.tables[table].columns]
        columns = ", ".join(f'"{name}"' for name in names)
        taken = ", ".join(_taken(table, name, mark, number * most) for name in names)
        connection.exec_driver_sql(f"INSERT INTO main.{table} ({columns}) SELECT {taken} FROM original.{table}")


def _taken(table: str, name: str, mark: str, numbers: int) -> str:
    """What the column of a copied row holds, in SQL; texts are counted on from ``numbers``."""
    if (table, name) in (("facts", "text"), ("texts", "number")):
        return f'"{name}" + {numbers}'
    if name in _REFERENCES or (name == "id" and table != "vendors"):
        return f'copied("{name}")'
    if (table, name) in (("vendors", "slug"), ("documents", "vendor")):
        return f"\"{name}\" || '-{mark}'"
    if (table, name) == ("vendors", "name"):
        return f"name || ' {mark}'"
    if name in ("sections", "findings", "signals"):
        return f'moved("{name}")'
    if (table, name) == ("passages", "block"):
        return "altered(block)"
    return "relisted(id)" if (table, name) == ("texts", "listed") else f'"{name}"'


def _marked(id: str, mark: str) -> str:
    """An id as long as the original, and another one."""
    return hashlib.sha256(f"{id} {mark}".encode()).hexdigest()[: len(id)]


def _alter_texts(connection: Connection, mark: str) -> tuple[dict[int, int], dict[str, int]]:
    """Blocks so that each text has one, each stored once more with a word altered: by id what it becomes. And for each
    text the record of its list with these in it."""
    ids = connection.exec_driver_sql("SELECT id FROM original.texts ORDER BY number").scalars().all()
    lists = block_ids_of(connection, ids)
    altered: dict[int, Block] = {}
    for id in ids:
        if altered.keys().isdisjoint(lists[id]):
            altered |= _altered(connection, lists[id], mark)
    hashes = {hash_of_block(block): old for old, block in altered.items()}
    stored = store_blocks(connection, {each: altered[old] for each, old in hashes.items()})
    becomes = {old: stored[each] for each, old in hashes.items()}
    records = add_records(connection, [pack_ids([becomes.get(block, block) for block in lists[id]]) for id in ids])
    return becomes, dict(zip(ids, records, strict=True))


def _altered(connection: Connection, listed: Sequence[int], mark: str) -> dict[int, Block]:
    """The first of these blocks that has a word to alter. Another one is as long, so that all offsets hold."""
    found = load_blocks(connection, set(listed))
    for id in listed:
        text = found[id].text
        if word := _WORD.search(text):
            other = _word(f"{id} {mark}", length=word.end() - word.start())
            return {id: replace(found[id], text=text[: word.start()] + other + text[word.end() :])}
    return {}


def _copy_pages(connection: Connection) -> dict[int, int]:
    """Copy the pages that hold signals, sections and findings; for each how much higher the number of its copy is."""
    records = connection.exec_driver_sql(
        "SELECT signals FROM original.readings UNION SELECT sections FROM original.comparisons "
        "UNION SELECT findings FROM original.comparisons"
    ).scalars()
    numbers = sorted({record // MOST_RECORDS for record in records if record is not None})
    newest = connection.execute(select(func.max(pages.c.id))).scalar_one()
    moved = {number: newest + at - number for at, number in enumerate(numbers, 1)}
    for number in numbers:
        connection.exec_driver_sql(
            f"INSERT INTO main.pages SELECT id + {moved[number]}, records, size, packed FROM original.pages "
            f"WHERE id = {number}"
        )
    return moved


def _word(seed: str, *, length: int) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in (digest * (length // len(digest) + 1))[:length])
