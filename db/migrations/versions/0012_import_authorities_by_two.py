"""Keep what two administrators say of authorities and catalogues, every version whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
_APPROVAL = "approved_by, approved_at, differences"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("authority", sa.Column("record", JSONB(), nullable=True))
    op.create_table(
        "commission",
        sa.Column("region", sa.String(), primary_key=True),
        sa.Column("record", JSONB(), nullable=False),
    )
    op.create_table(
        "reference_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column(
            "proposed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("differences", JSONB(), nullable=True),
        sa.CheckConstraint(
            "approved_by <> proposed_by", name="reference_approved_by_a_second_person"
        ),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="reference_approval_has_a_person"
        ),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON commission TO ozhb_app")
    op.execute("GRANT SELECT, INSERT ON reference_change TO ozhb_app")
    op.execute(f"GRANT UPDATE ({_APPROVAL}) ON reference_change TO ozhb_app")


def downgrade() -> None:
    op.drop_table("reference_change")
    op.drop_table("commission")
    op.drop_column("authority", "record")
