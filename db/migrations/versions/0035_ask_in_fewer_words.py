"""What is asked together is one statement: a file with the key of a request, a receipt with what it
proves, numbers of gateways with the receipts that were faster. Who acts for whom is planned once.
"""

from alembic import op

revision = "0035"
down_revision = "0034"

# When it came is read before the wait for the lock; everything else, in a statement of its own,
# after it: one that locked and joined at once would show the joined rows as they stood before.
# `shown`: the run of the case looks, and has shown so many lines. It need not be told any more, and
# whoever is leaving a message now is waited for before it is asked whether one was left.
# `answered`: a request of this sender under this key stands in an inbox already.
# The lock before the row is a queue: for a row that is written each time waiters begin to wait anew
# with every writer, and one of eight was overtaken thirty times.
_OPEN_FILE = """
CREATE FUNCTION open_file({asked}) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, wrapped bytea, state text, waits boolean,
  arrived timestamptz, now timestamptz, recipient_id uuid, representative_ids uuid[],
  authority_id uuid, payer_ids uuid[], supplier_ids uuid[], region text, asked_ids uuid[],
  calendar text, lines text[]{answered}
) LANGUAGE plpgsql AS $$
DECLARE came timestamptz := legal_now();
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(which::text, 3));
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  IF shown IS NOT NULL THEN DELETE FROM wake w WHERE w.case_id = which; END IF;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, k.wrapped,
    CAST(s.state AS text), EXISTS (SELECT 1 FROM unheard u WHERE u.case_id = which),
    came, legal_now(), v.recipient_id, v.representative_ids, v.authority_id, v.payer_ids,
    v.supplier_ids, CAST(v.region AS text), ARRAY(
      SELECT DISTINCT o.person_id FROM escalation e JOIN office o ON o.address = e.address
      WHERE e.case_id = which ORDER BY 1),
    (SELECT CAST(max(c.version) AS text) FROM calendar_change c WHERE c.approved_at IS NOT NULL),
    CASE WHEN shown IS NULL THEN '{{}}' ELSE ARRAY(
      SELECT e.seq || ' ' || CASE e.row WHEN '-' THEN e.type ELSE e.row END FROM event e
      WHERE e.case_id = which AND e.seq > shown ORDER BY e.seq DESC LIMIT 20) END{is_answered}
    FROM case_head h LEFT JOIN case_view v USING (case_id) LEFT JOIN case_state s USING (case_id)
    LEFT JOIN person_key k ON k.person_id = h.person_id WHERE h.case_id = which;
END $$
"""
_OF_REQUEST = """,
    EXISTS (SELECT 1 FROM inbox i WHERE i.actor_key = sender AND i.idempotency_key = under)"""
_LOOKS = "which uuid, shown integer DEFAULT NULL"
_ASKS = f"{_LOOKS}, sender text DEFAULT NULL, under text DEFAULT NULL"
# What was delivered of all that went out. Words come in any order and by wrong clocks: it came back
# where that was said later by our clock or by theirs.
_DELIVERED = """
CREATE VIEW delivered AS SELECT d.key, d.case_id, d.kind, d.channel, d.data, d.provider_id,
  d.outcome, d.begun_at, r.at AS delivered_at, legal_now() AS now, EXISTS (
    SELECT 1 FROM receipt b WHERE b.channel = r.channel AND b.provider_id = r.provider_id
    AND b.state IN ('UNDELIVERED', 'EXPIRED', 'REJECTED')
    AND (b.received_at >= r.received_at OR b.at >= r.at)) AS bounced
  FROM dispatch d JOIN receipt r ON r.channel = d.channel AND r.provider_id = d.provider_id
  AND r.state = 'DELIVERED'
"""
# A receipt may come before we have written down the number that it names: whoever is second finds
# what the first one wrote.
_LOCK = "pg_advisory_xact_lock(hashtextextended({channel} || ':' || {number}, 1))"
_NOTE_RECEIPT = f"""
CREATE FUNCTION note_receipt(of_channel text, of_number text, told text, told_at timestamptz)
RETURNS SETOF delivered LANGUAGE plpgsql AS $$
BEGIN
  PERFORM {_LOCK.format(channel="of_channel", number="of_number")};
  INSERT INTO receipt (channel, provider_id, state, at)
    VALUES (of_channel, of_number, told, told_at) ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT * FROM delivered v
    WHERE v.channel = of_channel AND v.provider_id = of_number ORDER BY v.key;
END $$
"""
_NOTE_NUMBERS = f"""
CREATE FUNCTION note_numbers(keys text[], channels text[], numbers text[])
RETURNS SETOF delivered LANGUAGE plpgsql AS $$
BEGIN
  PERFORM {_LOCK.format(channel="s.channel", number="s.number")} FROM (
    SELECT DISTINCT u.channel, u.number FROM unnest(channels, numbers) AS u(channel, number)
    ORDER BY 1, 2) s;
  UPDATE dispatch d SET outcome = '{{"sent": true}}', provider_id = s.number
    FROM unnest(keys, numbers) AS s(key, number) WHERE d.key = s.key AND d.outcome IS NULL;
  RETURN QUERY SELECT * FROM delivered v WHERE v.key = ANY(keys) ORDER BY v.key;
END $$
"""
# A person acts for a supplier who is it, who has signed in or acted for it, or who represents the
# person that it is (CC 163(3)): persons are compared by their ids, which an IIN has one of.
# Planned once: for a few ids each time anew it was planned six times as long as it ran.
_ACTS_FOR = """
CREATE FUNCTION acts_for(suppliers uuid[], persons uuid[])
RETURNS TABLE (supplier uuid, person uuid) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY SELECT s.id, p.id
    FROM unnest(suppliers) AS s(id) CROSS JOIN unnest(persons) AS p(id)
    WHERE EXISTS (SELECT 1 FROM supplier o WHERE o.id = s.id AND o.person_id = p.id)
    OR EXISTS (SELECT 1 FROM supplier_person a
      WHERE a.supplier_id = s.id AND a.person_id = p.id)
    OR EXISTS (SELECT 1 FROM inbox i WHERE i.actor_role = 'supplier'
      AND i.on_behalf_of = s.id AND i.actor_id = p.id)
    OR EXISTS (SELECT 1 FROM supplier o JOIN case_view v ON v.recipient_id = o.person_id
      WHERE o.id = s.id AND v.representative_ids @> ARRAY[p.id])
    ORDER BY 1, 2;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _open_files("uuid, integer", _ASKS, ", answered boolean", _OF_REQUEST)
    op.execute(_DELIVERED)
    op.execute("GRANT SELECT ON delivered TO ozhb_app")
    op.execute(_NOTE_RECEIPT)
    op.execute(_NOTE_NUMBERS)
    op.execute(_ACTS_FOR)


def downgrade() -> None:
    op.execute("DROP FUNCTION acts_for, note_numbers, note_receipt")
    op.execute("DROP VIEW delivered")
    _open_files("uuid, integer, text, text", _LOOKS)


def _open_files(former: str, asked: str, answered: str = "", is_answered: str = "") -> None:
    op.execute(f"DROP FUNCTION open_file({former})")
    op.execute(_OPEN_FILE.format(asked=asked, answered=answered, is_answered=is_answered))
