"""Register suppliers by application, and remove them from the register."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "supplier_application",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("bin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("regions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("assistants_only", sa.Boolean(), nullable=False),
        sa.Column("proven", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "submitted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(bin is null) <> (person_id is null)", name="application_is_of_one_kind"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at is null)", name="application_decided_once"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_application",
        "supplier_application",
        [sa.text("coalesce(bin, CAST(person_id AS text))")],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "supplier_removal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("removed_by", sa.Uuid(), nullable=False),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column(
            "noted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("supplier_removal_of", "supplier_removal", ["supplier_id", "id"], unique=False)
    op.create_index(
        "supplier_removal_open",
        "supplier_removal",
        ["id"],
        unique=False,
        postgresql_where=sa.text("settled_at is null"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON supplier_application, supplier_removal TO ozhb_app")


def downgrade() -> None:
    op.drop_table("supplier_removal")
    op.drop_table("supplier_application")
