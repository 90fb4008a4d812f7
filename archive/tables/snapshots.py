"""Snapshots, what was erased of them, and what the normaliser read in them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from archive.tables.base import ID, SHA256, Instant, metadata

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", ID, primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("captured_at", Instant, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("source", String(8), nullable=False),
    Column("is_live", Boolean, nullable=False),
    Column("is_upgrade", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("status", Integer),
    Column("content_type", Text),
    Column("headers", JSON, nullable=False),
    Column("sha256", SHA256, nullable=False),  # names the blob
    Column("size", Integer, nullable=False),
    # SHA-256 over the document's chain before, this id and this sha256: nothing can be slipped in or taken out
    Column("chain", SHA256, nullable=False),
    Column("position", Integer, nullable=False),  # in that chain, from 1: the order of arrival
    # derived from here on, and derived again by `rebuild`
    Column("fault", String(16)),
    Column("fault_reason", Text),
    Column("version", ForeignKey("versions.id")),
    UniqueConstraint("document", "position"),
    Index(None, "document", "captured_at"),
    Index(None, "sha256"),
    Index(None, "version"),
)

# what was erased, for the law or by a takedown: the chain covers hashes, so it still holds
tombstones = Table(
    "tombstones",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("erased_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
)

# what the normaliser made of a snapshot: a text and numbers to doubt by
readings = Table(
    "readings",
    metadata,
    Column("snapshot", ForeignKey("snapshots.id"), primary_key=True),
    Column("normaliser", Integer, nullable=False),
    Column("text", ForeignKey("texts.id")),
    Column("key", SHA256),  # equal for texts that differ only in where blocks end
    Column("fault", String(16)),  # by the page alone
    Column("fault_reason", Text),
    Column("signals", Integer),  # record: see differ.faults
)
