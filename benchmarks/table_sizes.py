"""How many rows and bytes a snapshot and a version take, by part of the database, on the archived histories; and what
that comes to for a million documents: ``python -m benchmarks.table_sizes [HOME]`` of a derived home."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive import open_archive
from benchmarks.bench_rebuild import fill, rebuilt
from benchmarks.large_archive import DATABASE
from benchmarks.measuring import CORPUS
from clausewatch.settings import Settings

PARTS: Mapping[str, tuple[str, ...]] = {
    "looks: when, where from, what was read": ("snapshots", "readings"),
    "versions and comparisons": ("versions", "version_links", "comparisons"),
    "texts, sections, findings": ("texts", "pages", "block_keys"),
    "where and when each block stood": ("passages",),
    "index of words": ("blocks_search_data", "blocks_search_idx", "blocks_search_config"),
    "facts": ("facts", "statements", "recipients"),
}
OF_SNAPSHOTS = ("snapshots", "readings")
"""Tables with a row for each snapshot; the others grow with versions."""
DOCUMENTS, SNAPSHOTS, VERSIONS = 10**6, 1000, 20
"""What is reckoned with: of a thousand snapshots with other bytes one in fifty has another text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the database."""

    name: str
    rows: int
    bytes: int  # with its indexes
    owners: int  # snapshots, or versions

    def grown(self) -> tuple[float, float]:
        """Rows and bytes for a million documents."""
        owners = DOCUMENTS * (SNAPSHOTS if self.name == next(iter(PARTS)) else VERSIONS)
        return self.rows / self.owners * owners, self.bytes / self.owners * owners


def parts_of(home: Path) -> list[Part]:
    """The parts of a home's SQLite database, and its bodies as the last."""
    connection = sqlite3.connect(home / DATABASE)
    sizes: dict[str, int] = dict(
        connection.execute(
            "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name"
        ).fetchall()
    )
    rows = {name: _count(connection, name) for tables in PARTS.values() for name in tables}
    connection.close()
    return [
        Part(
            part, sum(rows[name] for name in tables), sum(sizes.get(name, 0) for name in tables),
            rows["snapshots" if tables == OF_SNAPSHOTS else "versions"],
        )
        for part, tables in PARTS.items()
    ]  # fmt: skip


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def bodies_of(home: Path) -> int:
    """Bytes of the stored bodies."""
    return sum(path.stat().st_size for path in (home / "blobs").rglob("*") if path.is_file())


def main(words: Sequence[str]) -> None:
    """Print a table of the home, or of one that is made of the archived histories; nothing without these."""
    files = sorted((CORPUS / "captures").glob("*.warc.gz"))
    if words:
        _print(Path(words[0]))
    elif files:
        with tempfile.TemporaryDirectory() as folder:
            with open_archive(Settings(home=Path(folder))) as archive:
                fill(archive, files, scale=1)
            rebuilt(Path(folder))
            _print(Path(folder))


def _print(home: Path) -> None:
    parts = parts_of(home)
    print(f"| {'part':40} | rows | bytes | a million documents: rows | TB |\n|---|---|---|---|---|")
    for part in parts:
        rows, size = part.grown()
        owner = "a snapshot" if part.name == next(iter(PARTS)) else "a version"
        print(
            f"| {part.name:40} | {part.rows / part.owners:.1f} {owner} | {part.bytes / part.owners:,.0f} | {rows:.1e} "
            f"| {size / 1e12:.2f} |"
        )
    snapshots = parts[0].owners
    size = bodies_of(home) / snapshots
    print(f"| {'bodies':40} | 1 a snapshot | {size:,.0f} | {DOCUMENTS * SNAPSHOTS:.1e} | {size * 1e9 / 1e12:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
