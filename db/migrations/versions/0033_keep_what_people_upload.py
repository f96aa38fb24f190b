"""Keep the documents that people upload, until a command names them or nobody has."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
BEFORE = "(data ? 'paper' OR (data -> 'period') ? 'application')"
BROUGHT = "(data ? 'paper' OR data ? 'documents' OR (data -> 'period') ? 'application')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "upload",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("unused_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "sha256", "side"),
    )
    op.create_index(
        "upload_unused",
        "upload",
        ["unused_until"],
        postgresql_where=sa.text("unused_until IS NOT NULL"),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON upload TO ozhb_app")
    op.execute("GRANT UPDATE (kind, unused_until) ON upload TO ozhb_app")
    op.add_column("audit", sa.Column("sha256", sa.String(), nullable=True))
    _find_documents(BROUGHT)


def downgrade() -> None:
    _find_documents(BEFORE)
    op.drop_column("audit", "sha256")
    op.drop_table("upload")


def _find_documents(brought: str) -> None:
    op.drop_index("event_papers", "event")
    op.create_index("event_papers", "event", ["case_id", "seq"], postgresql_where=sa.text(brought))
