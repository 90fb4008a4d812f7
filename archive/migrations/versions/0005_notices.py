"""What a subscriber chose beside the rule, mails as they were first made, and who is not to be written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("zone", sa.Text(), nullable=False, server_default="UTC"))
    op.add_column("subscriptions", sa.Column("hour", sa.Integer(), nullable=False, server_default="7"))
    op.add_column("subscriptions", sa.Column("is_quiet_told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("subscriptions", sa.Column("webhook", sa.Text(), nullable=True))
    op.add_column("subscriptions", sa.Column("bounces", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("subscriptions", sa.Column("changed_at", INSTANT, nullable=True))
    op.add_column("subscriptions", sa.Column("quiet_at", INSTANT, nullable=True))
    op.create_index(op.f("ix_subscriptions_changed_at"), "subscriptions", ["changed_at"])
    op.create_index(op.f("ix_subscriptions_quiet_at"), "subscriptions", ["quiet_at"])
    op.create_index("ix_subscriptions_lower_email", "subscriptions", [sa.text("lower(email)")])
    op.add_column("notices", sa.Column("mail", sa.String(length=16), nullable=True))
    op.add_column("notices", sa.Column("tried_at", INSTANT, nullable=True))
    for column in ("mail", "version", "comparison"):
        op.create_index(op.f(f"ix_notices_{column}"), "notices", [column])
    make_quiets()
    make_floods()
    make_lists()


def make_quiets() -> None:
    op.create_table(
        "quiets",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("subscription", sa.String(length=16), nullable=False),
        sa.Column("digest_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name=op.f("fk_quiets_subscription")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiets")),
        sa.UniqueConstraint("subscription", "digest_at", name=op.f("uq_quiets_subscription_digest_at")),
    )
    op.create_index(op.f("ix_quiets_state_due_at"), "quiets", ["state", "due_at"])


def make_floods() -> None:
    op.create_table(
        "floods",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("subscribers", sa.Integer(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("allowed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floods")),
    )
    op.create_index(op.f("ix_floods_ended_at"), "floods", ["ended_at"])


def make_lists() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_received_at"), "events", ["received_at"])
