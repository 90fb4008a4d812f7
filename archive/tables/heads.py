"""What proves that nothing was altered, and what says that something was taken down."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from archive.tables.base import ID, SHA256, Instant, metadata

# which text each version was ever said to have, in the order in which that was found out; versions go, links stay
version_links = Table(
    "version_links",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # from 1
    Column("version", ID, nullable=False),
    Column("sha256", SHA256, nullable=False),  # of its text
    # SHA-256 over the document's chain before, this version and this sha256; as snapshots.chain
    Column("chain", SHA256, nullable=False),
    Index(None, "version"),
)

# a day's signature over all chains, and over the day before
heads = Table(
    "heads",
    metadata,
    Column("day", Date, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("previous", SHA256, nullable=False),  # sha256 of the head before
    Column("sha256", SHA256, nullable=False),  # over day, made_at, previous and the entries
    Column("key", String(64), nullable=False),  # public, Ed25519, hexadecimal
    Column("signature", String(128), nullable=False),
)

# how far the chains of a document had come; none for a document whose chains stand where the last head saw them
head_entries = Table(
    "head_entries",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("day", ForeignKey("heads.day"), primary_key=True),
    Column("snapshots", Integer, nullable=False),
    Column("chain", SHA256, nullable=False),
    Column("versions", Integer, nullable=False),
    Column("version_chain", SHA256, nullable=False),
    Index(None, "day"),
)

# what stood at an address of ours until it was taken down: a version, or a comparison with one
takedowns = Table(
    "takedowns",
    metadata,
    Column("id", ID, primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("sha256", SHA256),  # of a version's text
    Column("first_at", Instant),  # of a version
    Column("last_at", Instant),
    Column("erased_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "document", "first_at"),
)
