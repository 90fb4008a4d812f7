"""Who hears of it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, false

from archive.tables.base import ID, Instant, metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("email", Text, nullable=False),
    Column("rule", JSON, nullable=False),
    Column("every", String(8), nullable=False),
    Column("zone", Text, nullable=False, server_default="UTC"),  # IANA name: where the hour is
    Column("hour", Integer, nullable=False, server_default="7"),  # of digests, 0 to 23
    Column("is_quiet_told", Boolean, nullable=False, server_default=false()),  # a digest comes with nothing in it too
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
    Column("mail", ID),  # the mail that it was put into, and stays in
    Column("message_id", Text),
    Column("sent_at", Instant),
    # a subscriber hears of a version once, whatever comparisons lead to it
    UniqueConstraint("subscription", "version"),
    Index(None, "state", "due_at"),
)
