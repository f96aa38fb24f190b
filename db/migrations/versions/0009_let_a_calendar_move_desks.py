"""Let a changed calendar move the terms of rejected messages that lie on desks."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("GRANT UPDATE (due_at, certificate) ON intake_task TO ozhb_app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (due_at, certificate) ON intake_task FROM ozhb_app")
