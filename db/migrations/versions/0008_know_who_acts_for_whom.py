"""Know who acts for whom, and which authority pays the orders of those who moved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
_IDS = postgresql.ARRAY(sa.Uuid())


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "representation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("paper_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["recipient_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("paper_index"),
    )
    op.execute("GRANT SELECT, INSERT ON representation TO ozhb_app")
    for name in ("representative_ids", "payer_ids"):
        op.add_column(
            "case_view", sa.Column(name, _IDS, server_default=sa.text("'{}'"), nullable=False)
        )
    op.execute(
        "UPDATE case_view SET representative_ids = ARRAY[representative_id]"
        " WHERE representative_id IS NOT NULL"
    )
    op.drop_column("case_view", "representative_id")
    op.create_index(
        "case_view_representatives", "case_view", ["representative_ids"], postgresql_using="gin"
    )
    op.create_index(
        "inbox_caseworker",
        "inbox",
        ["on_behalf_of", "actor_id"],
        postgresql_where=sa.text("actor_role = 'caseworker'"),
    )
    op.create_index("case_view_payers", "case_view", ["payer_ids"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index(
        "inbox_caseworker",
        table_name="inbox",
        postgresql_where=sa.text("actor_role = 'caseworker'"),
    )
    op.drop_index("case_view_payers", table_name="case_view")
    op.drop_index("case_view_representatives", table_name="case_view")
    op.add_column("case_view", sa.Column("representative_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE case_view SET representative_id = representative_ids[1]")
    op.drop_column("case_view", "payer_ids")
    op.drop_column("case_view", "representative_ids")
    op.drop_table("representation")
