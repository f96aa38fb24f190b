"""Number texts by the provider that was handed them: what went out before is of the usual ones."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("dispatch", "receipt"):
        op.execute(
            f"UPDATE {table} SET provider_id = channel || '/' || provider_id"
            " WHERE channel IS NOT NULL AND provider_id IS NOT NULL"
        )


def downgrade() -> None:
    for table in ("dispatch", "receipt"):
        op.execute(
            f"UPDATE {table} SET provider_id = substr(provider_id, strpos(provider_id, '/') + 1)"
            " WHERE channel IS NOT NULL AND provider_id IS NOT NULL"
        )
