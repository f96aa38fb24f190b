"""Keep what was asked beside cases under a key, so that it is done once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "asked_once",
        sa.Column("actor_key", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made", postgresql.JSONB(), nullable=True),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("actor_key", "key"),
    )
    op.execute("GRANT SELECT, INSERT ON asked_once TO ozhb_app")
    op.execute("GRANT UPDATE (made) ON asked_once TO ozhb_app")


def downgrade() -> None:
    op.drop_table("asked_once")
