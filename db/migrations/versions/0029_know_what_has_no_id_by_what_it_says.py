"""Know what came without an id by what it says: sent again, it is the same."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Of those that came twice before, each keeps its task, and the first stands for all to come.
    op.execute(
        "UPDATE journal SET body_hash = sha256(body_hash || CAST(CAST(id AS text) AS bytea))"
        " WHERE message_id IS NULL AND EXISTS (SELECT 1 FROM journal AS before"
        " WHERE before.message_id IS NULL AND before.body_hash = journal.body_hash"
        " AND before.id < journal.id)"
    )
    nameless = sa.text("message_id IS NULL")
    op.create_index(
        "journal_nameless", "journal", ["body_hash"], unique=True, postgresql_where=nameless
    )


def downgrade() -> None:
    op.drop_index("journal_nameless", "journal")
