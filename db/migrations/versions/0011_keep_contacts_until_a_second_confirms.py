"""Keep how an entered representative can be reached until a second caseworker has confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "representation_contacts",
        sa.Column("representation_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["representation_id"], ["representation.id"]),
        sa.PrimaryKeyConstraint("representation_id", "fingerprint"),
    )
    op.execute("GRANT SELECT, INSERT ON representation_contacts TO ozhb_app")


def downgrade() -> None:
    op.drop_table("representation_contacts")
