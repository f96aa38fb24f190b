"""Find the documents of a case without a walk over its file."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    brought = sa.text("(data ? 'paper' OR (data -> 'period') ? 'application')")
    op.create_index("event_papers", "event", ["case_id", "seq"], postgresql_where=brought)


def downgrade() -> None:
    op.drop_index("event_papers", "event")
