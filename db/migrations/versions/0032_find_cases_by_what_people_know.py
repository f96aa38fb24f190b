"""Find cases by a part of their reference, and persons and suppliers by a blind index.

What is there already gets its words by housekeeping, which has the key.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"

# Every four digits of a reference that stand beside each other. Statements are planned with what
# it says in its place, so it is no dearer than that.
FOUR = ", ".join(f"substr(reference, {place}, 4)" for place in range(3, 10))
PARTS = f"""
CREATE FUNCTION reference_parts(reference text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ARRAY[{FOUR}] $$
"""
AT_ONCE: dict[str, Any] = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
NAMED = ("person", "supplier")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in NAMED:
        op.add_column(table, sa.Column("words", postgresql.ARRAY(sa.BigInteger()), nullable=True))
        op.create_index(f"{table}_words", table, ["words"], **AT_ONCE)
        op.create_index(
            f"{table}_without_words", table, ["id"], postgresql_where=sa.text("words is null")
        )
    # Nothing is known of those who were erased.
    op.execute("UPDATE person SET words = '{}' WHERE sealed IS NULL")
    op.execute(PARTS)
    parts = [sa.text("reference_parts(reference)")]
    op.create_index("case_head_reference_parts", "case_head", parts, **AT_ONCE)
    op.create_table(
        "person_search",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "actor_role in ('recipient', 'supplier') or reason is not null",
            name="person_search_has_a_reason",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("GRANT SELECT, INSERT ON person_search TO ozhb_app")


def downgrade() -> None:
    op.drop_table("person_search")
    op.drop_index("case_head_reference_parts", "case_head")
    op.execute("DROP FUNCTION reference_parts(text)")
    for table in NAMED:
        op.drop_index(f"{table}_without_words", table)
        op.drop_index(f"{table}_words", table)
        op.drop_column(table, "words")
