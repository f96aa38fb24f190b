"""People sign in with a browser: their sessions, each sealed under the secret of its cookie."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "browser_session",
        sa.Column("id", sa.LargeBinary(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON browser_session TO ozhb_app")


def downgrade() -> None:
    op.drop_table("browser_session")
