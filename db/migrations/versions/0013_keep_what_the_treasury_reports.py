"""Keep what the treasury reports."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

# What came stays as it came: only what became of it is written later.
GRANTS = (
    "GRANT SELECT, INSERT ON treasury_report, report_task TO ozhb_app",
    """GRANT UPDATE (verdict, kind, words, unclear, remarks, not_ours)
       ON treasury_report TO ozhb_app""",
    "GRANT UPDATE (closed_at, closed_by, act_key, act_hash, said) ON report_task TO ozhb_app",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "treasury_report",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("unclear", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("remarks", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("not_ours", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("body_hash"),
    )
    op.create_index(
        "treasury_report_pending",
        "treasury_report",
        ["id"],
        unique=False,
        postgresql_where=sa.text("verdict = 'pending'"),
    )
    op.create_table(
        "report_task",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("act_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("act_hash", sa.LargeBinary(), nullable=True),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["treasury_report.id"]),
        sa.PrimaryKeyConstraint("report_id"),
        sa.UniqueConstraint("act_key"),
    )
    op.create_index(
        "report_task_open",
        "report_task",
        ["report_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(
        "report_task_open", table_name="report_task", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_table("report_task")
    op.drop_index(
        "treasury_report_pending",
        table_name="treasury_report",
        postgresql_where=sa.text("verdict = 'pending'"),
    )
    op.drop_table("treasury_report")
