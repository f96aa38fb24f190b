"""A look that only an update asked for leaves the wake where it is.

Temporal holds such an update in memory until the run has answered it: a look whose answer is lost
together with the update is asked for by nobody again, and what was recorded would wait for ever.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

_PARTS: Final = "uuid, integer, text, text"
# As in 0045 and 0058, and with it whether what asks for the look comes again if that is lost.
_OPEN_FILE: Final = """
CREATE FUNCTION open_file(which uuid, shown integer DEFAULT NULL, sender text DEFAULT NULL,
  under text DEFAULT NULL{durable}) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, wrapped bytea, state text, waits boolean,
  arrived timestamptz, now timestamptz, recipient_id uuid, representative_ids uuid[],
  authority_id uuid, payer_ids uuid[], supplier_ids uuid[], region text, asked_ids uuid[],
  calendar text, lines text[], answered boolean, told bytea, place bigint, wall timestamptz,
  xid bigint, loose boolean
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE came timestamptz := legal_now();
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(which::text, 3));
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  IF shown IS NOT NULL{heard} THEN DELETE FROM wake w WHERE w.case_id = which; END IF;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, k.wrapped,
    CAST(s.state AS text), EXISTS (SELECT 1 FROM unheard u WHERE u.case_id = which),
    came, legal_now(), v.recipient_id, v.representative_ids, v.authority_id, v.payer_ids,
    v.supplier_ids, CAST(v.region AS text), ARRAY(
      SELECT DISTINCT o.person_id FROM escalation e JOIN office o ON o.address = e.address
      WHERE e.case_id = which ORDER BY 1),
    (SELECT CAST(max(c.version) AS text) FROM calendar_change c WHERE c.approved_at IS NOT NULL),
    CASE WHEN shown IS NULL THEN '{{}}' ELSE ARRAY(
      SELECT e.seq || ' ' || CASE e.row WHEN '-' THEN e.type ELSE e.row END FROM event e
      WHERE e.case_id = which AND e.seq > shown ORDER BY e.seq DESC LIMIT 20) END,
    EXISTS (SELECT 1 FROM inbox i WHERE i.actor_key = sender AND i.idempotency_key = under),
    h.told, CASE WHEN sender IS NOT NULL THEN nextval('{places}') END, clock_timestamp(),
    pg_current_xact_id()::text::bigint, EXISTS (SELECT 1 FROM unlinked l WHERE l.case_id = which)
    FROM case_head h LEFT JOIN case_view v USING (case_id) LEFT JOIN case_state s USING (case_id)
    LEFT JOIN person_key k ON k.person_id = h.person_id WHERE h.case_id = which;
END $$
"""


def upgrade() -> None:
    _open_file(_PARTS, ", durable boolean DEFAULT true", " AND durable")


def downgrade() -> None:
    _open_file(f"{_PARTS}, boolean", "", "")


def _open_file(before: str, durable: str, heard: str) -> None:
    asked = sa.text("SELECT pg_get_serial_sequence('inbox', 'place')")
    places = op.get_bind().execute(asked).scalar_one()
    op.execute(f"DROP FUNCTION open_file({before})")
    op.execute(_OPEN_FILE.format(durable=durable, heard=heard, places=places))
