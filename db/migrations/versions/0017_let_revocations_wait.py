"""Let revocations wait for their measure, and know what each revision told."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

GRANTS = (
    "GRANT SELECT, INSERT ON told_revision, waiting_message, message_notice TO ozhb_app",
    "GRANT UPDATE (until, certificate, ended_at, overdue_at) ON waiting_message TO ozhb_app",
    "GRANT UPDATE (told) ON message_notice TO ozhb_app",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "told_revision",
        sa.Column("measure_key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("measure_key", "kind", "revision"),
    )
    op.create_table(
        "waiting_message",
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("measure_key", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
        sa.PrimaryKeyConstraint("journal_id"),
    )
    op.create_index(
        "waiting_message_measure",
        "waiting_message",
        ["measure_key"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "waiting_message_due",
        "waiting_message",
        ["until"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND overdue_at IS NULL"),
    )
    op.create_table(
        "message_notice",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("told", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("journal_id", "kind", name="message_notice_once"),
    )
    op.create_index(
        "message_notice_untold",
        "message_notice",
        ["at"],
        unique=False,
        postgresql_where=sa.text("told IS NULL"),
    )
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("message_notice")
    op.drop_table("waiting_message")
    op.drop_table("told_revision")
