"""A supplier is taken off the register by two administrators: what one proposed waits here."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "removal_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column(
            "proposed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("removal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "approved_by <> proposed_by", name="removal_approved_by_a_second_person"
        ),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="removal_approval_has_a_person"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"]),
        sa.ForeignKeyConstraint(["removal_id"], ["supplier_removal.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("GRANT SELECT, INSERT ON removal_change TO ozhb_app")
    op.execute("GRANT UPDATE (approved_by, approved_at, removal_id) ON removal_change TO ozhb_app")
    op.execute(
        "CREATE TRIGGER removal_change_is_noted AFTER INSERT ON removal_change FOR EACH ROW"
        " EXECUTE FUNCTION note_line('removal_change', 'id', 'approved_by,approved_at,removal_id')"
    )


def downgrade() -> None:
    op.drop_table("removal_change")
