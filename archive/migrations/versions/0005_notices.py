"""What a subscriber chose beside the rule, mails as they were first made, and who is not to be written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("zone", sa.Text(), nullable=False, server_default="UTC"))
    op.add_column("subscriptions", sa.Column("hour", sa.Integer(), nullable=False, server_default="7"))
    op.add_column("subscriptions", sa.Column("is_quiet_told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("notices", sa.Column("mail", sa.String(length=16), nullable=True))
