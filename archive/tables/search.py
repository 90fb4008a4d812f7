"""Where words stand: when each block stood in a document, and the index of its words."""

from __future__ import annotations

from sqlalchemy import DDL, Column, ForeignKey, Index, Integer, Table, event

from archive.tables.base import Instant, metadata
from archive.tables.texts import blocks

# when a block stood in a document: a row for each time that it came, so that a search finds words with their days
passages = Table(
    "passages",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("block", ForeignKey("blocks.id"), primary_key=True),
    Column("version", ForeignKey("versions.id"), primary_key=True),  # where it came
    Column("start", Integer, nullable=False),  # its offset there
    Column("since_at", Instant, nullable=False),  # first_at of that version
    Column("until_at", Instant),  # first_at of the version where it was gone; none: it stands still
    Index(None, "block"),
    Index(None, "version"),
)

# each database searches with its own engine; SQLite's keeps its words apart and has to be told of every block
SEARCH_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE blocks_search USING fts5("
        "text, content='blocks', content_rowid='id', tokenize=\"unicode61 remove_diacritics 0\")",
        "CREATE TRIGGER blocks_search_came AFTER INSERT ON blocks BEGIN "
        "INSERT INTO blocks_search(rowid, text) VALUES (new.id, new.text); END",
        "CREATE TRIGGER blocks_search_went AFTER DELETE ON blocks BEGIN "
        "INSERT INTO blocks_search(blocks_search, rowid, text) VALUES ('delete', old.id, old.text); END",
    ),
    "postgresql": ("CREATE INDEX ix_blocks_search ON blocks USING gin (to_tsvector('simple', text))",),
}
for _dialect, _statements in SEARCH_INDEX.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]  # its own stubs leave the constructor open
        event.listen(blocks, "after_create", _ddl.execute_if(dialect=_dialect))
