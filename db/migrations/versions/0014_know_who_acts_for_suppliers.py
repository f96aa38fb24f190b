"""Know who has signed in for a supplier; who acted for one before is found in the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "supplier_person",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("supplier_id", "person_id"),
    )
    op.execute("GRANT SELECT, INSERT ON supplier_person TO ozhb_app")


def downgrade() -> None:
    op.drop_table("supplier_person")
