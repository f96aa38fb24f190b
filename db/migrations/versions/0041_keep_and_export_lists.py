"""Keep the lists that somebody comes back to, who took which away and what for, and figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "kept_lists",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "list_export",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("list", JSONB(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kept_figures",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON kept_figures TO ozhb_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON kept_lists TO ozhb_app")
    op.execute("GRANT SELECT, INSERT ON list_export TO ozhb_app")


def downgrade() -> None:
    op.drop_table("kept_figures")
    op.drop_table("list_export")
    op.drop_table("kept_lists")
