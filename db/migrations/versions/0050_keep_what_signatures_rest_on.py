"""Keep lists of revoked certificates, once each, that verdicts on signatures name by their hash."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "revocation_list",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "kept_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.execute("GRANT SELECT, INSERT ON revocation_list TO ozhb_app")
    op.execute(
        "CREATE TRIGGER revocation_list_is_noted AFTER INSERT ON revocation_list FOR EACH ROW"
        " EXECUTE FUNCTION note_line('revocation_list', 'sha256', '')"
    )


def downgrade() -> None:
    op.drop_table("revocation_list")
