"""Keep the wish that open cases go on under a later edition, and how far it was carried out."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "edition_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("edition", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
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
        sa.CheckConstraint("approved_by <> proposed_by", name="move_approved_by_a_second_person"),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="move_approval_has_a_person"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "event_edition",
        "event",
        ["message_id", "case_id"],
        unique=False,
        postgresql_where=sa.text("type = 'edition_moved'"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON edition_change TO ozhb_app")


def downgrade() -> None:
    op.drop_index(
        "event_edition", table_name="event", postgresql_where=sa.text("type = 'edition_moved'")
    )
    op.drop_table("edition_change")
