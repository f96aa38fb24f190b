"""A session knows whose it is and when it was used, so that it ends unused, or with all others.

Sessions from before end with their token, as they did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("browser_session", sa.Column("whose", sa.LargeBinary(), nullable=True))
    op.add_column("browser_session", sa.Column("at_provider", sa.LargeBinary(), nullable=True))
    for name in ("began_at", "used_at"):
        op.add_column(
            "browser_session",
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
            ),
        )
    for name in ("whose", "at_provider"):
        op.create_index(f"ix_browser_session_{name}", "browser_session", [name])
    op.execute("GRANT UPDATE (sealed, used_at) ON browser_session TO ozhb_app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (sealed, used_at) ON browser_session FROM ozhb_app")
    for name in ("at_provider", "whose"):
        op.drop_index(f"ix_browser_session_{name}", table_name="browser_session")
    for name in ("used_at", "began_at", "at_provider", "whose"):
        op.drop_column("browser_session", name)
