"""Keep which cases a run is to be told of; what waited in an inbox is heard when it looks."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_UNHEARD = """
INSERT INTO wake (case_id, seq)
SELECT h.case_id, h.seq FROM case_head h WHERE EXISTS (
  SELECT 1 FROM inbox i WHERE i.case_id = h.case_id AND i.refused IS NULL AND NOT EXISTS (
    SELECT 1 FROM event e WHERE e.case_id = i.case_id AND e.message_id = CAST(i.id AS text)))
"""
# Two statements: one that locked and joined at once would show, after a wait for the lock, the
# joined rows as they stood before it.
_OPEN_FILE = """
CREATE FUNCTION open_file(which uuid) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, state jsonb, waits boolean, now timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, v.state, EXISTS (
      SELECT 1 FROM inbox i WHERE i.case_id = which AND i.refused IS NULL AND NOT EXISTS (
        SELECT 1 FROM event e WHERE e.case_id = which AND e.message_id = CAST(i.id AS text))
    ), legal_now()
    FROM case_head h LEFT JOIN case_view v ON v.case_id = which WHERE h.case_id = which;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "wake",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *(
            sa.Column(
                name,
                sa.DateTime(timezone=True),
                server_default=sa.text("clock_timestamp()"),
                nullable=False,
            )
            for name in ("since", "tried_at")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON wake TO ozhb_app")
    op.execute(_UNHEARD)
    op.execute(_OPEN_FILE)
    op.drop_column("case_head", "run_id")
    for change in ("calendar_change", "edition_change"):
        op.drop_column(change, "told_to")
        op.drop_column(change, "told_at")


def downgrade() -> None:
    for change in ("calendar_change", "edition_change"):
        op.add_column(change, sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(change, sa.Column("told_to", sa.Uuid(), nullable=True))
    op.add_column("case_head", sa.Column("run_id", sa.Text(), nullable=True))
    op.drop_table("wake")
    op.execute("DROP FUNCTION open_file(uuid)")
