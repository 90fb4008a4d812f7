"""Room for texts, findings and signals on pages. ``archive.repacking`` fills it before 0007 drops what they were in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.tables import SEARCH_INDEX

revision = "0007_begun"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drop_search()
    _create_pages()
    op.add_column("texts", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("texts", sa.Column("listed", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_texts_number"), "texts", ["number"], unique=True)
    _create_facts()
    _create_passages()
    for table, column in (("comparisons", "sections"), ("readings", "signals")):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO old_{column}")
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    op.add_column("comparisons", sa.Column("findings", sa.Integer(), nullable=True))
    op.add_column("comparisons", sa.Column("kinds", sa.Text(), nullable=True))


def _drop_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER blocks_search_came")
        op.execute("DROP TRIGGER blocks_search_went")
        op.execute("DROP TABLE blocks_search")
    else:
        op.execute("DROP INDEX ix_blocks_search")


def _create_pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_table(
        "block_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "block", name=op.f("pk_block_keys")),
        sqlite_with_rowid=False,
    )
    for statement in SEARCH_INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_facts() -> None:
    op.drop_index(op.f("ix_facts_kind_value"), "facts")
    if op.get_bind().dialect.name == "postgresql":  # names of keys are those of indexes there, each of them once
        op.execute("ALTER TABLE facts RENAME CONSTRAINT pk_facts TO pk_old_facts")
    op.rename_table("facts", "old_facts")
    op.create_table(
        "statements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_key"), "statements", ["key"])
    op.create_index(op.f("ix_statements_kind_value"), "statements", ["kind", "value"])
    op.create_table(
        "facts",
        sa.Column("text", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["text"], ["texts.number"], name=op.f("fk_facts_text")),
        sa.ForeignKeyConstraint(["statement"], ["statements.id"], name=op.f("fk_facts_statement")),
        sa.PrimaryKeyConstraint("text", "ordinal", name=op.f("pk_facts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_facts_statement"), "facts", ["statement"])


def _create_passages() -> None:
    """Anew: they name blocks, which have other ids on pages."""
    op.drop_table("passages")
    op.create_table(
        "passages",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_passages_document")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_passages_version")),
        sa.PrimaryKeyConstraint("document", "block", "version", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_block"), "passages", ["block"])
    op.create_index(op.f("ix_passages_version"), "passages", ["version"])
