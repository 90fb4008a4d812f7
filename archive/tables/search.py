"""Where words stand: when each block stood in a document, and the index of its words."""

from __future__ import annotations

from sqlalchemy import DDL, Column, ForeignKey, Index, Integer, Table, event

from archive.tables.base import Instant, metadata
from archive.tables.texts import pages

# when a block stood in a document: a row for each time that it came, so that a search finds words with their days
passages = Table(
    "passages",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("version", ForeignKey("versions.id"), primary_key=True),  # where it came
    Column("start", Integer, nullable=False),  # its offset there
    Column("since_at", Instant, nullable=False),  # first_at of that version
    Column("until_at", Instant),  # first_at of the version where it was gone; none: it stands still
    Index(None, "block"),
    Index(None, "version"),
)

# each database searches with its own engine. Neither keeps the words once more to be read: they stand on the pages.
# A list is in the order of blocks, so that nothing is kept to rank them by
SEARCH_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE blocks_search USING fts5("
        "text, content='', columnsize=0, tokenize=\"unicode61 remove_diacritics 0\")",
    ),
    "postgresql": (
        "CREATE TABLE blocks_search (block INTEGER PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX blocks_search_words ON blocks_search USING gin (words)",
    ),
}
for _dialect, _statements in SEARCH_INDEX.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]  # its own stubs leave the constructor open
        event.listen(pages, "after_create", _ddl.execute_if(dialect=_dialect))
