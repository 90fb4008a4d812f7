"""The index of words over blocks, each database's own. It is told of every block that comes or goes; who searches it
is archive.passages."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

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
