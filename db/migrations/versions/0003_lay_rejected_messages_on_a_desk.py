"""Lay rejected messages on a desk."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# What a task was opened with stays: only how it ended is written later.
GRANTS = (
    "GRANT SELECT, INSERT ON intake_task TO ozhb_app",
    """GRANT UPDATE (state, closed_at, closed_by, act_key, act_hash, said, told)
       ON intake_task TO ozhb_app""",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "intake_task",
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("measure_key", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("act_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("act_hash", sa.LargeBinary(), nullable=True),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("told", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at is null)", name="intake_task_closes_once"
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.id"],
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"],
            ["journal.id"],
        ),
        sa.PrimaryKeyConstraint("journal_id"),
        sa.UniqueConstraint("act_key"),
    )
    op.create_index("intake_task_desk", "intake_task", ["authority_id", "journal_id"], unique=False)
    op.create_index(
        "intake_task_due",
        "intake_task",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "intake_task_measure",
        "intake_task",
        ["measure_key"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "intake_task_untold",
        "intake_task",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("state = 'returned' AND told IS NULL"),
    )
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(
        "intake_task_untold",
        table_name="intake_task",
        postgresql_where=sa.text("state = 'returned' AND told IS NULL"),
    )
    op.drop_index(
        "intake_task_measure", table_name="intake_task", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index(
        "intake_task_due", table_name="intake_task", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("intake_task_desk", table_name="intake_task")
    op.drop_table("intake_task")
