"""What lies between two versions, and the facts that each states."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from archive.tables.base import ID, Instant, metadata

comparisons = Table(
    "comparisons",
    metadata,
    Column("id", ID, primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("before", ForeignKey("versions.id"), nullable=False),
    Column("after", ForeignKey("versions.id"), nullable=False),
    Column("before_text", ForeignKey("texts.id"), nullable=False),  # what was compared; a version's text may be
    Column("after_text", ForeignKey("texts.id"), nullable=False),  # replaced by an earlier capture of the same words
    Column("after_at", Instant, nullable=False),  # first_at of the version after: lists are in this order
    Column("state", String(10), nullable=False),
    Column("state_reason", Text),
    Column("notify", Boolean, nullable=False),
    Column("stated", JSON(none_as_null=True)),  # the days that both texts state for themselves
    Column("is_current", Boolean, nullable=False),  # as in versions
    Column("material", Boolean, nullable=False),
    Column("is_classified", Boolean, nullable=False),
    Column("artefact", Boolean, nullable=False),
    Column("artefact_reason", Text),
    Column("severity", String(8)),
    Column("summary", Text, nullable=False),
    Column("sections", Integer),  # record: without their words; see archive.sections
    Column("findings", Integer),  # record: see archive.findings; none without findings
    Column("kinds", Text),  # of its findings, each once, in their order, between commas; none without findings
    # that came and went; none where an earlier release compared them
    Column("changed_words", Integer),
    Column("differ", Integer, nullable=False),  # revision of the differ that compared them
    Column("told_at", Instant),  # when its notices were queued, or it was decided that none are owed
    Index(None, "document", "after_at"),
    Index(None, "after_at"),
    Index(None, "material", "state", "after_at"),
    Index(None, "document", "material", "state", "after_at"),  # a vendor's own: otherwise all vendors' are walked over
    Index(None, "notify", "after_at"),
    Index(None, "is_classified", "state", "after_at"),
    Index(None, "after"),
)

# what texts state, each once, however many texts state it in the same words
statements = Table(
    "statements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", BigInteger, nullable=False),  # the first 48 bits of a hash over the columns below
    Column("kind", String(12), nullable=False),
    Column("value", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Index(None, "key"),
    Index(None, "kind", "value"),
)

facts = Table(
    "facts",
    metadata,
    Column("text", ForeignKey("texts.number"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("statement", ForeignKey("statements.id"), nullable=False),
    Column("start", Integer, nullable=False),  # of its quote
    Index(None, "statement"),
    sqlite_with_rowid=False,
)

# which documents name a company as a recipient, in some version: where the ledger looks for it
recipients = Table(
    "recipients",
    metadata,
    Column("name", Text, primary_key=True),  # statements.value
    Column("document", ForeignKey("documents.id"), primary_key=True),
)
