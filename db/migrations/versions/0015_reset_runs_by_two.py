"""Have a run reset only after a second administrator has approved it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "run_reset",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("to_seq", sa.Integer(), nullable=True),
        sa.Column("to_event", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column(
            "proposed_at", _INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", _INSTANT, nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name="reset_approved_by_a_second_person"),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="reset_approved_by_somebody"
        ),
        sa.CheckConstraint("(to_seq is null) <> (to_event is null)", name="reset_to_one_point"),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "run_reset_open", "run_reset", ["case_id"], postgresql_where=sa.text("approved_at is null")
    )
    op.execute("GRANT SELECT, INSERT ON run_reset TO ozhb_app")
    op.execute("GRANT UPDATE (approved_by, approved_at) ON run_reset TO ozhb_app")


def downgrade() -> None:
    op.drop_table("run_reset")
