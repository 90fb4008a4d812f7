"""Who may do more than read."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from archive.tables.base import SHA256, Instant, metadata

# the token itself is shown once, when it is made, and kept nowhere
tokens = Table(
    "tokens",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),  # last, to the hour
)
