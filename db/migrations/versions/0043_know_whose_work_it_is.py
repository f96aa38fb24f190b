"""What lies on a desk stands in the list of work alone, and who may do it is known.

Who works for the state is known from when they next sign in. A file from before there was the list
of work, which is not live but has work on a desk, counts as live until `ozhb migrate` makes its
projections anew, after this.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "work_desk", "work", ["since"], postgresql_where=sa.text("main AND kind <> 'term'")
    )
    op.execute(
        "UPDATE case_state s SET live = true WHERE NOT live AND EXISTS (SELECT 1 FROM task t"
        " WHERE t.case_id = s.case_id) AND NOT EXISTS (SELECT 1 FROM work w"
        " WHERE w.case_id = s.case_id)"
    )
    op.drop_table("task")
    op.create_table(
        "official",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id", "role"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON official TO ozhb_app")


def downgrade() -> None:
    op.create_table(
        "task",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "key"),
    )
    op.create_index("task_age", "task", ["opened_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON task TO ozhb_app")
    op.execute(
        "INSERT INTO task SELECT s.case_id, t.key, t.value ->> 'code', t.value ->> 'owner',"
        " CAST(t.value ->> 'opened_at' AS timestamptz)"
        " FROM case_state s, jsonb_each(s.state -> 'tasks') AS t"
    )
    op.drop_index("work_desk", table_name="work")
    op.drop_table("official")
