"""What was sent on which channel and how far it got; whether a chat can be reached; content kept at a provider."""

import sqlalchemy as sa
from alembic import op

from bot.storage.types import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SAID = "direction = 'out' AND provider_id IS NOT NULL"


def upgrade() -> None:
    """Apply."""
    op.add_column("chats", sa.Column("reach", sa.Text()))
    op.add_column("chats", sa.Column("reach_at", Moment()))
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat_key", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("note", sa.JSON(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "status IN ('sending', 'sent', 'delivered', 'read', 'failed')", name=op.f("ck_deliveries_status")
        ),
        sa.PrimaryKeyConstraint("key", "part", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("channel", "provider_id", name=op.f("uq_deliveries_channel_provider_id")),
    )
    op.create_index("ix_deliveries_chat_key", "deliveries", ["chat_key", "begun_at"])
    op.create_index(
        "ix_messages_source",
        "messages",
        ["provider_id"],
        unique=True,
        postgresql_where=sa.text(_SAID),
        sqlite_where=sa.text(_SAID),
    )
    op.create_table(
        "provider_contents",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_contents")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_messages_source", "messages")
    op.drop_table("provider_contents")
    op.drop_table("deliveries")
    op.drop_column("chats", "reach_at")
    op.drop_column("chats", "reach")
