"""The hot statements for SQLite. A batch is a few statements over JSON rows inside one transaction.

The transaction is exclusive from its first statement on (BEGIN IMMEDIATE), so what is read before a write
still holds when it is made. Few large statements rather than many small ones: each call into SQLite hands
the interpreter's lock to the event loop and has to wait to get it back. CROSS JOIN fixes the order of a
join: from the rows of the batch to the stored rows, by index.
"""


def _rows(*columns: str) -> str:
    """The batch (parameter `rows`) as a table."""
    extracted = ", ".join(f"json_extract(value, '$.{column}') AS {column}" for column in columns)
    return f"(SELECT {extracted} FROM json_each(:rows))"


_ACCEPTED = _rows("ord", "key", "channel", "provider_id", "received_at", "payload", "turn_id", "fresh")

KNOWN = f"""
SELECT json_group_array(json_array(i.ord, b.id, b.chat_id, b.state, b.body))
FROM {_rows("ord", "channel", "provider_id")} i
CROSS JOIN inbox b ON b.channel = i.channel AND b.provider_id = i.provider_id
"""

_FREE = """(excluded.lease_owner IS NOT NULL AND lease_turn IS NOT excluded.lease_turn
            AND (lease_owner IS NULL OR lease_until < :now))"""

# What the desk says by itself moves no chat: `moved_at` is NULL then, and it stays where it is in the staff's list.
CHAT = f"""
INSERT INTO chats (key, channel, sender, session_id, last_seq, revision, fence,
                   lease_owner, lease_turn, lease_until, created_at, updated_at)
SELECT key, channel, sender, session_id, fresh, 1, owner IS NOT NULL, owner, turn_id,
       CASE WHEN owner IS NOT NULL THEN :until END, received_at,
       coalesce(moved_at, (SELECT c.updated_at FROM chats c WHERE c.key = i.key), received_at)
FROM {_rows("key", "channel", "sender", "session_id", "owner", "turn_id", "received_at", "moved_at", "fresh")} i
WHERE true
ON CONFLICT (key) DO UPDATE SET
    last_seq = last_seq + excluded.last_seq,
    revision = revision + 1,
    fence = fence + {_FREE},
    lease_owner = CASE WHEN {_FREE} THEN excluded.lease_owner ELSE lease_owner END,
    lease_turn = CASE WHEN {_FREE} THEN excluded.lease_turn ELSE lease_turn END,
    lease_until = CASE WHEN {_FREE} THEN excluded.lease_until ELSE lease_until END,
    updated_at = max(updated_at, excluded.updated_at)
"""

LOGGED = f"""
INSERT INTO messages (chat_id, seq, direction, text, choice_id, quoted, provider_id, state, at)
SELECT c.id, c.last_seq, 'in', json_extract(i.payload, '$.text'), json_extract(i.payload, '$.choice_id'),
       json_extract(i.payload, '$.quoted'), i.provider_id, 'waiting', i.received_at
FROM {_ACCEPTED} i CROSS JOIN chats c ON c.key = i.key WHERE i.fresh
"""

RECEIVED = f"""
INSERT INTO inbox (channel, provider_id, chat_id, seq, received_at, payload, attempts, state)
SELECT i.channel, i.provider_id, c.id, c.last_seq, i.received_at, i.payload, 0, 'waiting'
FROM {_ACCEPTED} i CROSS JOIN chats c ON c.key = i.key WHERE i.fresh
"""

_WAITING = """
(SELECT json_group_array(json_array(id, provider_id, received_at, json(payload), attempts))
 FROM (SELECT * FROM inbox w WHERE w.chat_id = c.id AND w.state = 'waiting' ORDER BY w.seq))"""

ACCEPTED = f"""
SELECT json_group_array(json_array(i.ord, b.id, c.id, c.lease_turn IS i.turn_id AND i.turn_id IS NOT NULL,
       c.fence, c.session, (SELECT version FROM reference_version),
       CASE WHEN c.lease_turn IS i.turn_id AND i.turn_id IS NOT NULL THEN json({_WAITING}) END))
FROM {_ACCEPTED} i CROSS JOIN chats c ON c.key = i.key
CROSS JOIN inbox b ON b.channel = i.channel AND b.provider_id = i.provider_id
"""

LEASED = f"""
UPDATE chats SET revision = chats.revision + 1, fence = chats.fence + (chats.lease_turn IS NOT i.turn_id),
    lease_owner = i.owner, lease_turn = i.turn_id, lease_until = :until
FROM {_rows("chat_id", "owner", "turn_id")} i
WHERE chats.id = i.chat_id AND (chats.lease_turn = i.turn_id OR (
    (chats.lease_owner IS NULL OR chats.lease_until < :now)
    AND EXISTS (SELECT 1 FROM inbox b WHERE b.chat_id = i.chat_id AND b.state = 'waiting')))
"""

_ATTEMPTED = """
UPDATE inbox SET attempts = inbox.attempts + 1, turn_id = i.turn_id
FROM {rows} i
WHERE inbox.chat_id = (SELECT c.id FROM chats c WHERE c.{key} = i.{name} AND c.lease_turn = i.turn_id)
  AND inbox.state = 'waiting' AND inbox.turn_id IS NOT i.turn_id
"""
ATTEMPTED_BY_KEY = _ATTEMPTED.format(rows=_rows("turn_id", "key"), key="key", name="key")
ATTEMPTED_BY_ID = _ATTEMPTED.format(rows=_rows("turn_id", "chat_id"), key="id", name="chat_id")

OPENED = f"""
SELECT json_group_array(json_array(i.ord, c.channel, c.sender, c.session_id, c.fence, c.session,
       (SELECT version FROM reference_version), json({_WAITING})))
FROM {_rows("ord", "chat_id", "turn_id")} i CROSS JOIN chats c ON c.id = i.chat_id
WHERE c.lease_turn = i.turn_id
"""

SETTLE = f"""
UPDATE outbox SET state = s.state, last_error = s.error, lease_owner = NULL, lease_until = NULL,
    due_at = coalesce(s.due_at, outbox.due_at), attempts = outbox.attempts - s.held, updated_at = :now
FROM {_rows("job_id", "owner", "state", "due_at", "error", "held")} s
WHERE outbox.id = s.job_id AND outbox.state = 'waiting'
  AND (s.owner IS NULL OR outbox.lease_owner = s.owner)
"""

HELD = f"""
SELECT json_group_array(json_array(t.ord, (
    SELECT c.last_seq FROM chats c WHERE c.id = t.chat_id AND c.lease_owner = t.owner AND c.fence = t.fence
), EXISTS (
    SELECT 1 FROM inbox b WHERE b.id = t.inbox_id AND b.turn_id = t.turn_id AND b.state <> 'waiting')))
FROM (SELECT *, json_extract(inbox_ids, '$[0]') AS inbox_id
      FROM {_rows("ord", "chat_id", "owner", "fence", "turn_id", "inbox_ids")}) t
"""

ORDERS_REFUSED = f"""
SELECT json_group_array(json_array(
    w.ord, CASE WHEN w.version = 1 THEN 'already_ordered' ELSE 'order_changed' END))
FROM {_rows("ord", "number", "draft_id", "version")} w
WHERE CASE WHEN w.version = 1
    THEN EXISTS (SELECT 1 FROM orders o WHERE o.number = w.number OR o.draft_id = w.draft_id)
    ELSE NOT EXISTS (SELECT 1 FROM orders o WHERE o.number = w.number AND o.version = w.version - 1) END
"""

INVITES_REFUSED = f"""
SELECT json_group_array(json_array(u.ord, 'invite_spent'))
FROM {_rows("ord", "code", "at")} u
WHERE NOT EXISTS (SELECT 1 FROM invites v WHERE v.code = u.code AND NOT v.revoked AND v.uses < v.max_uses
                  AND (v.expires_at IS NULL OR v.expires_at > u.at))
"""

TURNS = f"""
UPDATE chats SET session = t.session, last_seq = chats.last_seq + t.replies, revision = chats.revision + 1,
    lease_owner = NULL, lease_turn = NULL, lease_until = NULL,
    updated_at = max(chats.updated_at, coalesce(t.moved_at, chats.updated_at))
FROM {_rows("chat_id", "session", "replies", "moved_at")} t WHERE chats.id = t.chat_id
"""

ANSWERED = f"""
UPDATE inbox SET state = t.state, turn_id = t.turn_id, body = t.body, trace = t.trace
FROM {_rows("inbox_id", "state", "turn_id", "body", "trace")} t
WHERE inbox.id = t.inbox_id AND inbox.state = 'waiting'
"""

READ = f"""
UPDATE messages SET turn_id = t.turn_id, state = t.state, understood = t.understood
FROM {_rows("chat_id", "inbox_id", "state", "turn_id", "understood")} t
WHERE messages.chat_id = t.chat_id AND messages.seq = (SELECT b.seq FROM inbox b WHERE b.id = t.inbox_id)
"""

REPLIED = f"""
INSERT INTO messages (chat_id, seq, direction, text, choices, understood, turn_id, state, at)
SELECT chat_id, seq, 'out', text, choices, understood, turn_id, 'sent', at
FROM {_rows("chat_id", "seq", "text", "choices", "understood", "turn_id", "at")}
"""

DRAFTED = f"""
INSERT INTO drafts (chat_id, draft_id, draft, updated_at)
SELECT chat_id, draft_id, draft, at FROM {_rows("chat_id", "draft_id", "draft", "at")} WHERE true
ON CONFLICT (chat_id) DO UPDATE SET
    draft_id = excluded.draft_id, draft = excluded.draft, updated_at = excluded.updated_at
WHERE drafts.draft <> excluded.draft
"""

UNDRAFTED = """
DELETE FROM drafts WHERE chat_id IN (SELECT json_extract(value, '$.chat_id') FROM json_each(:rows))
"""

JOBS = f"""
INSERT INTO outbox (kind, key, lane, payload, state, due_at, created_at, updated_at)
SELECT kind, key, lane, payload, 'waiting', :now, at, at
FROM {_rows("kind", "key", "lane", "payload", "at")} WHERE true
ON CONFLICT (key) DO NOTHING
"""

_ORDER = (
    "number", "draft_id", "outlet", "chat_id", "status", "version", "currency", "tax_rate", "subtotal", "tax",
    "total", "delivery_date", "delivery_window", "notes", "placed_by", "placed_at", "at",
)  # fmt: skip

PLACED = f"""
INSERT INTO orders (number, draft_id, outlet, chat_id, status, version, currency, tax_rate, subtotal, tax,
                    total, delivery_date, delivery_window, notes, placed_by, placed_at, updated_at)
SELECT {", ".join(_ORDER)} FROM {_rows(*_ORDER)} WHERE version = 1
"""

AMENDED = f"""
UPDATE orders SET outlet = w.outlet, status = w.status, version = w.version, currency = w.currency,
    tax_rate = w.tax_rate, subtotal = w.subtotal, tax = w.tax, total = w.total,
    delivery_date = w.delivery_date, delivery_window = w.delivery_window, notes = w.notes,
    placed_by = w.placed_by, placed_at = w.placed_at, updated_at = w.at
FROM {_rows(*_ORDER)} w WHERE orders.number = w.number AND w.version > 1
"""

_LINE = (
    "order_number", "version", "position", "sku", "name", "quantity", "unit", "pieces_per_unit", "unit_price",
    "line_total",
)  # fmt: skip

LINES = f"INSERT INTO order_lines ({', '.join(_LINE)}) SELECT {', '.join(_LINE)} FROM {_rows(*_LINE)}"

LINKED = f"""
INSERT INTO contacts (identity, outlet, source, linked_at)
SELECT identity, outlet, 'link', at FROM {_rows("identity", "outlet", "at")} WHERE true
ON CONFLICT (identity, outlet) DO NOTHING
"""

INVITED = f"""
UPDATE invites SET uses = invites.uses + 1 FROM {_rows("code")} u WHERE invites.code = u.code
"""

NEWS = "UPDATE reference_version SET version = version + 1"
