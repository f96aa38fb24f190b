"""Say in which case, and for whom, somebody read what is personal."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("audit", sa.Column("case_id", sa.Uuid(), nullable=True))
    op.add_column("audit", sa.Column("on_behalf_of", sa.Uuid(), nullable=True))
    op.create_foreign_key("audit_case_id_fkey", "audit", "case_head", ["case_id"], ["case_id"])
    op.create_index("ix_audit_case_id", "audit", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_audit_case_id", table_name="audit")
    op.drop_constraint("audit_case_id_fkey", "audit", type_="foreignkey")
    op.drop_column("audit", "on_behalf_of")
    op.drop_column("audit", "case_id")
