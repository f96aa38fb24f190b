"""Keep for each supplier what it sees of a case, and nothing after its order has ended.

Of files from before, the number of the last event that concerns the supplier is not looked for:
`ozhb cases rebuild` finds it, and so does the next event.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
_MINE = "s.id::text IN (o.value->>'supplier', o.value->>'successor')"
_FILL = f"""
INSERT INTO supplier_view (case_id, supplier_id, seq, status, closed, waits_for, due_at, item, view)
SELECT v.case_id, s.id, v.seq,
       CASE WHEN own.live THEN v.status ELSE 'order_ended' END,
       v.closed OR NOT own.live,
       CASE WHEN own.live THEN v.waits_for ELSE '{{nobody}}' END,
       CASE WHEN own.live THEN v.due_at END,
       v.item,
       jsonb_build_object('reference', v.view->'reference', 'since', v.view->'since')
FROM case_view v
CROSS JOIN LATERAL unnest(v.supplier_ids) AS s(id)
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or((o.value->>'live')::boolean), false) AS live
    FROM jsonb_each(v.state->'periods') AS p
    CROSS JOIN LATERAL jsonb_array_elements(p.value->'orders') AS o
    WHERE {_MINE}
) AS own
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "supplier_view",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("waits_for", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("view", JSONB(), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "supplier_id"),
    )
    op.create_index("supplier_view_list", "supplier_view", ["supplier_id", "case_id"])
    op.create_index("supplier_view_xid", "supplier_view", ["supplier_id", "xid", "case_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON supplier_view TO ozhb_app")
    op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("supplier_view")
