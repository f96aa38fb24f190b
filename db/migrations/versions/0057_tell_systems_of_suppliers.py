"""Systems of suppliers are told what has changed, at addresses that the suppliers name."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
_INSTANT = sa.DateTime(timezone=True)
_WALL_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), primary_key=True),
        sa.Column("supplier_id", sa.Uuid(), sa.ForeignKey("supplier.id"), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("after_xid", sa.BigInteger(), nullable=False),
        sa.Column("after_case", sa.Uuid(), nullable=False),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", _INSTANT, nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("made_at", _INSTANT, server_default=_WALL_NOW, nullable=False),
    )
    op.create_index("ix_webhook_supplier_id", "webhook", ["supplier_id"])
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("webhook_id", sa.Uuid(), sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("at", _INSTANT, server_default=_WALL_NOW, nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
    )
    op.create_index("webhook_attempt_of", "webhook_attempt", ["webhook_id", "id"])
    op.execute("GRANT SELECT, INSERT, DELETE ON webhook TO ozhb_app")
    moved = "secret, after_xid, after_case, ended, failures, failing_since, due_at"
    op.execute(f"GRANT UPDATE ({moved}) ON webhook TO ozhb_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON webhook_attempt TO ozhb_app")


def downgrade() -> None:
    op.drop_table("webhook_attempt")
    op.drop_table("webhook")
