"""Every table of the desk, as SQLAlchemy Core. The hot statements name the same columns in plain SQL."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)

from bot.storage.types import BigId, Exact, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_JSON = JSON(none_as_null=True)
_ZERO = text("0")

# Rows of these are rewritten on every turn; the room lets PostgreSQL do it inside the page (HOT).
_REWRITTEN = {"fillfactor": 70}

# Reference data ----------------------------------------------------------------------------------------

outlets = Table(
    "outlets",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("delivery_days", _JSON, nullable=False),
    Column("payment_terms_days", Integer, nullable=False),
    Column("price_list", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("position", Integer, nullable=False),
)

# `source`: "file" rows are replaced by the next import, "link" rows were learnt in a chat and stay.
contacts = Table(
    "contacts",
    metadata,
    Column("identity", Text, primary_key=True),
    Column("outlet", ForeignKey("outlets.code"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("linked_at", Moment, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("pieces_per_unit", Integer, nullable=False),
    Column("price", Exact, nullable=False),
    Column("currency", Text, nullable=False),
    Column("min_quantity", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
)

# `source`: "file" rows are replaced by the next import, "staff" rows are corrections and stay.
aliases = Table(
    "aliases",
    metadata,
    Column("sku", ForeignKey("products.sku"), primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("position", Integer, nullable=False),
)

prices = Table(
    "prices",
    metadata,
    Column("price_list", Text, primary_key=True),
    Column("sku", ForeignKey("products.sku"), primary_key=True),
    Column("price", Exact, nullable=False),
)

zones = Table(
    "zones",
    metadata,
    Column("name", Text, primary_key=True),
    Column("delivery_days", _JSON, nullable=False),
    Column("cut_off", Time, nullable=False),
    Column("lead_days", Integer, nullable=False),
    Column("minimum_order", Exact, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    Column("code", Text, primary_key=True),
    Column("outlet", ForeignKey("outlets.code"), nullable=False),
    Column("expires_at", Moment),
    Column("max_uses", Integer, nullable=False),
    Column("uses", Integer, nullable=False, server_default=_ZERO),
    Column("revoked", Boolean, nullable=False, server_default=false()),
    CheckConstraint("uses <= max_uses", name="uses"),
)

# One row: goes up with every import and every new link, so that a cached snapshot knows its age.
reference_version = Table(
    "reference_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigId, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# Numbers handed out in blocks ("order").
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigId, nullable=False),
)

# Chats -------------------------------------------------------------------------------------------------

# The session and the lease live in the chat's row, so that a turn locks and writes one row.
# `revision` goes up with every write, which tells a statement that its snapshot was behind its lock.
# `reach` says why nothing can be sent to it ("blocked", "opted out"), as of `reach_at`; null where all is well.
chats = Table(
    "chats",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("session", Text),
    Column("last_seq", Integer, nullable=False, server_default=_ZERO),
    Column("revision", BigId, nullable=False, server_default=_ZERO),
    Column("fence", BigId, nullable=False, server_default=_ZERO),
    Column("lease_owner", Text),
    Column("lease_turn", Text),
    Column("lease_until", Moment),
    Column("reach", Text),
    Column("reach_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    postgresql_with=_REWRITTEN,
)

# The full log. `state` of an inbound message: waiting, answered, parked; of an outbound one: how far it got.
# `provider_id` of an outbound one is where a person wrote it, if that was with a provider: it is said once.
messages = Table(
    "messages",
    metadata,
    Column("chat_id", ForeignKey("chats.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("choices", _JSON),
    Column("choice_id", Text),
    Column("quoted", Text),
    Column("understood", _JSON),
    Column("provider_id", Text),
    Column("turn_id", Text),
    Column("state", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("direction IN ('in', 'out')", name="direction"),
    postgresql_with=_REWRITTEN,
)

_SAID = text("direction = 'out' AND provider_id IS NOT NULL")
Index("ix_messages_source", messages.c.provider_id, unique=True, postgresql_where=_SAID, sqlite_where=_SAID)

drafts = Table(
    "drafts",
    metadata,
    Column("chat_id", ForeignKey("chats.id"), primary_key=True, autoincrement=False),
    Column("draft_id", Text, nullable=False),
    Column("draft", _JSON, nullable=False),
    Column("updated_at", Moment, nullable=False),
    postgresql_with=_REWRITTEN,
)

# `seq` is the message's place in the chat's log; `turn_id` is the last turn that was opened on the row.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("chat_id", ForeignKey("chats.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("payload", _JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("turn_id", Text),
    Column("body", _JSON),
    Column("trace", Text),
    UniqueConstraint("channel", "provider_id"),
    CheckConstraint("state IN ('waiting', 'answered', 'parked', 'dropped')", name="state"),
    postgresql_with=_REWRITTEN,
)
for _state in ("waiting", "parked"):
    Index(
        f"ix_inbox_{_state}",
        inbox.c.chat_id,
        inbox.c.id,
        postgresql_where=text(f"state = '{_state}'"),
        sqlite_where=text(f"state = '{_state}'"),
    )

# Orders ------------------------------------------------------------------------------------------------

# A draft is ordered at most once: `draft_id` is unique and stays the first one when the order is amended.
orders = Table(
    "orders",
    metadata,
    Column("number", Text, primary_key=True),
    Column("draft_id", Text, unique=True),
    Column("outlet", ForeignKey("outlets.code")),
    Column("chat_id", ForeignKey("chats.id")),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("tax_rate", Exact, nullable=False),
    Column("subtotal", Exact, nullable=False),
    Column("tax", Exact, nullable=False),
    Column("total", Exact, nullable=False),
    Column("delivery_date", Date),
    Column("delivery_window", Text),
    Column("notes", _JSON, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", Moment),
    Column("updated_at", Moment, nullable=False),
    Index("ix_orders_outlet_placed_at", "outlet", "placed_at"),
    Index("ix_orders_delivery_date", "delivery_date", "outlet"),
)

# The lines of every version are kept; an order's own are those of its current version.
order_lines = Table(
    "order_lines",
    metadata,
    Column("order_number", ForeignKey("orders.number"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("pieces_per_unit", Integer, nullable=False),
    Column("unit_price", Exact, nullable=False),
    Column("line_total", Exact, nullable=False),
)

invoices = Table(
    "invoices",
    metadata,
    Column("number", Text, primary_key=True),
    Column("order_number", ForeignKey("orders.number"), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("paid_on", Date),
    Column("snapshot", _JSON, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# Outbox ------------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("lane", Text, nullable=False),
    Column("payload", _JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    Column("due_at", Moment, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Moment),
    Column("last_error", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('waiting', 'done', 'parked', 'dropped')", name="state"),
    postgresql_with=_REWRITTEN,
)
for _state in ("waiting", "parked"):
    Index(
        f"ix_outbox_{_state}",
        outbox.c.lane,
        outbox.c.id,
        postgresql_where=text(f"state = '{_state}'"),
        sqlite_where=text(f"state = '{_state}'"),
    )

# What was sent on a channel, one row a part. `provider_id` is null from before the send until its answer.
deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("channel", Text, nullable=False),
    Column("chat_key", Text, nullable=False),
    Column("provider_id", Text),
    Column("status", Text, nullable=False),
    Column("error_code", Text),
    Column("error", Text),
    Column("note", _JSON, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("channel", "provider_id"),
    CheckConstraint("status IN ('sending', 'sent', 'delivered', 'read', 'failed')", name="status"),
    Index("ix_deliveries_chat_key", "chat_key", "begun_at"),
)

# Reusable content at a provider (WhatsApp pickers), by our name for it.
provider_contents = Table(
    "provider_contents",
    metadata,
    Column("name", Text, primary_key=True),
    Column("provider_id", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# What the language model has cost: one row a day (of the supplier's) and model. `micro_usd` holds the estimates
# of calls under way as well; `estimated_calls` are those whose tokens the provider did not tell.
model_spend = Table(
    "model_spend",
    metadata,
    Column("day", Date, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("estimated_calls", Integer, nullable=False),
    Column("input_tokens", BigId, nullable=False),
    Column("output_tokens", BigId, nullable=False),
    Column("micro_usd", BigId, nullable=False),
)

# Xero --------------------------------------------------------------------------------------------------

# One row: the connection to an organisation. `tokens` is encrypted; `generation` goes up with each set of them, so
# that a process knows that another has refreshed. `owner` refreshes until `owned_until`. `rest_until` is when Xero
# may be called again after a 429, for all processes.
xero_connection = Table(
    "xero_connection",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("tenant_id", Text),
    Column("tenant_name", Text),
    Column("scopes", Text),
    Column("tokens", Text),
    Column("generation", BigId, nullable=False, server_default=_ZERO),
    Column("access_until", Moment),
    Column("refreshed_at", Moment),
    Column("owner", Text),
    Column("owned_until", Moment),
    Column("rest_until", Moment),
    Column("rest_reason", Text),
    Column("limit_told_at", Moment),
    Column("polled_at", Moment),
    Column("connected_at", Moment),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("state IN ('connected', 'lost')", name="state"),
)

# Connections being made: the digest of a `state` that was handed out, and what the callback needs to know.
xero_authorizations = Table(
    "xero_authorizations",
    metadata,
    Column("state_digest", Text, primary_key=True),
    Column("redirect_uri", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("outcome", Text),
    Column("expires_at", Moment, nullable=False),
)

# The calls of the last day, for the limits that all processes share. One without an end by `until` died.
xero_calls = Table(
    "xero_calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("until", Moment),
    Index("ix_xero_calls_tenant_id", "tenant_id", "began_at"),
)

xero_contacts = Table(
    "xero_contacts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("outlet", ForeignKey("outlets.code"), primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# An order's invoice at Xero. `revision` counts invoices of the order (a sent one is credited and made anew); `version`
# is the order's version that Xero has, `intended` the one that a call may have brought there. `digest` is of what we
# wrote last, so that a change by a bookkeeper is seen, and `intended_digest` of what that call was to write.
# `state`: "new", "unsure", "synced", "parked".
xero_invoices = Table(
    "xero_invoices",
    metadata,
    Column("order_number", ForeignKey("orders.number"), primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("invoice_id", Text),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=_ZERO),
    Column("intended", Integer, nullable=False, server_default=_ZERO),
    Column("digest", Text),
    Column("intended_digest", Text),
    Column("xero_status", Text),
    Column("currency", Text),
    Column("total", Exact),
    Column("amount_due", Exact),
    Column("paid", Exact),
    Column("credited", Exact),
    Column("due_on", Date),
    Column("issued_on", Date),
    Column("paid_on", Date),
    Column("sent", Boolean, nullable=False, server_default=false()),
    Column("difference", Text),
    Column("changed_at", Moment),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('new', 'unsure', 'synced', 'parked')", name="state"),
    Index("ix_xero_invoices_invoice_id", "invoice_id"),
    Index("ix_xero_invoices_number", "number"),
)

# Credit notes that take back an invoice that was sent already. `number` is made from the invoice's.
xero_credit_notes = Table(
    "xero_credit_notes",
    metadata,
    Column("number", Text, primary_key=True),
    Column("order_number", ForeignKey("orders.number"), nullable=False),
    Column("invoice_number", Text, nullable=False),
    Column("credit_note_id", Text),
    Column("total", Exact, nullable=False),
    Column("allocated", Exact, nullable=False),
    Column("state", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_xero_credit_notes_order_number", "order_number"),
)

# Reminders ---------------------------------------------------------------------------------------------

# One row an outlet, kind and day, whoever ticks. `state`: "due" (handed to a chat), "said", "skipped", "missed".
# `handed` are the chats in turn: {"chat": its key, "id": provider id in `inbox`, "failed": why not said there}.
reminders = Table(
    "reminders",
    metadata,
    Column("outlet", ForeignKey("outlets.code"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Column("handed", _JSON, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("useful_until", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('due', 'said', 'skipped', 'missed')", name="state"),
    Index("ix_reminders_due_at", "due_at"),
)
_DUE = text("state = 'due'")
Index("ix_reminders_due", reminders.c.made_at, postgresql_where=_DUE, sqlite_where=_DUE)

# What an outlet does not want, or (the kinds that are opt in) wants. `kind` "" stands for all.
reminder_choices = Table(
    "reminder_choices",
    metadata,
    Column("outlet", ForeignKey("outlets.code"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# Short, damaged or wrong goods that a customer reported, for staff to settle. `told` are the turns that told of it, as
# [chat id, turn id]: what was sent with them belongs to it. `note` is what staff settled it with, `settled_at` null
# while it is open. What is told after that opens it again, and the note stays.
claims = Table(
    "claims",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_number", ForeignKey("orders.number"), nullable=False),
    Column("chat_id", ForeignKey("chats.id"), nullable=False),
    Column("outlet", ForeignKey("outlets.code"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("sku", Text),
    Column("said", Text, nullable=False),
    Column("told", _JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text),
    Column("settled_at", Moment),
    Column("made_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('open', 'settled')", name="state"),
    Index("ix_claims_order_number", "order_number"),
    Index("ix_claims_made_at", "made_at"),
)
