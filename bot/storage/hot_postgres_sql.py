"""The hot statements for PostgreSQL. Each is one statement, so one round trip and one commit for a batch.

What keeps them right under READ COMMITTED:
- Chats are locked in the order of their keys by every statement, so that two batches never wait in a ring.
- A statement reads by its snapshot but locks the newest row. `revision` tells when the two differ; the
  caller then opens the turn again under the same `turn_id`, which changes nothing a second time.
- What the desk says by itself moves no chat: `moved_at` is NULL then, and it stays where it is in the staff's list.
- A refused item writes nothing because every write joins `ok`. What no lock could foresee (two drafts
  racing to one order) breaks a unique constraint, fails the batch, and is then tried item by item.
"""

# Whether an accept that wants the lease gets it now; under the same turn id it has it already.
_FREE = """(EXCLUDED.lease_owner IS NOT NULL AND c.lease_turn IS DISTINCT FROM EXCLUDED.lease_turn
                AND (c.lease_owner IS NULL OR c.lease_until < now()))"""

ACCEPT = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS i(
        ord int, key text, channel text, sender text, session_id text, provider_id text,
        received_at timestamptz, moved_at timestamptz, payload json, owner text, turn_id text)
), known AS MATERIALIZED (
    SELECT i.ord, b.id, b.chat_id, b.state, b.body
    FROM input i JOIN inbox b ON b.channel = i.channel AND b.provider_id = i.provider_id
), live AS MATERIALIZED (
    SELECT i.*, k.id IS NULL AS fresh
    FROM input i LEFT JOIN known k ON k.ord = i.ord
    WHERE k.id IS NULL OR (k.state = 'waiting' AND i.owner IS NOT NULL)
    ORDER BY i.key
), before AS MATERIALIZED (
    SELECT c.key, c.revision, c.updated_at FROM live l JOIN chats c ON c.key = l.key
), chat AS MATERIALIZED (
    INSERT INTO chats AS c (key, channel, sender, session_id, last_seq, revision, fence,
                            lease_owner, lease_turn, lease_until, created_at, updated_at)
    SELECT l.key, l.channel, l.sender, l.session_id, CASE WHEN l.fresh THEN 1 ELSE 0 END, 1,
           CASE WHEN l.owner IS NULL THEN 0 ELSE 1 END, l.owner, l.turn_id,
           CASE WHEN l.owner IS NOT NULL THEN now() + $2::interval END, l.received_at,
           COALESCE(l.moved_at, b.updated_at, l.received_at)
    FROM live l LEFT JOIN before b ON b.key = l.key ORDER BY l.key
    ON CONFLICT (key) DO UPDATE SET
        last_seq = c.last_seq + EXCLUDED.last_seq,
        revision = c.revision + 1,
        updated_at = GREATEST(c.updated_at, EXCLUDED.updated_at),
        fence = c.fence + CASE WHEN {_FREE} THEN 1 ELSE 0 END,
        lease_owner = CASE WHEN {_FREE} THEN EXCLUDED.lease_owner ELSE c.lease_owner END,
        lease_turn = CASE WHEN {_FREE} THEN EXCLUDED.lease_turn ELSE c.lease_turn END,
        lease_until = CASE WHEN {_FREE} THEN EXCLUDED.lease_until ELSE c.lease_until END
    RETURNING c.id, c.key, c.last_seq, c.revision, c.fence, c.lease_turn, c.session
), here AS MATERIALIZED (
    SELECT l.*, c.id AS chat_id, c.last_seq AS seq, c.fence, c.session,
           COALESCE(c.lease_turn = l.turn_id, false) AS took,
           c.revision = COALESCE(b.revision, 0) + 1 AS current
    FROM live l JOIN chat c ON c.key = l.key LEFT JOIN before b ON b.key = l.key
), fresh AS (
    INSERT INTO inbox (channel, provider_id, chat_id, seq, received_at, payload, attempts, state, turn_id)
    SELECT channel, provider_id, chat_id, seq, received_at, payload, CASE WHEN took THEN 1 ELSE 0 END,
           'waiting', CASE WHEN took THEN turn_id END
    FROM here WHERE fresh ORDER BY ord
    ON CONFLICT (channel, provider_id) DO NOTHING
    RETURNING id, chat_id
), logged AS (
    INSERT INTO messages (chat_id, seq, direction, text, choice_id, quoted, provider_id, state, at)
    SELECT h.chat_id, h.seq, 'in', h.payload->>'text', h.payload->>'choice_id', h.payload->>'quoted',
           h.provider_id, 'waiting', h.received_at
    FROM here h JOIN fresh f ON f.chat_id = h.chat_id
), older AS (
    UPDATE inbox b SET turn_id = h.turn_id,
        attempts = b.attempts + CASE WHEN b.turn_id IS DISTINCT FROM h.turn_id THEN 1 ELSE 0 END
    FROM here h WHERE h.took AND b.chat_id = h.chat_id AND b.state = 'waiting'
    RETURNING h.ord, b.seq, json_build_array(b.id, b.provider_id, b.received_at, b.payload, b.attempts) AS one
)
SELECT i.ord, COALESCE(f.id, k.id), COALESCE(h.chat_id, k.chat_id), k.id IS NOT NULL, k.body,
       COALESCE(h.took, false), h.current, h.fence, h.session, (SELECT version FROM reference_version),
       (SELECT json_agg(o.one ORDER BY o.seq) FROM older o WHERE o.ord = i.ord)
FROM input i LEFT JOIN known k ON k.ord = i.ord LEFT JOIN here h ON h.ord = i.ord
     LEFT JOIN fresh f ON f.chat_id = h.chat_id
"""

OPEN = """
WITH input AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS i(ord int, chat_id bigint, owner text, turn_id text)
), before AS MATERIALIZED (
    SELECT c.id, c.revision FROM input i JOIN chats c ON c.id = i.chat_id
), locked AS MATERIALIZED (
    SELECT i.*, c.revision, c.lease_turn IS NOT DISTINCT FROM i.turn_id AS mine
    FROM input i JOIN chats c ON c.id = i.chat_id
    WHERE c.lease_turn = i.turn_id OR (
        (c.lease_owner IS NULL OR c.lease_until < now())
        AND EXISTS (SELECT 1 FROM inbox b WHERE b.chat_id = i.chat_id AND b.state = 'waiting'))
    ORDER BY c.key FOR NO KEY UPDATE OF c
), chat AS (
    UPDATE chats c SET revision = c.revision + 1, fence = c.fence + CASE WHEN l.mine THEN 0 ELSE 1 END,
        lease_owner = l.owner, lease_turn = l.turn_id, lease_until = now() + $2::interval
    FROM locked l WHERE c.id = l.chat_id
    RETURNING l.ord, l.revision AS locked, c.*
), older AS (
    UPDATE inbox b SET turn_id = l.turn_id,
        attempts = b.attempts + CASE WHEN b.turn_id IS DISTINCT FROM l.turn_id THEN 1 ELSE 0 END
    FROM locked l WHERE b.chat_id = l.chat_id AND b.state = 'waiting'
    RETURNING l.ord, b.seq, json_build_array(b.id, b.provider_id, b.received_at, b.payload, b.attempts) AS one
)
SELECT c.ord, c.channel, c.sender, c.session_id, c.locked = b.revision, c.fence, c.session,
       (SELECT version FROM reference_version),
       (SELECT json_agg(o.one ORDER BY o.seq) FROM older o WHERE o.ord = c.ord)
FROM chat c JOIN before b ON b.id = c.id
"""

SETTLE = """
UPDATE outbox o SET state = s.state, last_error = s.error, lease_owner = NULL, lease_until = NULL,
    due_at = CASE WHEN s.delay IS NULL THEN o.due_at ELSE now() + s.delay * interval '1 second' END,
    attempts = o.attempts - s.held, updated_at = now()
FROM json_to_recordset($1::json) AS s(
    job_id bigint, owner text, state text, delay double precision, error text, held integer)
WHERE o.id = s.job_id AND o.state = 'waiting' AND (s.owner IS NULL OR o.lease_owner = s.owner)
"""

_HELD = """
WITH turn AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS t(
        ord int, chat_id bigint, owner text, fence bigint, turn_id text, at timestamptz, moved_at timestamptz,
        session text, replies int, draft_id text, draft json, inbox_ids bigint[], understood json, state text,
        body json, trace text)
), held AS MATERIALIZED (
    SELECT t.*, c.last_seq
    FROM turn t JOIN chats c ON c.id = t.chat_id
    WHERE c.lease_owner = t.owner AND c.fence = t.fence
    ORDER BY c.key FOR NO KEY UPDATE OF c
)"""

_WRITES = """
, chat AS (
    UPDATE chats c SET session = k.session, last_seq = k.last_seq + k.replies, revision = c.revision + 1,
        lease_owner = NULL, lease_turn = NULL, lease_until = NULL, updated_at = GREATEST(c.updated_at, k.moved_at)
    FROM ok k WHERE c.id = k.chat_id
), answered AS (
    UPDATE inbox b SET state = k.state, turn_id = k.turn_id, body = k.body, trace = k.trace
    FROM (SELECT ok.*, unnest(ok.inbox_ids) AS inbox_id FROM ok) k
    WHERE b.id = k.inbox_id AND b.state = 'waiting'
    RETURNING b.chat_id, b.seq, k.turn_id, k.state,
              CASE WHEN b.id = k.inbox_ids[cardinality(k.inbox_ids)] THEN k.understood END AS understood
), read AS (
    UPDATE messages m SET turn_id = a.turn_id, state = a.state, understood = a.understood
    FROM answered a WHERE m.chat_id = a.chat_id AND m.seq = a.seq
), replied AS (
    INSERT INTO messages (chat_id, seq, direction, text, choices, understood, turn_id, state, at)
    SELECT k.chat_id, k.last_seq + r.place, 'out', r.text, r.choices, r.understood, k.turn_id, 'sent', k.at
    FROM json_to_recordset($2::json) AS r(ord int, place int, text text, choices json, understood json)
    JOIN ok k ON k.ord = r.ord
), drafted AS (
    INSERT INTO drafts AS d (chat_id, draft_id, draft, updated_at)
    SELECT chat_id, draft_id, draft, at FROM ok WHERE draft IS NOT NULL
    ON CONFLICT (chat_id) DO UPDATE SET
        draft_id = EXCLUDED.draft_id, draft = EXCLUDED.draft, updated_at = EXCLUDED.updated_at
    WHERE d.draft::text <> EXCLUDED.draft::text
), undrafted AS (
    DELETE FROM drafts d USING ok k WHERE d.chat_id = k.chat_id AND k.draft IS NULL
), job AS (
    INSERT INTO outbox (kind, key, lane, payload, state, due_at, created_at, updated_at)
    SELECT j.kind, j.key, j.lane, j.payload, 'waiting', now(), k.at, k.at
    FROM json_to_recordset($3::json) AS j(ord int, kind text, key text, lane text, payload json)
    JOIN ok k ON k.ord = j.ord
    ON CONFLICT (key) DO NOTHING
)"""

# A refusal of a turn that has been written already (the first try's answer was lost) is no refusal.
_REFUSAL = """CASE WHEN h.ord IS NULL THEN CASE
           WHEN EXISTS (SELECT 1 FROM inbox b WHERE b.id = ANY (t.inbox_ids) AND b.turn_id = t.turn_id
                        AND b.state <> 'waiting') THEN 'done' ELSE 'lease_lost' END"""

COMMIT_PLAIN = f"""{_HELD}
, ok AS MATERIALIZED (SELECT * FROM held)
{_WRITES}
SELECT t.ord, {_REFUSAL} ELSE 'done' END
FROM turn t LEFT JOIN held h ON h.ord = t.ord
"""

COMMIT = f"""{_HELD}
, wanted AS MATERIALIZED (
    SELECT * FROM json_to_recordset($4::json) AS o(
        ord int, number text, draft_id text, outlet text, status text, version int, currency text,
        tax_rate numeric, subtotal numeric, tax numeric, total numeric, delivery_date date,
        delivery_window text, notes json, placed_by text, placed_at timestamptz)
), stored AS MATERIALIZED (
    SELECT o.number, o.version FROM orders o WHERE o.number IN (SELECT number FROM wanted)
    ORDER BY o.number FOR NO KEY UPDATE OF o
), spent AS MATERIALIZED (
    SELECT u.ord, u.code, t.at
    FROM json_to_recordset($7::json) AS u(ord int, code text) JOIN turn t ON t.ord = u.ord
), usable AS MATERIALIZED (
    SELECT v.code, v.expires_at FROM invites v
    WHERE v.code IN (SELECT code FROM spent) AND NOT v.revoked AND v.uses < v.max_uses
    ORDER BY v.code FOR NO KEY UPDATE OF v
), refused AS MATERIALIZED (
    SELECT w.ord, CASE WHEN w.version = 1 THEN 'already_ordered' ELSE 'order_changed' END AS reason
    FROM wanted w
    WHERE CASE WHEN w.version = 1
        THEN EXISTS (SELECT 1 FROM orders o WHERE o.number = w.number)
          OR EXISTS (SELECT 1 FROM orders o WHERE o.draft_id = w.draft_id)
        ELSE NOT EXISTS (SELECT 1 FROM stored s WHERE s.number = w.number AND s.version = w.version - 1) END
    UNION ALL
    SELECT u.ord, 'invite_spent' FROM spent u
    WHERE NOT EXISTS (SELECT 1 FROM usable v WHERE v.code = u.code
                      AND (v.expires_at IS NULL OR v.expires_at > u.at))
), ok AS MATERIALIZED (
    SELECT h.* FROM held h WHERE NOT EXISTS (SELECT 1 FROM refused r WHERE r.ord = h.ord)
)
{_WRITES}
, placed AS (
    INSERT INTO orders (number, draft_id, outlet, chat_id, status, version, currency, tax_rate, subtotal, tax,
                        total, delivery_date, delivery_window, notes, placed_by, placed_at, updated_at)
    SELECT w.number, w.draft_id, w.outlet, k.chat_id, w.status, w.version, w.currency, w.tax_rate, w.subtotal,
           w.tax, w.total, w.delivery_date, w.delivery_window, w.notes, w.placed_by, w.placed_at, k.at
    FROM wanted w JOIN ok k ON k.ord = w.ord WHERE w.version = 1
), amended AS (
    UPDATE orders o SET outlet = w.outlet, status = w.status, version = w.version, currency = w.currency,
        tax_rate = w.tax_rate, subtotal = w.subtotal, tax = w.tax, total = w.total,
        delivery_date = w.delivery_date, delivery_window = w.delivery_window, notes = w.notes,
        placed_by = w.placed_by, placed_at = w.placed_at, updated_at = k.at
    FROM wanted w JOIN ok k ON k.ord = w.ord WHERE o.number = w.number AND w.version > 1
), lined AS (
    INSERT INTO order_lines (order_number, version, position, sku, name, quantity, unit, pieces_per_unit,
                             unit_price, line_total)
    SELECT l.order_number, l.version, l.position, l.sku, l.name, l.quantity, l.unit, l.pieces_per_unit,
           l.unit_price, l.line_total
    FROM json_to_recordset($5::json) AS l(
        ord int, order_number text, version int, position int, sku text, name text, quantity int, unit text,
        pieces_per_unit int, unit_price numeric, line_total numeric)
    JOIN ok k ON k.ord = l.ord
), linked AS (
    INSERT INTO contacts (identity, outlet, source, linked_at)
    SELECT l.identity, l.outlet, 'link', k.at
    FROM json_to_recordset($6::json) AS l(ord int, identity text, outlet text) JOIN ok k ON k.ord = l.ord
    ON CONFLICT (identity, outlet) DO NOTHING
    RETURNING 1
), invited AS (
    UPDATE invites v SET uses = v.uses + 1
    FROM spent u JOIN ok k ON k.ord = u.ord WHERE v.code = u.code
    RETURNING 1
), news AS (
    UPDATE reference_version SET version = version + 1
    WHERE EXISTS (SELECT 1 FROM linked) OR EXISTS (SELECT 1 FROM invited)
)
SELECT t.ord, {_REFUSAL} ELSE COALESCE((SELECT min(r.reason) FROM refused r WHERE r.ord = t.ord), 'done') END
FROM turn t LEFT JOIN held h ON h.ord = t.ord
"""

# Reads that a turn waits for, many callers in one round trip: an outlet's newest orders, or one order, each
# with the lines of its current version.
ORDERS = """
SELECT i.ord, o.number, o.draft_id, o.outlet, o.status, o.version, o.currency, o.tax_rate, o.delivery_date,
       o.delivery_window, o.notes::text, o.placed_by, o.placed_at, l.lines::text
FROM json_to_recordset($1::json) AS i(ord int, outlet text, number text, most int)
CROSS JOIN LATERAL (
    (SELECT * FROM orders WHERE outlet = i.outlet ORDER BY placed_at DESC, number DESC LIMIT i.most)
    UNION ALL
    (SELECT * FROM orders WHERE number = i.number)
) o
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_array(sku, name, quantity, unit, pieces_per_unit, unit_price::text)
                    ORDER BY position) AS lines
    FROM order_lines WHERE order_number = o.number AND version = o.version
) l
ORDER BY i.ord, o.placed_at DESC, o.number DESC
"""

# At most the first due job of each lane. Another process's claim is skipped, not waited for. $4: groups that
# have no room now, as `ClaimedJob.group` names them.
CLAIM = """
WITH head AS MATERIALIZED (
    SELECT o.id FROM outbox o
    WHERE o.state = 'waiting' AND o.due_at <= now() AND (o.lease_owner IS NULL OR o.lease_until < now())
      AND (cardinality($4::text[]) = 0 OR o.kind || ':' || COALESCE(o.payload->>'channel', '') <> ALL($4::text[]))
      AND NOT EXISTS (
          SELECT FROM outbox e WHERE e.lane = o.lane AND e.state = 'waiting' AND e.id < o.id)
    ORDER BY o.id LIMIT $3 FOR UPDATE OF o SKIP LOCKED
)
UPDATE outbox o SET lease_owner = $1, lease_until = now() + $2::interval, attempts = o.attempts + 1
FROM head WHERE o.id = head.id
RETURNING o.id, o.kind, o.key, o.lane, o.payload::text, o.attempts
"""
