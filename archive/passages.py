"""Passages: when each block stood in a document, and which hold given words. Found again by every search."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
    tuple_,
    update,
)

from archive.blocks import load_block_texts, load_blocks
from archive.findings import quotes_of
from archive.tables import documents, passages, versions
from archive.texts import block_ids_of
from clausewatch.errors import UsageError
from clausewatch.model import BLOCK_END, Block, BlockKind, Document, Kind

MOST_WORDS = 32  # in a query; nobody types more, and each costs a look-up
MARK = ("\ue000", "\ue001")
"""Around the words found, in ``Passage.excerpt``. Of the private use area: no text of a policy holds them."""
_EXCERPT_WORDS = 40
_WORDS_BEFORE = 12  # of them, before the first that was asked for
_SEARCH = table("blocks_search", column("rowid"), column("text"))  # SQLite's
_INDEX = table("blocks_search", column("block"), column("words"))  # PostgreSQL's
_SEARCH_NAME: ColumnElement[str] = literal_column("blocks_search")
_PLACE = (passages.c.block, passages.c.document, passages.c.version)
_NEWEST_FIRST = tuple(each.desc() for each in _PLACE)
_PHRASE = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999


@dataclass(frozen=True, slots=True)
class Term:
    """What a passage must hold: words in a row, the last one perhaps only begun."""

    words: tuple[str, ...]
    is_start: bool = False
    is_unwanted: bool = False


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
    timeline = connection.execute(
        select(versions.c.id, versions.c.text, versions.c.first_at)
        .where(versions.c.document == document.id, versions.c.is_current)
        .order_by(versions.c.first_at, versions.c.id)
    ).all()
    lists = block_ids_of(connection, {row.text for row in timeline})
    wanted = _spans([(row.id, row.first_at, lists[row.text]) for row in timeline])
    known = {
        (row.block, row.version): row.until_at
        for row in connection.execute(select(passages).where(passages.c.document == document.id))
    }
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
        query = (
            update(passages)
            .where(
                passages.c.document == document.id,
                passages.c.block == bindparam("of_block"),
                passages.c.version == bindparam("of_version"),
            )
            .values(until_at=bindparam("gone_at"))
        )
        connection.execute(
            query,
            [{"of_block": block, "of_version": version, "gone_at": until} for (block, version), until in ended.items()],
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


def read_query(query: str) -> list[Term]:
    """What a search asks for: words, "words in a row", begin*, -unwanted. Marks other than these are passed over.

    Raises UsageError where no word is left to look for.
    """
    terms = []
    for match in _PHRASE.finditer(query):
        phrase, word = match.groups()
        is_unwanted = phrase is None and word.startswith("-")
        words = tuple(_WORD.findall(phrase if phrase is not None else word))
        if words:
            terms.append(Term(words, is_start=bool(word and word.endswith("*")), is_unwanted=is_unwanted))
    if not any(not term.is_unwanted for term in terms):
        raise UsageError("the search names no word to look for; give one that must stand in the text")
    if sum(len(term.words) for term in terms) > MOST_WORDS:
        raise UsageError(f"a search takes at most {MOST_WORDS} words")
    return terms


def search_passages(
    connection: Connection,
    query: str,
    *,
    documents_among: Collection[str] | None = None,
    kind: Kind | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 20,
) -> list[Passage]:
    """Passages that hold what ``query`` asks for, those that were stored last first.

    Of ``documents_among`` (ids) if given; that stood at some time from ``since`` to ``until``; of a ``kind``: that a
    finding of the kind quotes. ``after`` is the cursor of the last passage of the page before. Raises UsageError.
    """
    wanted: list[ColumnElement[bool]] = []
    if documents_among is not None:
        wanted.append(passages.c.document.in_(documents_among))
    if until:
        wanted.append(passages.c.since_at <= until)
    if since:
        wanted.append(or_(passages.c.until_at.is_(None), passages.c.until_at > since))
    newest = None
    if after:
        newest, *place = _read_cursor(after)
        wanted.append(tuple_(*_PLACE) < tuple_(newest, *place))
    terms = read_query(query)
    rows = _rows(connection, terms, wanted, newest=newest, kind=kind, limit=limit)
    return [
        Passage(
            document=row.document, version=row.version, start=row.start,
            is_heading=block.kind is BlockKind.HEADING, since_at=row.since_at, until_at=row.until_at,
            excerpt=_excerpt(block.text, terms), cursor=f"{row.block}.{row.document}.{row.version}",
        )
        for row, block in rows
    ]  # fmt: skip


def _excerpt(text: str, terms: Iterable[Term]) -> str:
    """The words around the first that was asked for, all of those marked: the block's own, whatever the database.

    >>> _excerpt("We keep it.", [Term(("keep",))]).replace(MARK[0], "[").replace(MARK[1], "]")
    'We [keep] it.'
    """
    asked = [
        r"[\W_]+".join(map(re.escape, term.words)) + (r"\w*" if term.is_start else "")
        for term in terms
        if not term.is_unwanted
    ]
    found = [match.span() for match in re.finditer(rf"(?<!\w)(?:{'|'.join(asked)})(?!\w)", text, re.IGNORECASE)]
    words = [match.span() for match in re.finditer(r"\S+", text)]
    at = next((number for number, (_, end) in enumerate(words) if found and end > found[0][0]), 0)
    from_word = max(0, at - _WORDS_BEFORE)
    shown = words[from_word : from_word + _EXCERPT_WORDS]
    first, last = shown[0][0], shown[-1][1]
    pieces, done = ["…" * (from_word > 0)], first
    for start, end in found:
        if start >= done and end <= last:
            pieces += [text[done:start], MARK[0], text[start:end], MARK[1]]
            done = end
    return "".join([*pieces, text[done:last], "…" * (last < words[-1][1])])


def unmarked(excerpt: str) -> str:
    """The excerpt without its marks."""
    return excerpt.replace(MARK[0], "").replace(MARK[1], "")


def _read_cursor(cursor: str) -> tuple[int, str, str]:
    block, _, rest = cursor.partition(".")
    document, _, version = rest.partition(".")
    if not (block.isascii() and block.isdigit() and len(block) < 19 and document and version):
        raise UsageError("the cursor is none that a search gave")
    return int(block), document, version


class _Quoted:
    """Tells which blocks a finding of the kind, in a comparison of the same document, quotes or quotes from."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self._kind = kind
        self._quotes: dict[str, set[str]] = {}  # by document

    def holds(self, document: str, words: str) -> bool:
        if document not in self._quotes:
            self._quotes[document] = quotes_of(self._connection, document, self._kind)
        return any(quote in words or words in quote for quote in self._quotes[document])


def _rows(
    connection: Connection, terms: Sequence[Term], wanted: Sequence[ColumnElement[bool]], *, newest: int | None,
    kind: Kind | None, limit: int,
) -> list[tuple[Row[Any], Block]]:  # fmt: skip
    """The newest first, some at a time: a common word stands in more blocks than anybody reads of."""
    search = _search_sqlite if connection.dialect.name == "sqlite" else _search_postgresql
    quoted = _Quoted(connection, kind) if kind else None
    found: list[tuple[Row[Any], Block]] = []
    some = limit
    while len(found) < limit:
        rows, newest = search(connection, terms, wanted, newest=newest, some=some)
        words = load_blocks(connection, {row.block for row in rows[: None if quoted else limit - len(found)]})
        found += [
            (row, words[row.block])
            for row in rows
            if row.block in words and (quoted is None or quoted.holds(row.document, words[row.block].text))
        ]
        if newest is None:
            break
        some = _SOME
    return found[:limit]


def _search_sqlite(
    connection: Connection, terms: Iterable[Term], wanted: Sequence[ColumnElement[bool]], *, newest: int | None,
    some: int,
) -> tuple[Sequence[Row[Any]], int | None]:  # fmt: skip
    """The passages of so many blocks with these terms, from the newest id on; and the id to go on from, if any is."""
    matching = select(_SEARCH.c.rowid).where(_matches(_asked_of_sqlite(terms))).order_by(_SEARCH.c.rowid.desc())
    if newest is not None:
        matching = matching.where(_SEARCH.c.rowid <= newest)
    ids = connection.execute(matching.limit(some)).scalars().all()
    chosen = select(passages).where(passages.c.block.in_(_listed(ids)), *wanted).order_by(*_NEWEST_FIRST)
    return connection.execute(chosen).all(), ids[-1] - 1 if len(ids) == some else None


def _listed(ids: Sequence[int]) -> Select[tuple[int]]:
    """The ids as one parameter: to make a query of hundreds takes longer than to ask it."""
    return select(func.json_each(json.dumps(ids)).table_valued("value").c.value)


def _matches(asked: str) -> ColumnElement[bool]:
    return _SEARCH_NAME.op("MATCH", is_comparison=True)(asked)


def _asked_of_sqlite(terms: Iterable[Term]) -> str:
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in terms:
        quoted = '"' + " ".join(term.words) + '"' + "*" * term.is_start
        (unwanted if term.is_unwanted else wanted).append(quoted)
    return "(" + " AND ".join(wanted) + ")" + "".join(f" NOT {each}" for each in unwanted)


def _search_postgresql(
    connection: Connection, terms: Iterable[Term], wanted: Sequence[ColumnElement[bool]], *, newest: int | None,
    some: int,
) -> tuple[Sequence[Row[Any]], int | None]:  # fmt: skip
    """As SQLite's."""
    simple: ColumnElement[str] = literal_column("'simple'")
    asked = None
    for term in terms:
        words = " <-> ".join(term.words) + ":*" * term.is_start
        found = func.to_tsquery(simple, words)
        found = func.tsquery_not(found) if term.is_unwanted else found
        asked = found if asked is None else func.tsquery_and(asked, found)
    matching = select(_INDEX.c.block).where(_INDEX.c.words.op("@@", is_comparison=True)(asked))
    if newest is not None:
        matching = matching.where(_INDEX.c.block <= newest)
    ids = connection.execute(matching.order_by(_INDEX.c.block.desc()).limit(some)).scalars().all()
    chosen = select(passages).where(passages.c.block.in_(ids), *wanted).order_by(*_NEWEST_FIRST)
    return connection.execute(chosen).all(), ids[-1] - 1 if len(ids) == some else None
