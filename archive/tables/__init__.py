"""The schema, one module a group of nouns. What each thing means stands in clausewatch.model.

Nothing here is peculiar to one database: SQLite and PostgreSQL run the same tables and queries.
"""

from archive.tables.base import ID, SHA256, Instant, metadata
from archive.tables.comparisons import comparisons, facts, recipients, statements
from archive.tables.heads import head_entries, heads, takedowns, version_links
from archive.tables.search import SEARCH_INDEX, passages
from archive.tables.snapshots import readings, snapshots, tombstones
from archive.tables.subscribers import events, floods, notices, quiets, subscriptions, suppressions
from archive.tables.texts import block_keys, pages, tallies, texts, versions
from archive.tables.tokens import tokens
from archive.tables.watched import addresses, changes, documents, leases, limits, playbacks, vendors, watches

SCHEMA = "0007"
"""The newest migration; a database says in ``alembic_version`` which one it is at."""
BEGUN = "0007_begun"
"""The migration to 0007 is under way: what the tables hold is being carried over."""
EARLIER_SCHEMAS: frozenset[str] = frozenset({"0001", "0002", "0003", "0004", "0005", "0006", BEGUN})

__all__ = [
    "BEGUN", "EARLIER_SCHEMAS", "ID", "SCHEMA", "SEARCH_INDEX", "SHA256", "Instant",
    "addresses", "block_keys", "changes", "comparisons", "documents", "events", "facts", "floods",
    "head_entries", "heads", "leases", "limits", "metadata", "notices", "pages", "passages", "playbacks", "quiets",
    "readings", "recipients", "snapshots", "statements", "subscriptions", "suppressions", "takedowns", "tallies",
    "texts", "tokens", "tombstones", "vendors", "version_links", "versions", "watches",
]  # fmt: skip
