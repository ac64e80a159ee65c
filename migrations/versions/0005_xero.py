"""The connection to Xero, and what of the orders is there."""

import sqlalchemy as sa
from alembic import op

from bot.storage.types import Exact, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "xero_authorizations",
        sa.Column("state_digest", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_xero_authorizations")),
    )
    op.create_table(
        "xero_calls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xero_calls")),
    )
    op.create_index("ix_xero_calls_tenant_id", "xero_calls", ["tenant_id", "began_at"], unique=False)
    op.create_table(
        "xero_connection",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tenant_id", sa.Text(), nullable=True),
        sa.Column("tenant_name", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("tokens", sa.Text(), nullable=True),
        sa.Column(
            "generation",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column("access_until", Moment(), nullable=True),
        sa.Column("refreshed_at", Moment(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("owned_until", Moment(), nullable=True),
        sa.Column("rest_until", Moment(), nullable=True),
        sa.Column("rest_reason", sa.Text(), nullable=True),
        sa.Column("limit_told_at", Moment(), nullable=True),
        sa.Column("polled_at", Moment(), nullable=True),
        sa.Column("connected_at", Moment(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('connected', 'lost')", name=op.f("ck_xero_connection_state")),
        sa.CheckConstraint("id = 1", name=op.f("ck_xero_connection_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xero_connection")),
    )
    op.create_table(
        "xero_contacts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_xero_contacts_outlet_outlets")),
        sa.PrimaryKeyConstraint("tenant_id", "outlet", name=op.f("pk_xero_contacts")),
    )
    op.create_table(
        "xero_credit_notes",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("credit_note_id", sa.Text(), nullable=True),
        sa.Column("total", Exact(), nullable=False),
        sa.Column("allocated", Exact(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_xero_credit_notes_order_number_orders")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_xero_credit_notes")),
    )
    op.create_index("ix_xero_credit_notes_order_number", "xero_credit_notes", ["order_number"], unique=False)
    op.create_table(
        "xero_invoices",
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("intended", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("intended_digest", sa.Text(), nullable=True),
        sa.Column("xero_status", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("total", Exact(), nullable=True),
        sa.Column("amount_due", Exact(), nullable=True),
        sa.Column("paid", Exact(), nullable=True),
        sa.Column("credited", Exact(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("sent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('new', 'unsure', 'synced', 'parked')", name=op.f("ck_xero_invoices_state")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_xero_invoices_order_number_orders")),
        sa.PrimaryKeyConstraint("order_number", name=op.f("pk_xero_invoices")),
    )
    op.create_index("ix_xero_invoices_invoice_id", "xero_invoices", ["invoice_id"], unique=False)
    op.create_index("ix_xero_invoices_number", "xero_invoices", ["number"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("xero_invoices")
    op.drop_table("xero_credit_notes")
    op.drop_table("xero_contacts")
    op.drop_table("xero_connection")
    op.drop_table("xero_calls")
    op.drop_table("xero_authorizations")
