"""What is watched, how the watch goes, and what the processes that watch share."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from archive.tables.base import ID, SHA256, Instant, metadata

vendors = Table(
    "vendors",
    metadata,
    Column("slug", String(100), primary_key=True),
    Column("name", Text, nullable=False),
    Index(None, "name", "slug"),
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
    # revision of the normaliser that made its versions; none: there are none yet, 0 to -3: they are to be made anew,
    # below: see archive.stirs
    Column("normaliser", Integer),
    UniqueConstraint("vendor", "slug"),
    Index(None, "due_at"),
    Index(None, "type"),
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
    Column("wayback_at", Instant),  # up to when the Wayback Machine was asked what it holds
)

# stretches within the sightings of one snapshot when nobody looked: it would seem to have been seen all along
gaps = Table(
    "gaps",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("from_at", Instant, primary_key=True),  # the last good look before
    Column("to_at", Instant, nullable=False),  # the first one after
)

# what the Wayback Machine was asked for and gave no page of: not asked for again
playbacks = Table(
    "playbacks",
    metadata,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("timestamp", String(14), primary_key=True),
    Column("kind", String(20), nullable=False),  # crawler.outcomes.ErrorKind
    Column("reason", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
)

# --- what all processes share -----------------------------------------------------------------------------------

# how fast something may be asked, by all processes on this database together
limits = Table(
    "limits",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("next_at", Instant),  # when the next request may go out
    Column("closed_until", Instant),  # it asked for a pause
    Column("strikes", Integer, nullable=False),  # pauses asked for in a row: each is longer than the one before
    Column("struck_at", Instant),
)

# who does what only one may do at a time, such as the schedule
leases = Table(
    "leases",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("until_at", Instant, nullable=False),
)

# how often what pages show was changed, of each vendor; rows without a name, or with one of no vendor, count all
changes = Table(
    "changes",
    metadata,
    Column("vendor", String(100), primary_key=True),
    Column("count", Integer, nullable=False),
)
