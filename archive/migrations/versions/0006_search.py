"""When each block stood in a document, an index to find its words, what lists would count and seek at every look, and
tokens. ``archive.database.migrate`` fills in the past."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_passages()
    _create_tallies()
    _create_tokens()
    _create_recipients()
    _create_heads()
    _create_takedowns()
    _create_changes()
    op.add_column("comparisons", sa.Column("changed_words", sa.Integer(), nullable=True))
    _create_indexes()
    _create_search()


def _create_passages() -> None:
    op.create_table(
        "passages",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_passages_document")),
        sa.ForeignKeyConstraint(["block"], ["blocks.id"], name=op.f("fk_passages_block")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_passages_version")),
        sa.PrimaryKeyConstraint("document", "block", "version", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_block"), "passages", ["block"])
    op.create_index(op.f("ix_passages_version"), "passages", ["version"])


def _create_tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_tallies_document")),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_tallies")),
    )


def _create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vendor", name=op.f("pk_changes")),
    )


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
    )


def _create_recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_recipients_document")),
        sa.PrimaryKeyConstraint("name", "document", name=op.f("pk_recipients")),
    )
    op.execute(
        "INSERT INTO recipients (name, document) SELECT DISTINCT facts.value, versions.document FROM facts "
        "JOIN versions ON versions.text = facts.text WHERE facts.kind = 'recipient'"
    )


def _create_indexes() -> None:
    """For what lists count and seek at every look."""
    op.create_index(op.f("ix_documents_type"), "documents", ["type"])
    own = ["document", "material", "state", "after_at"]
    op.create_index(op.f("ix_comparisons_document_material_state_after_at"), "comparisons", own)
    unread = ["is_classified", "state", "after_at"]
    op.create_index(op.f("ix_comparisons_is_classified_state_after_at"), "comparisons", unread)
    op.create_index(op.f("ix_comparisons_notify_after_at"), "comparisons", ["notify", "after_at"])
    op.create_index(op.f("ix_vendors_name_slug"), "vendors", ["name", "slug"])
    op.create_index(op.f("ix_versions_text"), "versions", ["text"])
    op.create_index(op.f("ix_comparisons_material_state_after_at"), "comparisons", ["material", "state", "after_at"])


_SEARCH_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE blocks_search USING fts5("
        "text, content='blocks', content_rowid='id', tokenize=\"unicode61 remove_diacritics 0\")",
        "CREATE TRIGGER blocks_search_came AFTER INSERT ON blocks BEGIN "
        "INSERT INTO blocks_search(rowid, text) VALUES (new.id, new.text); END",
        "CREATE TRIGGER blocks_search_went AFTER DELETE ON blocks BEGIN "
        "INSERT INTO blocks_search(blocks_search, rowid, text) VALUES ('delete', old.id, old.text); END",
        "INSERT INTO blocks_search(blocks_search) VALUES ('rebuild')",
    ),
    "postgresql": ("CREATE INDEX ix_blocks_search ON blocks USING gin (to_tsvector('simple', text))",),
}


def _create_search() -> None:
    for statement in _SEARCH_INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_heads() -> None:
    op.create_table(
        "version_links",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_version_links_document")),
        sa.PrimaryKeyConstraint("document", "position", name=op.f("pk_version_links")),
    )
    op.create_index(op.f("ix_version_links_version"), "version_links", ["version"])
    op.create_table(
        "heads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_heads")),
    )
    op.create_table(
        "head_entries",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("version_chain", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_head_entries_document")),
        sa.ForeignKeyConstraint(["day"], ["heads.day"], name=op.f("fk_head_entries_day")),
        sa.PrimaryKeyConstraint("document", "day", name=op.f("pk_head_entries")),
    )
    op.create_index(op.f("ix_head_entries_day"), "head_entries", ["day"])


def _create_takedowns() -> None:
    op.create_table(
        "takedowns",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_takedowns_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedowns")),
    )
    op.create_index(op.f("ix_takedowns_document_first_at"), "takedowns", ["document", "first_at"])
