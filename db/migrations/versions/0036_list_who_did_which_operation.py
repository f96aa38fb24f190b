"""Who did which operation is listed, and found by what it was done to."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

OPERATIONS = sa.text(
    "action NOT IN ('person_read', 'delivery_read', 'document_read', 'read_report')"
)


def upgrade() -> None:
    op.create_index("audit_operation", "audit", ["id"], postgresql_where=OPERATIONS)
    op.create_index("audit_subject", "audit", ["subject", "id"], postgresql_where=OPERATIONS)


def downgrade() -> None:
    op.drop_index("audit_subject", table_name="audit")
    op.drop_index("audit_operation", table_name="audit")
