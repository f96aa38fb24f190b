"""Reports of the treasury have a term like all that is kept, and what ends is found by an index.

What was made of an upload in former builds named the documents in it: that is forgotten. Processes
say which master keys they have.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"

_HEAD = """
CREATE OR REPLACE FUNCTION destroy_old_keys(which text, before timestamptz, most integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE destroyed integer;
BEGIN
"""
_REASONS = """
  IF which = 'person_search' THEN
    UPDATE person_search SET reason = '\\x0000'::bytea || beyond_key(reason) WHERE id = ANY(ARRAY(
      SELECT s.id FROM person_search s WHERE s.at < before AND substr(s.reason, 1, 2) <> '\\x0000'
      AND beyond_key(s.reason) <> s.reason ORDER BY s.{order} LIMIT most));
  ELSIF which = 'list_export' THEN
    UPDATE list_export SET purpose = '\\x0000'::bytea || beyond_key(purpose) WHERE id = ANY(ARRAY(
      SELECT e.id FROM list_export e JOIN audit a ON a.subject = e.id AND a.at < before{taken}
      WHERE substr(e.purpose, 1, 2) <> '\\x0000' AND beyond_key(e.purpose) <> e.purpose
      ORDER BY {taken_at} LIMIT most));
"""
# Nobody takes a list away before the id of that is made, and the legal clock is never behind.
_TAKEN_AT = "uuid_extract_timestamp(e.id)"
_TAKEN = f" AND a.action = 'list_exported'\n      AND {_TAKEN_AT} < before"
# With what was done about it. Money that may have to be proven still: a case that goes on, or one
# of whose people stands under a legal hold.
_REPORTS = """
  ELSIF which = 'treasury_report' THEN
    WITH over AS (
      UPDATE treasury_report SET sealed = '\\x0000'::bytea || beyond_key(sealed)
      WHERE id = ANY(ARRAY(
        SELECT r.id FROM treasury_report r WHERE r.received_at < before
        AND substr(r.sealed, 1, 2) <> '\\x0000' AND beyond_key(r.sealed) <> r.sealed
        AND r.verdict <> 'pending' AND NOT EXISTS (
          SELECT 1 FROM report_task t WHERE t.report_id = r.id AND t.closed_at IS NULL)
        AND NOT EXISTS (
          SELECT 1 FROM jsonb_to_recordset(r.words) AS w(case_id uuid)
          LEFT JOIN case_view v ON v.case_id = w.case_id
          WHERE NOT coalesce(v.closed, false) OR EXISTS (
            SELECT 1 FROM legal_hold l WHERE l.lifted_at IS NULL AND (
              l.person_id = v.recipient_id OR l.person_id = ANY(v.representative_ids)
              OR EXISTS (SELECT 1 FROM supplier_view o JOIN supplier s ON s.id = o.supplier_id
                WHERE o.case_id = w.case_id AND s.person_id = l.person_id))))
        ORDER BY r.received_at LIMIT most)) RETURNING id),
    done AS (UPDATE report_task SET said = '\\x0000'::bytea || beyond_key(said)
      WHERE report_id = ANY(ARRAY(SELECT id FROM over)) AND substr(said, 1, 2) <> '\\x0000')
    SELECT count(*) INTO destroyed FROM over;
    RETURN destroyed;
"""
_END = """
  ELSE
    RAISE EXCEPTION 'no envelopes of % have a term', which;
  END IF;
  GET DIAGNOSTICS destroyed = ROW_COUNT;
  RETURN destroyed;
END $$
"""
_INDEXES: dict[str, tuple[str, list[Any], str]] = {
    "person_search_kept": ("person_search", ["at"], "substr(reason, 1, 2) <> '\\x0000'"),
    "list_export_kept": (
        "list_export",
        [sa.text("uuid_extract_timestamp(id)")],
        "substr(purpose, 1, 2) <> '\\x0000'",
    ),
    "treasury_report_kept": (
        "treasury_report",
        ["received_at"],
        "substr(sealed, 1, 2) <> '\\x0000'",
    ),
    "journal_kept": (
        "journal",
        ["received_at"],
        "verdict IN ('rejected', 'conflict') AND substr(sealed, 1, 2) <> '\\x0000'",
    ),
    "case_view_ended": ("case_view", ["since", "case_id"], "closed"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        _HEAD + _REASONS.format(order="at", taken=_TAKEN, taken_at=_TAKEN_AT) + _REPORTS + _END
    )
    for name, (table, columns, where) in _INDEXES.items():
        op.create_index(name, table, columns, postgresql_where=sa.text(where))
    op.add_column(
        "running_process",
        sa.Column("master_keys", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.execute("UPDATE asked_once SET made = made - 'parts' WHERE made ? 'parts'")


def downgrade() -> None:
    op.drop_column("running_process", "master_keys")
    for name, (table, _, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    op.execute(_HEAD + _REASONS.format(order="id", taken="", taken_at="e.id") + _END)
