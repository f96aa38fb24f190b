"""A command is decided once, under the lock: what it needs to know of the case is read with it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_LEFT = """
INSERT INTO unheard (inbox_id, case_id)
SELECT i.id, i.case_id FROM inbox i WHERE i.refused IS NULL AND NOT EXISTS (
  SELECT 1 FROM event e WHERE e.case_id = i.case_id AND e.message_id = CAST(i.id AS text))
"""
# When it came is read before the wait for the lock; everything else, in a statement of its own,
# after it: one that locked and joined at once would show the joined rows as they stood before.
# `shown`: the run of the case looks, and has shown so many lines. It need not be told any more, and
# whoever is leaving a message now is waited for before it is asked whether one was left.
# The lock before the row is a queue: for a row that is written each time waiters begin to wait anew
# with every writer, and one of eight was overtaken thirty times.
_OPEN_FILE = """
CREATE FUNCTION open_file(which uuid, shown integer DEFAULT NULL) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, wrapped bytea, state text, waits boolean,
  arrived timestamptz, now timestamptz, recipient_id uuid, representative_ids uuid[],
  authority_id uuid, payer_ids uuid[], supplier_ids uuid[], region text, asked_ids uuid[],
  calendar text, lines text[]
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
    CASE WHEN shown IS NULL THEN '{}' ELSE ARRAY(
      SELECT e.seq || ' ' || CASE e.row WHEN '-' THEN e.type ELSE e.row END FROM event e
      WHERE e.case_id = which AND e.seq > shown ORDER BY e.seq DESC LIMIT 20) END
    FROM case_head h LEFT JOIN case_view v USING (case_id) LEFT JOIN case_state s USING (case_id)
    LEFT JOIN person_key k ON k.person_id = h.person_id WHERE h.case_id = which;
END $$
"""
_FORMER = """
CREATE FUNCTION open_file(which uuid) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, state text, waits boolean, now timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, CAST(v.state AS text),
    EXISTS (SELECT 1 FROM inbox i WHERE i.case_id = which AND i.refused IS NULL AND NOT EXISTS (
      SELECT 1 FROM event e WHERE e.case_id = which AND e.message_id = CAST(i.id AS text))
    ), legal_now()
    FROM case_head h LEFT JOIN case_state v ON v.case_id = which WHERE h.case_id = which;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "unheard",
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"]),
        sa.PrimaryKeyConstraint("inbox_id"),
    )
    op.create_index("unheard_case", "unheard", ["case_id"])
    op.execute("GRANT SELECT, INSERT, DELETE ON unheard TO ozhb_app")
    op.execute(_LEFT)
    op.execute("DROP FUNCTION open_file(uuid)")
    op.execute(_OPEN_FILE)


def downgrade() -> None:
    op.drop_table("unheard")
    op.execute("DROP FUNCTION open_file(uuid, integer)")
    op.execute(_FORMER)
