"""When something next comes by itself stands beside the state of a case.

Of files from before, `ozhb migrate` finds it out after this; until then their runs alone look.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("case_state", sa.Column("rings_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "case_state_rings",
        "case_state",
        ["rings_at", "case_id"],
        postgresql_where=sa.text("rings_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("case_state_rings", table_name="case_state")
    op.drop_column("case_state", "rings_at")
