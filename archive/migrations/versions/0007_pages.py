"""What ``archive.repacking`` has carried to pages is dropped where it was."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0007_begun"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("findings", "old_facts", "blocks"):
        op.drop_table(table)
    # in place: these tables are named by others, and cannot be made anew while they are
    for table, column in (("texts", "blocks"), ("comparisons", "old_sections"), ("readings", "old_signals")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
