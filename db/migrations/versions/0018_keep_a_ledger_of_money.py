"""Keep a ledger of the money of each order: append-only, double entry, and never paid beside."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0018"
down_revision = "0017"

# No code path can pass it: it holds for whoever writes, under the lock of the case's file. Facts
# that the treasury tells are always taken; what is refused is to reserve money anew.
GUARD = """
CREATE FUNCTION money_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lies bigint;
  on_its_way bigint;
  left_due bigint;
BEGIN
  PERFORM 1 FROM case_head WHERE case_id = NEW.case_id FOR NO KEY UPDATE;
  IF NEW.debit NOT IN ('approved', 'due') THEN
    SELECT coalesce(sum(CASE WHEN credit = NEW.debit THEN amount ELSE -amount END), 0) INTO lies
      FROM money WHERE case_id = NEW.case_id AND payment = NEW.payment
       AND NEW.debit IN (debit, credit);
    IF lies < 0 THEN
      RAISE EXCEPTION 'the account % of this payment does not hold so much', NEW.debit
        USING ERRCODE = 'check_violation', CONSTRAINT = 'money_lies_there';
    END IF;
  END IF;
  IF NEW.credit = 'reserved' THEN
    SELECT coalesce(sum(amount) FILTER (
             WHERE credit IN ('reserved', 'sent', 'unknown', 'held')), 0)
         - coalesce(sum(amount) FILTER (
             WHERE debit IN ('reserved', 'sent', 'unknown', 'held')), 0),
           coalesce(sum(amount) FILTER (WHERE credit = 'due'), 0)
         - coalesce(sum(amount) FILTER (WHERE debit = 'due'), 0)
      INTO on_its_way, left_due
      FROM money WHERE case_id = NEW.case_id AND period = NEW.period
       AND order_number = NEW.order_number;
    IF on_its_way <> NEW.amount THEN
      RAISE EXCEPTION 'another attempt to pay this order is open, unknown or held'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'money_one_open_attempt';
    END IF;
    IF left_due < 0 THEN
      RAISE EXCEPTION 'more would be paid for this order than is payable'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'money_no_more_than_payable';
    END IF;
  END IF;
  RETURN NULL;
END $$
"""
APPEND_ONLY = """
CREATE FUNCTION money_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of money is only added to'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'money_append_only';
END $$
"""
TRIGGERS = (
    "CREATE TRIGGER money_is_there AFTER INSERT ON money"
    " FOR EACH ROW EXECUTE FUNCTION money_is_there()",
    "CREATE TRIGGER money_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON money"
    " FOR EACH STATEMENT EXECUTE FUNCTION money_is_kept()",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "money",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Integer(), nullable=False),
        sa.Column("payment", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("debit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("credit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.CheckConstraint("amount > 0", name="money_is_some"),
        sa.CheckConstraint(
            "debit <> credit AND NOT (debit = 'due' AND credit IN ('sent', 'unknown'))",
            name="money_is_reserved_first",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "seq", "place"),
    )
    op.create_index("money_day", "money", ["on_day", "authority_id"])
    op.execute("GRANT SELECT, INSERT ON money TO ozhb_app")
    op.execute(GUARD)
    op.execute(APPEND_ONLY)
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("money")
    op.execute("DROP FUNCTION money_is_there()")
    op.execute("DROP FUNCTION money_is_kept()")
