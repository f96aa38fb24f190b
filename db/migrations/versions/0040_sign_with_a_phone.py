"""People sign with a phone: what is asked of it, sealed under the secret of a QR code."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "phone_signing",
        sa.Column("id", sa.LargeBinary(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (signed), DELETE ON phone_signing TO ozhb_app")


def downgrade() -> None:
    op.drop_table("phone_signing")
