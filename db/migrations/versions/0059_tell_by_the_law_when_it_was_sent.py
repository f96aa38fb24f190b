"""When something was sent is told by the clock of the law, as when it arrived and why it was sent.

They stand beside each other on a page; the two clocks differ where that of a sandbox was moved.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.alter_column("dispatch", "begun_at", server_default=sa.text("legal_now()"))


def downgrade() -> None:
    op.alter_column("dispatch", "begun_at", server_default=sa.text("clock_timestamp()"))
