"""Administrators hold what goes out, and see how outside systems answer and who works."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
_INSTANT = sa.DateTime(timezone=True)
_NOW = sa.text("clock_timestamp()")
_OPERATIONS = sa.text(
    "action NOT IN ('person_read', 'delivery_read', 'document_read', 'read_report')"
)
# Operations are found by who did them, what was done, and when.
_FOUND_BY = {
    "audit_official": ["actor_id", "id"],
    "audit_action": ["action", "id"],
    "audit_at": ["at"],
}


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), primary_key=True),
        sa.Column("switch", sa.String(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", _INSTANT, server_default=sa.text("legal_now()"), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(released_by is null) = (released_at is null)", name="hold_released_by_somebody"
        ),
    )
    op.create_index(
        "one_hold_of_a_switch",
        "hold",
        ["switch"],
        unique=True,
        postgresql_where=sa.text("released_at is null"),
    )
    op.create_table(
        "outside_system",
        sa.Column("system", sa.String(), primary_key=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("failed_at", _INSTANT, nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
    )
    op.create_table(
        "running_process",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("build", sa.String(), nullable=False),
        sa.Column("queues", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("editions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("started_at", _INSTANT, server_default=_NOW, nullable=False),
        sa.Column("seen_at", _INSTANT, server_default=_NOW, nullable=False),
    )
    for name, columns in _FOUND_BY.items():
        op.create_index(name, "audit", columns, postgresql_where=_OPERATIONS)
    op.execute("GRANT SELECT, INSERT ON hold TO ozhb_app")
    op.execute("GRANT UPDATE (released_by, released_at) ON hold TO ozhb_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON outside_system TO ozhb_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON running_process TO ozhb_app")


def downgrade() -> None:
    for name in _FOUND_BY:
        op.drop_index(name, table_name="audit")
    op.drop_table("running_process")
    op.drop_table("outside_system")
    op.drop_table("hold")
