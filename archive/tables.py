"""The schema, one block a noun, read from top to bottom. What each thing means stands in clausewatch.model.

Nothing here is peculiar to one database: SQLite and PostgreSQL run the same tables and queries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

SCHEMA = "0003"
"""The newest migration; a database says in ``alembic_version`` which one it is at."""
EARLIER_SCHEMAS: frozenset[str] = frozenset({"0001", "0002"})

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC, to the microsecond. SQLite keeps no zone, so it is put off and on here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


ID = String(16)  # model.content_id
SHA256 = String(64)

# --- what is watched ------------------------------------------------------------------------------------------

vendors = Table(
    "vendors",
    metadata,
    Column("slug", String(100), primary_key=True),
    Column("name", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", ID, primary_key=True),
    Column("vendor", ForeignKey("vendors.slug"), nullable=False),
    Column("slug", String(100), nullable=False),
    Column("type", Text, nullable=False),
    Column("render", String(8), nullable=False),
    Column("include", Text),
    Column("exclude", Text),
    Column("interval_hours", Integer, nullable=False),
    Column("due_at", Instant),
    Column("etag", Text),
    Column("last_modified", Text),
    # head of the chain over its snapshots; see snapshots.chain
    Column("chain", SHA256, nullable=False),
    Column("chain_length", Integer, nullable=False),
    # snapshots came that its versions do not tell of yet; set with them, cleared with the versions
    Column("is_unsettled", Boolean, nullable=False),
    # revision of the normaliser that made its versions; none: there are none yet, 0 and -1: they are to be made anew
    Column("normaliser", Integer),
    UniqueConstraint("vendor", "slug"),
    Index(None, "due_at"),
)

# where a document was found; the newest row without until_at is where it is crawled
addresses = Table(
    "addresses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("since_at", Instant),
    Column("until_at", Instant),
    Index(None, "document"),
    Index(None, "url"),
)

# how the watch over a document goes; none where no live look came to an end yet
watches = Table(
    "watches",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("last_good_at", Instant),
    # looks that got no page, since the last good one
    Column("failures", Integer, nullable=False),
    Column("failing_since_at", Instant),
    Column("failed_at", Instant),  # the newest of them, as the rest of the row
    Column("kind", String(20)),
    Column("status", Integer),
    Column("reason", Text),
    Column("told_at", Instant),  # when the operator was told that it is not seen
)

# --- snapshots ------------------------------------------------------------------------------------------------

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
    Column("signals", JSON, nullable=False),
)

# --- texts and versions ---------------------------------------------------------------------------------------

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
)

# --- comparisons ----------------------------------------------------------------------------------------------

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
    Column("sections", LargeBinary, nullable=False),  # JSON, deflated; text of unchanged sections left out
    Column("differ", Integer, nullable=False),  # revision of the differ that compared them
    Column("told_at", Instant),  # when its notices were queued, or it was decided that none are owed
    Index(None, "document", "after_at"),
    Index(None, "after_at"),
    Index(None, "after"),
)

findings = Table(
    "findings",
    metadata,
    Column("comparison", ForeignKey("comparisons.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("effect", String(8), nullable=False),
    Column("subject", Text, nullable=False),
    Column("severity", String(8), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("section", JSON, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("before_quote", Text),
    Column("before_start", Integer),
    Column("before_end", Integer),
    Column("after_quote", Text),
    Column("after_start", Integer),
    Column("after_end", Integer),
    Index(None, "kind"),
)

facts = Table(
    "facts",
    metadata,
    Column("text", ForeignKey("texts.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("value", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Index(None, "kind", "value"),
)

# --- who hears of it ------------------------------------------------------------------------------------------

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("email", Text, nullable=False),
    Column("rule", JSON, nullable=False),
    Column("every", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
    Index(None, "email"),
    Index(None, "state"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subscription", ForeignKey("subscriptions.id"), nullable=False),
    Column("comparison", ForeignKey("comparisons.id"), nullable=False),
    Column("version", ForeignKey("versions.id"), nullable=False),  # the version after
    Column("state", String(8), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("claimed_by", String(64)),  # which sender holds it; its lease ends at claimed_until
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("message_id", Text),
    Column("sent_at", Instant),
    # a subscriber hears of a version once, whatever comparisons lead to it
    UniqueConstraint("subscription", "version"),
    Index(None, "state", "due_at"),
)
