"""Reminders, who wants them, claims about deliveries, and when an invoice of the ledger was paid."""

import sqlalchemy as sa
from alembic import op

from bot.storage.types import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reminder_choices",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_reminder_choices_outlet_outlets")),
        sa.PrimaryKeyConstraint("outlet", "kind", name=op.f("pk_reminder_choices")),
    )
    op.create_table(
        "reminders",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("handed", sa.JSON(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("useful_until", Moment(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('due', 'said', 'skipped', 'missed')", name=op.f("ck_reminders_state")),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_reminders_outlet_outlets")),
        sa.PrimaryKeyConstraint("outlet", "kind", "day", name=op.f("pk_reminders")),
    )
    op.create_index("ix_reminders_due_at", "reminders", ["due_at"])
    due = sa.text("state = 'due'")
    op.create_index("ix_reminders_due", "reminders", ["made_at"], postgresql_where=due, sqlite_where=due)
    op.create_index("ix_orders_delivery_date", "orders", ["delivery_date", "outlet"])
    op.create_table(
        "claims",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'settled')", name=op.f("ck_claims_state")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_claims_chat_id_chats")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_claims_order_number_orders")),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_claims_outlet_outlets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_order_number", "claims", ["order_number"], unique=False)
    op.create_index("ix_claims_made_at", "claims", ["made_at"], unique=False)
    op.add_column("invoices", sa.Column("paid_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("invoices", "paid_on")
    op.drop_index("ix_orders_delivery_date", "orders")
    op.drop_table("claims")
    op.drop_table("reminders")
    op.drop_table("reminder_choices")
