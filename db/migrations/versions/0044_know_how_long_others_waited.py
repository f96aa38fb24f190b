"""Of what was accepted it is known who brought it, and how many days after the order.

Who stands at the same desk is found by the desk; and in which language a recipient is written to
stands beside the case.

What was accepted before is filled in from the folded cases: as the projections are made, so that
none of them is found to be otherwise.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("norm_use", sa.Column("supplier_id", sa.Uuid(), nullable=True))
    op.add_column("norm_use", sa.Column("days", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE norm_use n SET supplier_id = w.supplier, days = w.days FROM (SELECT s.case_id,"
        " CAST(p.key AS integer) AS period,"
        " CAST(coalesce(o.value ->> 'successor', o.value ->> 'supplier') AS uuid) AS supplier,"
        " greatest(0, CAST(p.value -> 'delivery' ->> 'on' AS date) - CAST(CAST(o.value ->>"
        " 'placed_at' AS timestamptz) AT TIME ZONE 'Asia/Almaty' AS date)) AS days"
        " FROM case_state s CROSS JOIN jsonb_each(s.state -> 'periods') AS p CROSS JOIN LATERAL"
        " (SELECT e.value FROM jsonb_array_elements(p.value -> 'orders') WITH ORDINALITY"
        " AS e(value, place) WHERE CAST(e.value ->> 'live' AS boolean) ORDER BY e.place DESC"
        " LIMIT 1) AS o WHERE CAST(p.value -> 'delivery' ->> 'accepted' AS integer) > 0"
        " AND NOT o.value ? 'span' AND p.value ->> 'part_of' IS NULL) AS w"
        " WHERE n.case_id = w.case_id AND n.period = w.period"
    )
    op.create_index(
        "norm_use_waited",
        "norm_use",
        ["item", "supplier_id", "days", "person_id"],
        postgresql_where=sa.text("days IS NOT NULL"),
    )
    op.create_index("official_place", "official", ["role", "place"])
    op.create_table(
        "case_language",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON case_language TO ozhb_app")
    op.execute(
        "INSERT INTO case_language SELECT DISTINCT ON (case_id) case_id, data ->> 'language'"
        " FROM dispatch WHERE data ->> 'language' IS NOT NULL"
        " AND split_part(key, '/', 3) = 'recipient' ORDER BY case_id, begun_at DESC"
    )


def downgrade() -> None:
    op.drop_table("case_language")
    op.drop_index("official_place", table_name="official")
    op.drop_index("norm_use_waited", table_name="norm_use")
    op.drop_column("norm_use", "days")
    op.drop_column("norm_use", "supplier_id")
