"""Events have a salt, so that a part of one can be shown and proven without the rest.

Those of before have none, and are proven as they were hashed then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("event", sa.Column("salt", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("event", "salt")
