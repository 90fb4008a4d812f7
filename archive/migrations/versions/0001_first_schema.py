"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_blocks()
    _create_subscriptions()
    _create_texts()
    _create_tombstones()
    _create_vendors()
    _create_documents()
    _create_facts()
    _create_addresses()
    _create_versions()
    _create_comparisons()
    _create_snapshots()
    _create_findings()
    _create_notices()
    _create_readings()


def _create_blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("breaks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("sha256", name=op.f("uq_blocks_sha256")),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_email"), "subscriptions", ["email"], unique=False)
    op.create_index(op.f("ix_subscriptions_state"), "subscriptions", ["state"], unique=False)


def _create_texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("normaliser", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_tombstones")),
    )


def _create_vendors() -> None:
    op.create_table(
        "vendors",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_vendors")),
    )


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("render", sa.String(length=8), nullable=False),
        sa.Column("include", sa.Text(), nullable=True),
        sa.Column("exclude", sa.Text(), nullable=True),
        sa.Column("interval_hours", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("chain_length", sa.Integer(), nullable=False),
        sa.Column("is_unsettled", sa.Boolean(), nullable=False),
        sa.Column("normaliser", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["vendor"], ["vendors.slug"], name=op.f("fk_documents_vendor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("vendor", "slug", name=op.f("uq_documents_vendor_slug")),
    )
    op.create_index(op.f("ix_documents_due_at"), "documents", ["due_at"], unique=False)


def _create_facts() -> None:
    op.create_table(
        "facts",
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_facts_text")),
        sa.PrimaryKeyConstraint("text", "ordinal", name=op.f("pk_facts")),
    )
    op.create_index(op.f("ix_facts_kind_value"), "facts", ["kind", "value"], unique=False)


def _create_addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_addresses_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_document"), "addresses", ["document"], unique=False)
    op.create_index(op.f("ix_addresses_url"), "addresses", ["url"], unique=False)


def _create_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_versions_document")),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_versions_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_document_first_at"), "versions", ["document", "first_at"], unique=False)


def _create_comparisons() -> None:
    op.create_table(
        "comparisons",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("before_text", sa.String(length=64), nullable=False),
        sa.Column("after_text", sa.String(length=64), nullable=False),
        sa.Column("after_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("material", sa.Boolean(), nullable=False),
        sa.Column("is_classified", sa.Boolean(), nullable=False),
        sa.Column("artefact", sa.Boolean(), nullable=False),
        sa.Column("artefact_reason", sa.Text(), nullable=True),
        sa.Column("severity", sa.String(length=8), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("sections", sa.LargeBinary(), nullable=False),
        sa.Column("differ", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["after"], ["versions.id"], name=op.f("fk_comparisons_after")),
        sa.ForeignKeyConstraint(["after_text"], ["texts.id"], name=op.f("fk_comparisons_after_text")),
        sa.ForeignKeyConstraint(["before"], ["versions.id"], name=op.f("fk_comparisons_before")),
        sa.ForeignKeyConstraint(["before_text"], ["texts.id"], name=op.f("fk_comparisons_before_text")),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_comparisons_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparisons")),
    )
    op.create_index(op.f("ix_comparisons_after"), "comparisons", ["after"], unique=False)
    op.create_index(op.f("ix_comparisons_after_at"), "comparisons", ["after_at"], unique=False)
    op.create_index(op.f("ix_comparisons_document_after_at"), "comparisons", ["document", "after_at"], unique=False)


def _create_snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("is_upgrade", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=16), nullable=True),
        sa.Column("fault_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_snapshots_document")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_snapshots_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("document", "position", name=op.f("uq_snapshots_document_position")),
    )
    op.create_index(op.f("ix_snapshots_document_captured_at"), "snapshots", ["document", "captured_at"], unique=False)
    op.create_index(op.f("ix_snapshots_sha256"), "snapshots", ["sha256"], unique=False)
    op.create_index(op.f("ix_snapshots_version"), "snapshots", ["version"], unique=False)


def _create_findings() -> None:
    op.create_table(
        "findings",
        sa.Column("comparison", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("effect", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("section", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("before_quote", sa.Text(), nullable=True),
        sa.Column("before_start", sa.Integer(), nullable=True),
        sa.Column("before_end", sa.Integer(), nullable=True),
        sa.Column("after_quote", sa.Text(), nullable=True),
        sa.Column("after_start", sa.Integer(), nullable=True),
        sa.Column("after_end", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comparison"], ["comparisons.id"], name=op.f("fk_findings_comparison"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comparison", "ordinal", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_kind"), "findings", ["kind"], unique=False)


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("subscription", sa.String(length=16), nullable=False),
        sa.Column("comparison", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["comparison"], ["comparisons.id"], name=op.f("fk_notices_comparison")),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name=op.f("fk_notices_subscription")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_notices_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("subscription", "version", name=op.f("uq_notices_subscription_version")),
    )
    op.create_index(op.f("ix_notices_state_due_at"), "notices", ["state", "due_at"], unique=False)


def _create_readings() -> None:
    op.create_table(
        "readings",
        sa.Column("snapshot", sa.String(length=16), nullable=False),
        sa.Column("normaliser", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("fault", sa.String(length=16), nullable=True),
        sa.Column("fault_reason", sa.Text(), nullable=True),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshots.id"], name=op.f("fk_readings_snapshot")),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_readings_text")),
        sa.PrimaryKeyConstraint("snapshot", name=op.f("pk_readings")),
    )
