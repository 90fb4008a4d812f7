"""Texts of blocks, and the versions that they make."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from archive.tables.base import ID, SHA256, Instant, metadata

# each distinct block stands here once, however many versions hold it
blocks = Table(
    "blocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", SHA256, nullable=False, unique=True),  # over all columns below
    Column("kind", String(10), nullable=False),
    Column("level", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("header", JSON, nullable=False),
    Column("links", JSON, nullable=False),
    Column("breaks", JSON, nullable=False),
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
    Column("blocks", LargeBinary, nullable=False),  # ids of its blocks in order: 32-bit little-endian, deflated
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
