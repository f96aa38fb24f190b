"""Open the case file."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# One legal clock: the server's, plus what the sandbox moved it ahead. The sandbox's role can reach
# nothing else; the application can read it and not move it.
CLOCK = (
    "INSERT INTO legal_clock (id) VALUES (1)",
    """CREATE FUNCTION legal_now() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
       SET search_path = public, pg_temp
       AS $$ SELECT clock_timestamp() + ahead FROM legal_clock WHERE id = 1 $$""",
    """CREATE FUNCTION move_legal_clock(forward interval) RETURNS timestamptz LANGUAGE plpgsql
       SECURITY DEFINER SET search_path = public, pg_temp AS $$
       BEGIN
         IF forward < interval '0' THEN
           RAISE EXCEPTION 'the legal clock never goes back';
         END IF;
         UPDATE legal_clock SET ahead = ahead + forward WHERE id = 1;
         RETURN legal_now();
       END $$""",
    "REVOKE ALL ON FUNCTION move_legal_clock(interval) FROM PUBLIC",
)

# What was received and what was recorded can be added to and read, never changed.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO ozhb_app",
    # Where people are served nobody moves the clock, and there is no such role.
    """DO $$ BEGIN
         IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ozhb_sandbox') THEN
           GRANT USAGE ON SCHEMA public TO ozhb_sandbox;
           GRANT EXECUTE ON FUNCTION move_legal_clock(interval) TO ozhb_sandbox;
         END IF;
       END $$""",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ozhb_app",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ozhb_app",
    "REVOKE INSERT ON legal_clock, alembic_version FROM ozhb_app",
    """GRANT UPDATE ON person, person_key, authority, supplier, offer, dispatch, case_view,
       norm_use, task TO ozhb_app""",
    "GRANT UPDATE (verdict, case_id, inbox_id, mistakes, sealed) ON journal TO ozhb_app",
    "GRANT UPDATE (seq, hash, run_id, person_id) ON case_head TO ozhb_app",
    "GRANT DELETE ON person_key, case_view, deadline, norm_use, task TO ozhb_app",
)
UNDO = (
    "DROP SEQUENCE case_reference",
    "DROP FUNCTION move_legal_clock(interval)",
    "DROP FUNCTION legal_now()",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "legal_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.Interval(), server_default=sa.text("'0'"), nullable=False),
        sa.CheckConstraint("id = 1", name="one_clock"),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in CLOCK:
        op.execute(statement)
    op.execute("CREATE SEQUENCE case_reference")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("legal_now()"), nullable=False
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "authority",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("bin", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bin"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("mistakes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index(
        "journal_pending",
        "journal",
        ["id"],
        unique=False,
        postgresql_where=sa.text("verdict = 'pending'"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("iin_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("iin_index"),
    )
    op.create_table(
        "case_head",
        sa.Column("case_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("programme_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("measure_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("edition", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("programme_number", "measure_id", name="one_case_per_measure"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(op.f("ix_case_head_person_id"), "case_head", ["person_id"], unique=False)
    op.create_table(
        "person_key",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "supplier",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("bin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("contacts", sa.LargeBinary(), nullable=True),
        sa.Column("regions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(bin is null) <> (person_id is null)", name="supplier_is_one_kind"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bin"),
        sa.UniqueConstraint("person_id"),
    )
    op.create_table(
        "case_view",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("waits_for", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("representative_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("view", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("case_view_authority", "case_view", ["authority_id", "status"], unique=False)
    op.create_index(
        "case_view_due",
        "case_view",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("not closed"),
    )
    op.create_index("case_view_recipient", "case_view", ["recipient_id"], unique=False)
    op.create_index(
        "case_view_suppliers", "case_view", ["supplier_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index("case_view_xid", "case_view", ["xid", "case_id"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("term", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("certificate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "period", "term", "revision"),
    )
    op.create_table(
        "dispatch",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provider_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("dispatch_provider", "dispatch", ["channel", "provider_id"], unique=False)
    op.create_index(op.f("ix_dispatch_case_id"), "dispatch", ["case_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("sha256", "case_id"),
    )
    op.create_table(
        "event",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("row", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "seq"),
    )
    op.create_index("event_message", "event", ["case_id", "message_id"], unique=False)
    op.create_index("event_xid", "event", ["xid"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("actor_role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("actor_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("idempotency_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "submitted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("legal_now()"),
            nullable=False,
        ),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("actor_key", "idempotency_key", name="inbox_idempotency"),
        sa.UniqueConstraint("place"),
    )
    op.create_index("inbox_case", "inbox", ["case_id", "place"], unique=False)
    op.create_index(
        "inbox_signatory",
        "inbox",
        ["on_behalf_of", "actor_id"],
        unique=False,
        postgresql_where=sa.text("actor_role = 'supplier'"),
    )
    op.create_table(
        "norm_use",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("item", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "period"),
    )
    op.create_index(op.f("ix_norm_use_person_id"), "norm_use", ["person_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("item", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("price > 0", name="offer_has_a_price"),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["supplier.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("supplier_id", "item", name="one_offer_per_item"),
    )
    op.create_index(op.f("ix_offer_item"), "offer", ["item"], unique=False)
    op.create_index(op.f("ix_offer_supplier_id"), "offer", ["supplier_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_head.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "key"),
    )
    op.create_index("task_age", "task", ["opened_at"], unique=False)
    op.create_index("journal_batch", "journal", ["batch_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("channel", "provider_id", "state"),
    )
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("receipt")
    op.drop_index("journal_batch", table_name="journal")
    op.drop_index("task_age", table_name="task")
    op.drop_table("task")
    op.drop_index(op.f("ix_offer_supplier_id"), table_name="offer")
    op.drop_index(op.f("ix_offer_item"), table_name="offer")
    op.drop_table("offer")
    op.drop_index(op.f("ix_norm_use_person_id"), table_name="norm_use")
    op.drop_table("norm_use")
    op.drop_index(
        "inbox_signatory",
        table_name="inbox",
        postgresql_where=sa.text("actor_role = 'supplier'"),
    )
    op.drop_index("inbox_case", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("event_xid", table_name="event")
    op.drop_index("event_message", table_name="event")
    op.drop_table("event")
    op.drop_table("document")
    op.drop_index(op.f("ix_dispatch_case_id"), table_name="dispatch")
    op.drop_index("dispatch_provider", table_name="dispatch")
    op.drop_table("dispatch")
    op.drop_table("deadline")
    op.drop_index("case_view_xid", table_name="case_view")
    op.drop_index("case_view_suppliers", table_name="case_view", postgresql_using="gin")
    op.drop_index("case_view_recipient", table_name="case_view")
    op.drop_index("case_view_due", table_name="case_view", postgresql_where=sa.text("not closed"))
    op.drop_index("case_view_authority", table_name="case_view")
    op.drop_table("case_view")
    op.drop_table("supplier")
    op.drop_table("person_key")
    op.drop_index(op.f("ix_case_head_person_id"), table_name="case_head")
    op.drop_table("case_head")
    op.drop_table("person")
    op.drop_index(
        "journal_pending", table_name="journal", postgresql_where=sa.text("verdict = 'pending'")
    )
    op.drop_table("journal")
    op.drop_table("authority")
    op.drop_table("audit")
    for statement in UNDO:
        op.execute(statement)
    op.drop_table("legal_clock")
