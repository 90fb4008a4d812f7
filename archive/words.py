"""The index of words over blocks, each database's own. It is told of every block that comes or goes, and tells which
hold words; where these blocks stand is archive.passages' to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)

from archive.terms import Term

_OF_SQLITE = table("blocks_search", column("rowid"), column("text"))
_OF_POSTGRESQL = table("blocks_search", column("block"), column("words"))
_NAME: ColumnElement[str] = literal_column("blocks_search")
_CAME = {
    "sqlite": text("INSERT INTO blocks_search (rowid, text) VALUES (:block, :words)"),
    "postgresql": text("INSERT INTO blocks_search (block, words) VALUES (:block, to_tsvector('simple', :words))"),
}
_WENT = {
    # the index keeps no text of its own, and has to be told which words to forget
    "sqlite": text("INSERT INTO blocks_search (blocks_search, rowid, text) VALUES ('delete', :block, :words)"),
    "postgresql": text("DELETE FROM blocks_search WHERE block = :block"),
}


def index_words(connection: Connection, blocks: Mapping[int, str]) -> None:
    """Have the words of these new blocks found, by the ids of the blocks."""
    if blocks:
        rows = [{"block": block, "words": words} for block, words in blocks.items()]
        connection.execute(_CAME[connection.dialect.name], rows)


def forget_words(connection: Connection, blocks: Mapping[int, str]) -> None:
    """Find the words of these blocks there no more; they must be the ones that were indexed."""
    if blocks:
        wanted = [{"block": block, "words": words} for block, words in blocks.items()]
        if connection.dialect.name != "sqlite":
            wanted = [{"block": block} for block in blocks]
        connection.execute(_WENT[connection.dialect.name], wanted)


def blocks_with(connection: Connection, terms: Iterable[Term], *, newest: int, oldest: int, most: int) -> Sequence[int]:
    """The ids of at most so many blocks from ``newest`` to ``oldest`` that hold what the terms ask for, newest
    first."""
    table: FromClause = _OF_POSTGRESQL
    block, is_asked = table.c.block, _asked_of_postgresql
    if connection.dialect.name == "sqlite":
        table = _OF_SQLITE
        block, is_asked = table.c.rowid, _asked_of_sqlite
    query = select(block).where(is_asked(terms), block <= newest, block >= oldest)
    return connection.execute(query.order_by(block.desc()).limit(most)).scalars().all()


def _asked_of_sqlite(terms: Iterable[Term]) -> ColumnElement[bool]:
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in terms:
        quoted = '"' + " ".join(term.words) + '"' + "*" * term.is_start
        (unwanted if term.is_unwanted else wanted).append(quoted)
    asked = "(" + " AND ".join(wanted) + ")" + "".join(f" NOT {each}" for each in unwanted)
    return _NAME.op("MATCH", is_comparison=True)(asked)


def _asked_of_postgresql(terms: Iterable[Term]) -> ColumnElement[bool]:
    simple: ColumnElement[str] = literal_column("'simple'")
    asked = None
    for term in terms:
        words = " <-> ".join(term.words) + ":*" * term.is_start
        found = func.to_tsquery(simple, words)
        found = func.tsquery_not(found) if term.is_unwanted else found
        asked = found if asked is None else func.tsquery_and(asked, found)
    return _OF_POSTGRESQL.c.words.op("@@", is_comparison=True)(asked)
