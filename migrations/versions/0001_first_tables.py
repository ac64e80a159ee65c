"""The first tables: reference data, chats, inbox, orders, outbox."""

import sqlalchemy as sa
from alembic import op

from bot.storage.types import BigId, Exact, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "outlets",
    "contacts",
    "products",
    "aliases",
    "prices",
    "zones",
    "invites",
    "reference_version",
    "counters",
    "chats",
    "messages",
    "drafts",
    "inbox",
    "orders",
    "order_lines",
    "invoices",
    "outbox",
)


def upgrade() -> None:
    """Apply."""
    _reference_tables()
    _chat_tables()
    _order_tables()
    _outbox()

    op.execute("INSERT INTO reference_version (id, version) VALUES (1, 1)")
    op.execute("INSERT INTO counters (name, value) VALUES ('order', 10000)")


def downgrade() -> None:
    """Take back."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _reference_tables() -> None:
    op.create_table(
        "outlets",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("delivery_days", sa.JSON(), nullable=False),
        sa.Column("payment_terms_days", sa.Integer(), nullable=False),
        sa.Column("price_list", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_outlets")),
    )
    op.create_table(
        "contacts",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("linked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_contacts_outlet_outlets")),
        sa.PrimaryKeyConstraint("identity", "outlet", name=op.f("pk_contacts")),
    )
    op.create_table(
        "products",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("pieces_per_unit", sa.Integer(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_products")),
    )
    op.create_table(
        "aliases",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_aliases_sku_products")),
        sa.PrimaryKeyConstraint("sku", "alias", name=op.f("pk_aliases")),
    )
    op.create_table(
        "prices",
        sa.Column("price_list", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_prices_sku_products")),
        sa.PrimaryKeyConstraint("price_list", "sku", name=op.f("pk_prices")),
    )
    op.create_table(
        "zones",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("delivery_days", sa.JSON(), nullable=False),
        sa.Column("cut_off", sa.Time(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("minimum_order", Exact(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_zones")),
    )
    op.create_table(
        "invites",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment()),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("uses <= max_uses", name=op.f("ck_invites_uses")),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_invites_outlet_outlets")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invites")),
    )
    op.create_table(
        "reference_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_reference_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_version")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )


def _chat_tables() -> None:
    op.create_table(
        "chats",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("session", sa.Text()),
        sa.Column("last_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("revision", BigId, server_default=sa.text("0"), nullable=False),
        sa.Column("fence", BigId, server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_turn", sa.Text()),
        sa.Column("lease_until", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sa.UniqueConstraint("key", name=op.f("uq_chats_key")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "messages",
        sa.Column("chat_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choices", sa.JSON()),
        sa.Column("choice_id", sa.Text()),
        sa.Column("quoted", sa.Text()),
        sa.Column("understood", sa.JSON()),
        sa.Column("provider_id", sa.Text()),
        sa.Column("turn_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_messages_direction")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_messages_chat_id_chats")),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_messages")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "drafts",
        sa.Column("chat_id", BigId, autoincrement=False, nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_drafts_chat_id_chats")),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_drafts")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("chat_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text()),
        sa.Column("body", sa.JSON()),
        sa.Column("trace", sa.Text()),
        sa.CheckConstraint("state IN ('waiting', 'answered', 'parked')", name=op.f("ck_inbox_state")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_inbox_chat_id_chats")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "provider_id", name=op.f("uq_inbox_channel_provider_id")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_inbox_parked",
        "inbox",
        ["chat_id", "id"],
        postgresql_where=sa.text("state = 'parked'"),
        sqlite_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["chat_id", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )


def _order_tables() -> None:
    op.create_table(
        "orders",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Text()),
        sa.Column("outlet", sa.Text()),
        sa.Column("chat_id", BigId),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tax_rate", Exact(), nullable=False),
        sa.Column("subtotal", Exact(), nullable=False),
        sa.Column("tax", Exact(), nullable=False),
        sa.Column("total", Exact(), nullable=False),
        sa.Column("delivery_date", sa.Date()),
        sa.Column("delivery_window", sa.Text()),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", Moment()),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_orders_chat_id_chats")),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.code"], name=op.f("fk_orders_outlet_outlets")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_orders")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_orders_draft_id")),
    )
    op.create_index("ix_orders_outlet_placed_at", "orders", ["outlet", "placed_at"])
    op.create_table(
        "order_lines",
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("pieces_per_unit", sa.Integer(), nullable=False),
        sa.Column("unit_price", Exact(), nullable=False),
        sa.Column("line_total", Exact(), nullable=False),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_order_lines_order_number_orders")),
        sa.PrimaryKeyConstraint("order_number", "version", "position", name=op.f("pk_order_lines")),
    )
    op.create_table(
        "invoices",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_invoices_order_number_orders")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoices")),
        sa.UniqueConstraint("order_number", name=op.f("uq_invoices_order_number")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", Moment()),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'parked')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_outbox_parked",
        "outbox",
        ["lane", "id"],
        postgresql_where=sa.text("state = 'parked'"),
        sqlite_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["lane", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
