"""Who decided, removed or imported stands on record (`audit`, proposals): three columns said it
once more, and nobody read them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

_NOBODY = sa.text("'00000000-0000-0000-0000-000000000000'")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("supplier_application", "decided_by")
    op.drop_column("supplier_removal", "removed_by")
    op.drop_column("catalogue", "imported_by")


def downgrade() -> None:
    op.add_column("supplier_application", sa.Column("decided_by", sa.Uuid(), nullable=True))
    for table, name in (("supplier_removal", "removed_by"), ("catalogue", "imported_by")):
        op.add_column(table, sa.Column(name, sa.Uuid(), server_default=_NOBODY, nullable=False))
        op.alter_column(table, name, server_default=None)
