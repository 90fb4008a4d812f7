"""Texts of blocks, and the versions that they make."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from archive.tables.base import ID, SHA256, Instant, metadata

# small records that resemble each other, compressed together; see archive.pages
pages = Table(
    "pages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # from 1, in the order in which they were begun
    Column("records", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # of its records, in bytes, before they are compressed
    Column("packed", LargeBinary, nullable=False),
)

# where each distinct block stands, however many texts hold it: a record of a page
block_keys = Table(
    "block_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # the first 48 bits of its hash
    Column("block", Integer, primary_key=True, autoincrement=False),  # id of its record
    sqlite_with_rowid=False,
)

texts = Table(
    "texts",
    metadata,
    Column("id", SHA256, primary_key=True),  # over the blocks' hashes
    Column("sha256", SHA256, nullable=False),  # of the text itself
    Column("normaliser", Integer, nullable=False),
    Column("title", Text),
    Column("language", String(8)),
    Column("words", Integer, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("facts", Integer, nullable=False),  # revision of the differ that read its facts; 0: none did yet
    Column("number", Integer),  # from 1; stands for the id where there are many references to it
    Column("listed", Integer),  # record: the ids of its blocks in order
    Index(None, "number", unique=True),
)

versions = Table(
    "versions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", ForeignKey("texts.id"), nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("snapshots", Integer, nullable=False),
    # false: no longer on the timeline, kept because a comparison that was told cites it
    Column("is_current", Boolean, nullable=False),
    Index(None, "document", "first_at"),
    Index(None, "text"),
)

# how much there is of each document, counted when its timeline is made; a list of all would count them all
tallies = Table(
    "tallies",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("versions", Integer, nullable=False),  # on the timeline
    Column("faults", Integer, nullable=False),  # snapshots that are not the document
    Column("first_at", Instant),
    Column("last_at", Instant),
)
