"""Who reads which part of a case is recorded, by the hour; the rows lie apart by month."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0045"
_INSTANT = sa.DateTime(timezone=True)
# A partition is attached, not created in its place: others may read and write meanwhile. Of two who
# begin a month at once the second waits, and sees it then.
_MONTHS = """
CREATE FUNCTION months_of_reads(since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE month timestamptz := date_trunc('month', since); part text;
BEGIN
  WHILE month <= until LOOP
    part := 'case_read_' || to_char(month, 'YYYYMM');
    IF to_regclass(part) IS NULL THEN
      LOCK TABLE case_read IN SHARE UPDATE EXCLUSIVE MODE;
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE case_read INCLUDING ALL EXCLUDING IDENTITY)', part);
        EXECUTE format('ALTER TABLE case_read ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
          part, month, month + interval '1 month');
      END IF;
    END IF;
    month := month + interval '1 month';
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "case_read",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("hour", _INSTANT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("first_at", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "hour", "actor_id", "role", "place", "part", "purpose"),
        postgresql_partition_by="RANGE (hour)",
    )
    op.create_index("case_read_reader", "case_read", ["actor_id", "id"])
    op.create_index(
        "case_read_outside",
        "case_read",
        ["hour", "actor_id"],
        postgresql_where=sa.text("standing = 'outside'"),
    )
    op.execute("GRANT SELECT, INSERT ON case_read TO ozhb_app")
    op.execute("GRANT UPDATE (last_at, times) ON case_read TO ozhb_app")
    op.execute(_MONTHS)
    op.execute("REVOKE ALL ON FUNCTION months_of_reads(timestamptz, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION months_of_reads(timestamptz, timestamptz) TO ozhb_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION months_of_reads(timestamptz, timestamptz)")
    op.drop_table("case_read")
