"""Why a comparison is in its state, and the days that its texts state for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comparisons", sa.Column("state_reason", sa.Text(), nullable=True))
    op.add_column("comparisons", sa.Column("stated", sa.JSON(none_as_null=True), nullable=True))
