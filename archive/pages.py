"""Pages: many small records in one row, compressed together. Records that resemble each other take little room there.

A record's id says on which page it stands and where; what a record means, others know.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import zstandard
from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, text, update

from archive.tables import pages
from clausewatch.errors import Damaged

__all__ = [
    "MOST_BYTES", "MOST_RECORDS", "add_records", "erase_records", "fetch_record", "fetch_records", "nothing_read_yet",
    "page_of_record", "put_record", "record_on", "replace_records",
]  # fmt: skip

MOST_BYTES = 128 * 1024
"""Before compression, when no further record is added: the larger, the better they pack; the smaller, the less is read
for one. Policies of 1.2 MB packed took 1.33 MB on pages half as large and 1.14 MB on pages of twice that."""
MOST_RECORDS = 1024
"""Of one page; ids count by it, so that it is not to be altered."""
_LEVEL = 9  # a millisecond for a full page; 19 saves 5 %, and takes twenty
_UNPACKED = 32  # pages in memory: a text's list and its blocks lie on the same ones, and so do its neighbours'
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
_READ = "pages"
_Page = tuple[bytes, tuple[int, ...]]  # what it holds in one piece, and where each record begins


# built once: to build a query takes as long as to ask it
_some_pages = select(pages.c.id, pages.c.packed).where(pages.c.id.in_(bindparam("numbers", expanding=True)))
_has_room = (pages.c.size < MOST_BYTES) & (pages.c.records < MOST_RECORDS)
_with_room = _some_pages.where(_has_room).order_by(pages.c.id.desc()).limit(1).with_for_update()
_newest = select(pages.c.id).order_by(pages.c.id.desc()).limit(1)
_PAGES = 0x70616765  # names the locks of those that begin pages beside each other, each of one: "page"
_BEGUN_AT_ONCE = 64  # where more are begun, some collide
_free = text(
    "SELECT newest.id + ahead FROM (SELECT coalesce(max(id), 0) AS id FROM pages) AS newest, "
    "generate_series(1, :at_once) AS ahead WHERE pg_try_advisory_xact_lock(:pages, newest.id + ahead) LIMIT 1"
)
"""The first number that nobody begins a page with. Two that took the next one alike would collide, and one of them be
done again while nobody else writes."""
_rewrite = update(pages).where(pages.c.id == bindparam("of_page"))


def add_records(connection: Connection, records: Sequence[bytes], *, near: Collection[int] = ()) -> list[int]:
    """Store the records, none of them empty; give their ids in order. They go on the newest page with room of those
    that hold the records ``near``, else on new ones."""
    ids: list[int] = []
    while len(ids) < len(records):
        page, held = _page_with_room(connection, near)
        first = len(held)
        size = sum(map(len, held))
        while len(ids) < len(records) and len(held) < MOST_RECORDS and (size < MOST_BYTES or not held):
            held.append(records[len(ids)])
            size += len(held[-1])
            ids.append(_id(page, len(held) - 1))
        _write(connection, page, held, is_new=not first)
        near = [_id(page, len(held) - 1)]
    return ids


def fetch_records(connection: Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """Those of the records that are there. Raises Damaged where a page cannot be read."""
    wanted: defaultdict[int, list[int]] = defaultdict(list)
    for id in ids:
        wanted[id // MOST_RECORDS].append(id)
    found: dict[int, bytes] = {}
    read = _read_of(connection)
    for number, page in list(read.items()):
        if number in wanted and len(records := _records(number, page, wanted[number])) == len(wanted[number]):
            found |= records
            del wanted[number]  # else it may have been written since, beside us
    numbers = sorted(wanted)
    for at in range(0, len(numbers), _SOME):
        for row in connection.execute(_some_pages, {"numbers": numbers[at : at + _SOME]}):
            page = read[row.id] = _unpacked(row.id, row.packed)
            found |= _records(row.id, page, wanted[row.id])
    while len(read) > _UNPACKED:
        del read[next(iter(read))]
    return found


def _records(number: int, page: _Page, ids: Sequence[int]) -> dict[int, bytes]:
    """Those of these records that are there."""
    raw, ends = page
    first, count = number * MOST_RECORDS, len(ends) - 1
    return {
        id: raw[ends[id - first] : ends[id - first + 1]]
        for id in ids
        if id - first < count and ends[id - first] < ends[id - first + 1]
    }


def nothing_read_yet() -> dict[str, object]:
    """An option for a connection at the beginning of a transaction: until its end a page is read once. Who writes
    beside us adds records to it and changes only those of documents that are its own; who erases some writes alone."""
    return {_READ: {}}


def _read_of(connection: Connection) -> dict[int, _Page]:
    """The pages that were read in this transaction."""
    read: dict[int, _Page] = connection.get_execution_options().get(_READ, {})
    return read


def record_on(packed: bytes, id: int) -> bytes:
    """The record with that id on its page, as the column ``packed`` has it; nothing where it is not there. Raises
    Damaged."""
    raw, ends = _unpacked(id // MOST_RECORDS, packed)
    place = id % MOST_RECORDS
    return raw[ends[place] : ends[place + 1]] if place + 1 < len(ends) else b""


def page_of_record(id: ColumnElement[int]) -> ColumnElement[int]:
    """The id of the page that holds the record, in a query."""
    return id // MOST_RECORDS


def put_record(connection: Connection, record: bytes, *, place: int | None, near: Collection[int] = ()) -> int:
    """Store the record in place of the one with the id ``place`` if there is one; give its id."""
    if place is None:
        return add_records(connection, [record], near=near)[0]
    replace_records(connection, {place: record})
    return place


def fetch_record(connection: Connection, id: int) -> bytes:
    """The record. Raises Damaged where there is none."""
    record = fetch_records(connection, [id]).get(id)
    if record is None:
        raise Damaged(f"record {id} of the pages is gone; restore the database from a backup")
    return record


def erase_records(connection: Connection, ids: Iterable[int]) -> None:
    """Leave nothing of these records; their ids are not given out again."""
    replace_records(connection, dict.fromkeys(ids, b""))


def replace_records(connection: Connection, records: Mapping[int, bytes]) -> None:
    """Have other bytes stand in the place of these records; an empty one is no record."""
    pages_of: defaultdict[int, dict[int, bytes]] = defaultdict(dict)
    for id, record in records.items():
        pages_of[id // MOST_RECORDS][id % MOST_RECORDS] = record
    for page, places in sorted(pages_of.items()):
        query = select(pages.c.packed).where(pages.c.id == page)
        row = connection.execute(query.with_for_update()).one_or_none()
        if row:
            held = _held(page, row.packed)
            _write(connection, page, [places.get(place, each) for place, each in enumerate(held)])


def _id(page: int, place: int) -> int:
    return page * MOST_RECORDS + place


def _page_with_room(connection: Connection, near: Collection[int]) -> tuple[int, list[bytes]]:
    """The number of a page and what it holds: nothing where it is to be begun."""
    numbers = sorted({id // MOST_RECORDS for id in near}, reverse=True)[:_SOME]
    # a page is written whole: who writes beside us waits, or would write it without our records
    row = connection.execute(_with_room, {"numbers": numbers}).one_or_none() if numbers else None
    if row:
        return row.id, _held(row.id, row.packed)
    return _next_page(connection), []


def _next_page(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        free = connection.execute(_free, {"pages": _PAGES, "at_once": _BEGUN_AT_ONCE}).scalar_one_or_none()
        if free is not None:
            return int(free)
    return (connection.execute(_newest).scalar_one_or_none() or 0) + 1


def _write(connection: Connection, page: int, held: Sequence[bytes], *, is_new: bool = False) -> None:
    _read_of(connection).pop(page, None)
    values = {"records": len(held), "size": sum(map(len, held)), "packed": _packed(held)}
    if is_new:
        connection.execute(insert(pages), {"id": page, **values})
    else:
        connection.execute(_rewrite, {"of_page": page, **values})


def _packed(held: Sequence[bytes]) -> bytes:
    lengths = struct.pack(f"<I{len(held)}I", len(held), *map(len, held))
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return compressor.compress(lengths + b"".join(held))


def _held(page: int, packed: bytes) -> list[bytes]:
    raw, ends = _unpacked(page, packed)
    return [raw[start:end] for start, end in pairwise(ends)]


@lru_cache(_UNPACKED)  # by all its bytes: what was erased is in no page that is read
def _unpacked(page: int, packed: bytes) -> _Page:
    """What a page holds in one piece, and where in it the first record begins and each ends: few of them are asked
    for."""
    try:
        raw = zstandard.ZstdDecompressor().decompress(packed)
        (count,) = struct.unpack_from("<I", raw)
        lengths = struct.unpack_from(f"<{count}I", raw, 4)
    except (zstandard.ZstdError, struct.error) as error:
        raise Damaged(f"page {page} of texts is damaged ({error}); restore the database from a backup") from None
    return raw, tuple(accumulate(lengths, initial=4 + 4 * count))
