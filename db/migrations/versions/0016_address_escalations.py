"""Keep to whom questions are addressed, and who holds each address."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
# Of open cases from before: a desk of each authority that works on the case, or what was written.
_FILL = """
INSERT INTO escalation (case_id, key, address)
SELECT DISTINCT v.case_id, one.key, place.address
FROM case_view v, jsonb_each(v.state -> 'escalations') AS one,
LATERAL (SELECT unnest(CASE one.value ->> 'to'
    WHEN 'authority_lead' THEN (SELECT array_agg('authority_lead:' || a.id::text)
        FROM unnest(v.authority_id || v.payer_ids) AS a (id))
    WHEN 'commission_chair' THEN ARRAY['commission_chair:' || left(v.region, 2)]
    ELSE ARRAY[one.value ->> 'to'] END) AS address) AS place
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "escalation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "key", "address"),
    )
    op.create_index("ix_escalation_address", "escalation", ["address"])
    op.create_table(
        "office",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("address", "person_id"),
    )
    op.create_index("ix_office_person_id", "office", ["person_id"])
    op.execute("GRANT SELECT, INSERT, DELETE ON escalation, office TO ozhb_app")
    op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("office")
    op.drop_table("escalation")
