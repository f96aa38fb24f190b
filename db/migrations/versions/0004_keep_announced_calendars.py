"""Keep calendars that were announced after the build, and how far their change has gone."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "calendar_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column(
            "proposed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Uuid(), nullable=True),
        sa.Column("looked_at", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("extended", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_to", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name="approved_by_a_second_person"),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="approval_has_a_person"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_approved_calendar",
        "calendar_change",
        ["version"],
        unique=True,
        postgresql_where=sa.text("approved_at is not null"),
    )
    op.create_index(
        "event_calendar",
        "event",
        ["message_id", "case_id"],
        unique=False,
        postgresql_where=sa.text("type = 'calendar_changed'"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON calendar_change TO ozhb_app")


def downgrade() -> None:
    op.drop_index(
        "event_calendar",
        table_name="event",
        postgresql_where=sa.text("type = 'calendar_changed'"),
    )
    op.drop_index(
        "one_approved_calendar",
        table_name="calendar_change",
        postgresql_where=sa.text("approved_at is not null"),
    )
    op.drop_table("calendar_change")
