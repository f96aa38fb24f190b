"""Show a commission the cases of its region."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "case_view", sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )
    op.execute("UPDATE case_view SET region = coalesce(state -> 'measure' ->> 'region', '')")
    op.alter_column("case_view", "region", nullable=False)
    op.create_index(
        "case_view_region",
        "case_view",
        ["region"],
        unique=False,
        postgresql_ops={"region": "text_pattern_ops"},
    )


def downgrade() -> None:
    op.drop_index("case_view_region", table_name="case_view")
    op.drop_column("case_view", "region")
