"""Passages: when each block stood in a document, and which hold given words. Found again by every search."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from archive.blocks import load_block_texts, load_blocks
from archive.findings import quotes_of
from archive.tables import documents, passages, versions
from archive.terms import MARK, Term, excerpt_of, read_query, unmarked
from archive.texts import block_ids_of
from archive.words import blocks_with
from clausewatch.errors import UsageError
from clausewatch.model import BLOCK_END, Block, BlockKind, Document, Kind

__all__ = [
    "MARK", "Found", "Narrowed", "Passage", "documents_without_passages", "fill_passages", "find_passages",
    "read_query", "replace_passages", "search_passages", "unmarked",
]  # fmt: skip

MOST_LOOKED_AT, MOST_LOOKED_AT_IN_DOCUMENTS = 4_000, 20_000
"""Blocks with the words, for one answer: those that are wanted may be few among them. Of given documents an index
finds them, of others each passage is read."""
MOST_JUDGED = 40  # documents whose findings are read for one answer, or a few more
_JUDGED_AT_ONCE = 50  # passages
_TIMES_MORE, _MOST_AT_ONCE = 8, 5_000  # blocks: at first as many as passages are asked for, which is mostly enough
_NEWEST = 2**63 - 1
"""No block has that id: databases count no further."""
_PLACE = (passages.c.block, passages.c.document, passages.c.version)
_NEWEST_FIRST = tuple(each.desc() for each in _PLACE)
# built once: to build a query takes as long as to ask it
_TIMELINE = (
    select(versions.c.id, versions.c.text, versions.c.first_at)
    .where(versions.c.document == bindparam("of_document"), versions.c.is_current)
    .order_by(versions.c.first_at, versions.c.id)
)
_KNOWN = select(passages.c.block, passages.c.version, passages.c.until_at).where(
    passages.c.document == bindparam("of_document")
)
_END = (
    update(passages)
    .where(
        passages.c.document == bindparam("of_document"), passages.c.block == bindparam("of_block"),
        passages.c.version == bindparam("of_version"),
    )
    .values(until_at=bindparam("gone_at"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """Words in a document, and when they stood there."""

    document: str  # id
    version: str  # where they came
    start: int  # offset of their block there
    is_heading: bool
    since_at: datetime
    until_at: datetime | None  # None: they stand there still
    excerpt: str  # the block around the words, each marked by MARK
    cursor: str  # where the next page begins


# --- keeping them ---------------------------------------------------------------------------------------------


def replace_passages(connection: Connection, document: Document) -> None:
    """Make the document's passages those of its timeline as it is now."""
    timeline = connection.execute(_TIMELINE, {"of_document": document.id}).all()
    lists = block_ids_of(connection, {row.text for row in timeline})
    wanted = _spans([(row.id, row.first_at, lists[row.text]) for row in timeline])
    known = {(row.block, row.version): row.until_at for row in connection.execute(_KNOWN, {"of_document": document.id})}
    _remove(connection, document, known.keys() - wanted.keys())
    _end(connection, document, {key: until for key, until in wanted.items() if key in known and known[key] != until})
    new = {key: until for key, until in wanted.items() if key not in known}
    came: dict[str, tuple[datetime, Sequence[int]]] = {row.id: (row.first_at, lists[row.text]) for row in timeline}
    _add(connection, document, new, came)


def fill_passages(connection: Connection) -> None:
    """Make the passages of documents that have versions and none: of an archive that is older than passages."""
    from archive.documents import get_documents_by_id

    for id in documents_without_passages(connection):
        replace_passages(connection, get_documents_by_id(connection, [id])[id])


def documents_without_passages(connection: Connection) -> Sequence[str]:
    """The ids of documents that have versions and no passages."""
    has_versions = exists().where(versions.c.document == documents.c.id, versions.c.is_current)
    has_passages = exists().where(passages.c.document == documents.c.id)
    return connection.execute(select(documents.c.id).where(has_versions, ~has_passages)).scalars().all()


def _spans(
    timeline: Sequence[tuple[str, datetime, Sequence[int]]],
) -> dict[tuple[int, str], datetime | None]:
    """For each block and the version where it came, when it was gone."""
    found: dict[tuple[int, str], datetime | None] = {}
    standing: dict[int, str] = {}
    for version, at, listed in timeline:
        held = set(listed)
        for block in [block for block in standing if block not in held]:
            found[block, standing.pop(block)] = at
        for block in held - standing.keys():
            standing[block] = version
            found[block, version] = None
    return found


def _remove(connection: Connection, document: Document, gone: Collection[tuple[int, str]]) -> None:
    if gone:
        query = delete(passages).where(
            passages.c.document == document.id,
            passages.c.block == bindparam("of_block"),
            passages.c.version == bindparam("of_version"),
        )
        connection.execute(query, [{"of_block": block, "of_version": version} for block, version in gone])


def _end(connection: Connection, document: Document, ended: dict[tuple[int, str], datetime | None]) -> None:
    if ended:
        own = {"of_document": document.id}
        connection.execute(
            _END,
            [
                {**own, "of_block": block, "of_version": version, "gone_at": until}
                for (block, version), until in ended.items()
            ],
        )


def _add(
    connection: Connection,
    document: Document,
    new: dict[tuple[int, str], datetime | None],
    came: dict[str, tuple[datetime, Sequence[int]]],
) -> None:
    starts: dict[str, dict[int, int]] = {}
    rows = []
    for (block, version), until in new.items():
        first_at, listed = came[version]
        if version not in starts:
            starts[version] = _starts(connection, listed)
        rows.append(
            {"document": document.id, "block": block, "version": version, "start": starts[version][block],
             "since_at": first_at, "until_at": until}
        )  # fmt: skip
    if rows:
        connection.execute(insert(passages), rows)


def _starts(connection: Connection, listed: Sequence[int]) -> dict[int, int]:
    """For each block of a text the offset of its first occurrence."""
    lengths = {id: len(words) for id, words in load_block_texts(connection, set(listed)).items()}
    starts: dict[int, int] = {}
    offset = 0
    for block in listed:
        starts.setdefault(block, offset)
        offset += lengths[block] + len(BLOCK_END)
    return starts


# --- finding them ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the passages that are looked for. ``next`` is where the others begin, None where there are none: a rare
    one among many with the same words is not looked for without end, so that there may be fewer than were asked for."""

    passages: list[Passage]
    next: str | None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which of the passages with the words are wanted."""

    documents: Collection[str] | None = None  # ids
    types: Collection[str] | None = None  # of documents
    kind: Kind | None = None  # that a finding of the kind quotes
    since: datetime | None = None  # that stood at some time from then
    until: datetime | None = None


def search_passages(
    connection: Connection,
    query: str,
    *,
    documents_among: Collection[str] | None = None,
    types_among: Collection[str] | None = None,
    kind: Kind | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 20,
) -> list[Passage]:
    """Passages that hold what ``query`` asks for, those that were stored last first, however long it takes.

    ``after`` is the cursor of the last passage of the page before. Raises UsageError.
    """
    narrowed = Narrowed(documents_among, types_among, kind, since, until)
    found = find_passages(connection, query, narrowed, after=after, limit=limit)
    passages = found.passages
    while found.next and len(passages) < limit:
        found = find_passages(connection, query, narrowed, after=found.next, limit=limit - len(passages))
        passages += found.passages
    return passages


def find_passages(
    connection: Connection, query: str, narrowed: Narrowed, *, after: str | None = None, limit: int = 20
) -> Found:
    """Passages that hold what ``query`` asks for, those that were stored last first; of all with these words so many
    are looked at. Raises UsageError."""
    terms = read_query(query)
    rows, place = _rows(connection, terms, narrowed, place=_read_cursor(after) if after else None, limit=limit)
    found = [
        Passage(
            document=row.document, version=row.version, start=row.start,
            is_heading=block.kind is BlockKind.HEADING, since_at=row.since_at, until_at=row.until_at,
            excerpt=excerpt_of(block.text, terms), cursor=_place_of(row).cursor,
        )
        for row, block in rows
    ]  # fmt: skip
    return Found(found, place.cursor if place else None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the rest begins: behind a passage, or with a block."""

    block: int
    passage: tuple[str, str] | None = None  # document and version

    @property
    def cursor(self) -> str:
        return ".".join([str(self.block), *(self.passage or ())])

    def condition(self) -> ColumnElement[bool]:
        earlier = passages.c.block < self.block
        if self.passage is None:
            return earlier | (passages.c.block == self.block)
        is_left = tuple_(passages.c.document, passages.c.version) < tuple_(*self.passage)
        return earlier | (passages.c.block == self.block) & is_left


def _place_of(row: Row[Any]) -> _Place:
    return _Place(row.block, (row.document, row.version))


def _read_cursor(cursor: str) -> _Place:
    block, *passage = cursor.split(".")
    if not (block.isascii() and block.isdigit() and len(block) < 19 and len(passage) in (0, 2) and all(passage)):
        raise UsageError("the cursor is none that a search gave")
    return _Place(int(block), (passage[0], passage[1]) if passage else None)


class _Quoted:
    """Tells which blocks a finding of the kind, in a comparison of the same document, quotes or quotes from."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self._kind = kind
        self._quotes: dict[str, set[str]] = {}  # by document

    def __len__(self) -> int:
        return len(self._quotes)

    def holds(self, document: str, words: str) -> bool:
        if document not in self._quotes:
            self._quotes[document] = quotes_of(self._connection, document, self._kind)
        return any(quote in words or words in quote for quote in self._quotes[document])


def _rows(
    connection: Connection, terms: Sequence[Term], narrowed: Narrowed, *, place: _Place | None, limit: int
) -> tuple[list[tuple[Row[Any], Block]], _Place | None]:
    """The newest first, some at a time: a common word stands in more blocks than anybody reads of. And where the rest
    begins, if there is any."""
    quoted = _Quoted(connection, narrowed.kind) if narrowed.kind else None
    span = _span(connection, narrowed.documents)
    wanted = _conditions(narrowed)
    left = MOST_LOOKED_AT if narrowed.documents is None else MOST_LOOKED_AT_IN_DOCUMENTS
    found: list[tuple[Row[Any], Block]] = []
    some = limit
    while True:
        newest = min(place.block if place else _NEWEST, span[1])
        ids = blocks_with(connection, terms, newest=newest, oldest=span[0], most=some)
        most = _JUDGED_AT_ONCE if quoted else limit - len(found)
        rows = _passages_of(connection, ids, [*wanted, *([place.condition()] if place else [])], most=most)
        blocks = load_blocks(connection, {row.block for row in rows})
        found += [
            (row, blocks[row.block])
            for row in rows
            if row.block in blocks and (quoted is None or quoted.holds(row.document, blocks[row.block].text))
        ]
        if len(found) >= limit:
            return found[:limit], _place_of(found[limit - 1][0])
        if len(rows) < most and len(ids) < some:
            return found, None
        place = _place_of(rows[-1]) if len(rows) == most else _Place(ids[-1] - 1)
        left -= len(ids)
        if left <= 0 or (quoted and len(quoted) >= MOST_JUDGED):
            return found, place
        some = min(some * _TIMES_MORE, left, _MOST_AT_ONCE)


def _span(connection: Connection, among: Collection[str] | None) -> tuple[int, int]:
    """The oldest and the newest block that stood in any of the documents, each found by one look."""
    if among is None:
        return 0, _NEWEST
    ends = [
        select(each(passages.c.block)).where(passages.c.document == documents.c.id).scalar_subquery()
        for each in (func.min, func.max)
    ]
    rows = connection.execute(select(*ends).where(documents.c.id.in_(among))).all()
    found = [(oldest, newest) for oldest, newest in rows if oldest is not None]
    return (min(each for each, _ in found), max(each for _, each in found)) if found else (0, -1)


def _conditions(narrowed: Narrowed) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if narrowed.documents is not None:
        wanted.append(passages.c.document.in_(narrowed.documents))
    if narrowed.types is not None:
        of_type = documents.c.type.in_(narrowed.types)
        wanted.append(exists().where(documents.c.id == passages.c.document, of_type))
    if narrowed.until:
        wanted.append(passages.c.since_at <= narrowed.until)
    if narrowed.since:
        wanted.append(or_(passages.c.until_at.is_(None), passages.c.until_at > narrowed.since))
    return wanted


def _passages_of(
    connection: Connection, blocks: Sequence[int], wanted: Sequence[ColumnElement[bool]], *, most: int
) -> Sequence[Row[Any]]:
    """The newest first. A block may stand in very many documents: with a limit they are not all read."""
    among: Any = blocks
    if connection.dialect.name == "sqlite":
        # as one parameter: to make a query of hundreds takes longer than to ask it
        among = select(func.json_each(json.dumps(list(blocks))).table_valued("value").c.value)
    query = select(passages).where(passages.c.block.in_(among), *wanted)
    return connection.execute(query.order_by(*_NEWEST_FIRST).limit(most)).all()
