"""Cases in which nobody was told or said anything for long are found by a walk that goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "silent_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "silence_place",
        sa.Column("xid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("xid"),
    )
    op.execute("INSERT INTO silence_place VALUES (0, '00000000-0000-0000-0000-000000000000')")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON silent_case TO ozhb_app")
    op.execute("GRANT SELECT, UPDATE ON silence_place TO ozhb_app")


def downgrade() -> None:
    op.drop_table("silence_place")
    op.drop_table("silent_case")
