"""Who hears of it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
)

from archive.tables.base import ID, SHA256, Instant, metadata

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
    Column("webhook", Text),  # where its notices go instead of the mailbox
    Column("bounces", Integer, nullable=False, server_default="0"),  # soft ones in a row
    Column("changed_at", Instant),  # confirmed, ended, or another rule: who holds them in memory reads them anew
    Column("quiet_at", Instant),  # when the next quiet digest may be due; null where none is asked for
    Index(None, "email"),
    Index(None, "state"),
    Index(None, "changed_at"),
    Index(None, "quiet_at"),
)
Index("ix_subscriptions_lower_email", func.lower(subscriptions.c.email))  # one person writes it in several ways

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
    Column("mail", ID),  # the mail that it was put into when first claimed, and stays in
    Column("tried_at", Instant),  # when that was
    Column("message_id", Text),
    Column("sent_at", Instant),
    # a subscriber hears of a version once, whatever comparisons lead to it
    UniqueConstraint("subscription", "version"),
    Index(None, "state", "due_at"),
    Index(None, "mail"),
    Index(None, "version"),  # who was told of it
    Index(None, "comparison"),  # that a comparison which is no step any more was told to nobody
)

# digests with nothing in them; what notices are to a comparison, these are to a moment
quiets = Table(
    "quiets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subscription", ForeignKey("subscriptions.id"), nullable=False),
    Column("digest_at", Instant, nullable=False),  # when the digest was due: it covers what came before
    Column("state", String(8), nullable=False),
    Column("due_at", Instant, nullable=False),  # when it is tried next
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", Instant),
    Column("error", Text),
    Column("message_id", Text),
    Column("sent_at", Instant),
    UniqueConstraint("subscription", "digest_at"),
    Index(None, "state", "due_at"),
)

# runs that would have mailed too many at once, and what the operator said
floods = Table(
    "floods",
    metadata,
    Column("id", ID, primary_key=True),
    Column("raised_at", Instant, nullable=False),
    Column("mails", Integer, nullable=False),  # the run would have sent, at its largest
    Column("subscribers", Integer, nullable=False),  # there were
    Column("told_at", Instant),  # when the operator was asked
    Column("allowed_at", Instant),  # what was due by then may go
    Column("ended_at", Instant),  # allowed, refused, or receded
    Index(None, "ended_at"),
)

# addresses that nothing is sent to; a keyed hash, so that the list names nobody
suppressions = Table(
    "suppressions",
    metadata,
    Column("address", SHA256, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since_at", Instant, nullable=False),
)

# delivery events that were taken in, so that none counts twice
events = Table(
    "events",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Index(None, "received_at"),
)
