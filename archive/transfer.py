"""All rows of an archive out of one database into another, and what shows that they came over.

Bodies are none of its business: two databases may share a home.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, text

from archive.blocks import index_all
from archive.tables import metadata
from clausewatch.counts import counted
from clausewatch.errors import ArchiveError, UsageError
from clausewatch.instants import rfc3339

BATCH_ROWS = 500  # a row may hold a text of a megabyte
SAY_EVERY_ROWS = 20_000
_MODULUS = 1 << 256  # sums of SHA-256 stay as long as one

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table holds: its rows, and the sum of their hashes, which is the same in whatever order they come."""

    rows: int
    sha256: str


def is_empty(connection: Connection) -> bool:
    """Whether no table of the archive holds a row."""
    return not any(
        connection.execute(select(1).select_from(table).limit(1)).first() for table in metadata.sorted_tables
    )


def copy_all(source: Connection, target: Connection, *, on_progress: Progress | None = None) -> dict[str, TableSum]:
    """Copy every row, count on where the source would, and read all of it again; give what each table holds.

    Both are in transactions of the caller's: the source's should see one moment, and nothing of the target is kept
    unless its own is committed. Raises UsageError where the target holds rows, ArchiveError where a table came over
    otherwise than it was.
    """
    if not is_empty(target):
        name = target.engine.url.render_as_string(hide_password=True)
        raise UsageError(f"{name}: holds an archive already; name an empty database")
    sums = {}
    for table in metadata.sorted_tables:  # what is cited comes before what cites it
        sums[table.name] = _copy_table(source, target, table, on_progress=on_progress or _silently)
        _count_on(target, table)
    index_all(target)
    for name, found in sums_of(target).items():
        if found != sums[name]:
            raise ArchiveError(
                f"{name}: {found.rows} of {counted(sums[name].rows, 'row')} came over, or not as they were; "
                "nothing was kept, report it"
            )
    return sums


def sums_of(connection: Connection) -> dict[str, TableSum]:
    """What each table holds; equal for equal archives, on any database."""
    sums = {}
    for table in metadata.sorted_tables:
        adding = _Adding(table)
        for batch in _batches(connection, table):
            adding.add(batch)
        sums[table.name] = adding.sum
    return sums


def _silently(_line: str) -> None:
    return


def _copy_table(source: Connection, target: Connection, table: Table, *, on_progress: Progress) -> TableSum:
    adding, said = _Adding(table), 0
    for batch in _batches(source, table):
        target.execute(insert(table), [dict(row._mapping) for row in batch])
        adding.add(batch)
        if adding.rows >= said + SAY_EVERY_ROWS:
            said = adding.rows
            on_progress(f"{table.name}: {counted(said, 'row')}")
    on_progress(f"{table.name}: {counted(adding.rows, 'row')}, all")
    return adding.sum


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    query = select(table).execution_options(yield_per=BATCH_ROWS)
    yield from connection.execute(query).partitions()


class _Adding:
    """Adds up the rows of a table."""

    def __init__(self, table: Table) -> None:
        self.rows = 0
        self._names = [column.name for column in table.columns]
        self._total = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        self.rows += len(rows)
        for row in rows:
            shown = json.dumps(dict(zip(self._names, row, strict=True)), sort_keys=True, default=_shown)
            self._total += int.from_bytes(hashlib.sha256(shown.encode()).digest())
        self._total %= _MODULUS

    @property
    def sum(self) -> TableSum:
        return TableSum(rows=self.rows, sha256=f"{self._total:064x}")


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is in no column")


def _count_on(target: Connection, table: Table) -> None:
    """PostgreSQL gives out numbers by a sequence, which rows that bring their own do not move."""
    column = table.autoincrement_column
    if target.dialect.name != "postgresql" or column is None:
        return
    newest = target.execute(select(func.max(column))).scalar_one()
    if newest is not None:
        target.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :newest)"),
            {"table": table.name, "column": column.name, "newest": newest},
        )
