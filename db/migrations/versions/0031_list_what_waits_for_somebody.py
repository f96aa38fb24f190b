"""List what waits for somebody: work of cases and of the desks beside them, and who has taken it.

What lies on desks beside cases is entered here. The rows of cases are made from their events by
`ozhb migrate`, after this.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"

_NEVER = "'9999-12-31 00:00+00'"
_COLUMNS = "(id, holder, main, kind, role, code, authority_id, since, due_at, first_id)"
_FILL = (
    f"INSERT INTO work {_COLUMNS} SELECT journal_id, coalesce('caseworker:' || authority_id,"
    " 'administrator:'), true, 'intake', CASE WHEN authority_id IS NULL THEN 'administrator'"
    " ELSE 'caseworker' END, 'invalid_message', authority_id, opened_at, due_at, NULL"
    " FROM intake_task WHERE state = 'open'",
    f"INSERT INTO work {_COLUMNS} SELECT report_id, 'administrator:', true, 'treasury_report',"
    f" 'administrator', 'report_undone', NULL, opened_at, {_NEVER}, NULL FROM report_task"
    " WHERE closed_at IS NULL",
    # Their last day follows from the calendar: `ozhb migrate` writes it.
    f"INSERT INTO work {_COLUMNS} SELECT DISTINCT ON (a.id, left(r.region, 2)) a.id,"
    " 'commission:' || left(r.region, 2), r.place = 1, 'registration', 'commission',"
    f" 'supplier_applies', NULL, a.submitted_at, {_NEVER}, NULL FROM supplier_application a,"
    " unnest(a.regions) WITH ORDINALITY AS r(region, place) WHERE a.state = 'open'"
    " ORDER BY a.id, left(r.region, 2), r.place",
    *(
        f"INSERT INTO work {_COLUMNS} SELECT id, 'administrator:', true, 'change',"
        f" 'administrator', '{called}', NULL, proposed_at, {_NEVER}, proposed_by FROM {table}"
        " WHERE approved_at IS NULL"
        for table, called in (
            ("calendar_change", "calendar"),
            ("edition_change", "edition_move"),
            ("reference_change", "reference"),
            ("run_reset", "case_reset"),
        )
    ),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("first_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("id", "holder"),
    )
    main = sa.text("main")
    op.create_index("work_case", "work", ["case_id"])
    op.create_index("work_holder_due", "work", ["holder", "due_at", "id"])
    op.create_index("work_holder_since", "work", ["holder", "since", "id"])
    op.create_index("work_due", "work", ["due_at", "id"], postgresql_where=main)
    op.create_index("work_since", "work", ["since", "id"], postgresql_where=main)
    rare = sa.text("kind <> 'term'")
    columns = ["kind", "due_at", "id"]
    op.create_index("work_holder_kind", "work", ["holder", *columns], postgresql_where=rare)
    rare = sa.text("main AND kind <> 'term'")
    op.create_index("work_kind", "work", columns, postgresql_where=rare)
    op.create_table(
        "assignment",
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("work_id"),
    )
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON work, assignment TO ozhb_app")
    for statement in _FILL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("assignment")
    op.drop_table("work")
