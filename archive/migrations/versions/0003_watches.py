"""How the watch over each document goes: its last good look, and what failed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GOOD_LOOKS = """
    INSERT INTO watches (document, last_good_at, failures)
    SELECT document, MAX(seen_at), 0 FROM snapshots WHERE is_live AND version IS NOT NULL GROUP BY document
"""


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("document", sa.String(length=16), nullable=False),
        sa.Column("last_good_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_watches_document")),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_watches")),
    )
    op.execute(GOOD_LOOKS)
