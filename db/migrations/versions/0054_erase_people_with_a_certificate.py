"""A person is erased with a certificate of it, by two administrators or when a term is over, unless
something stands against it, as a legal hold does.

What lies in an envelope has a line over what is beyond its wrapped key: a master key may change,
and the key of one envelope may be destroyed, and every line holds. Of before it is noted anew, as
far as it is as it was noted then.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
_INSTANT = sa.DateTime(timezone=True)
_MAKE_ID = sa.text("uuidv7()")
_LEGAL_NOW = sa.text("legal_now()")
_WALL_NOW = sa.text("clock_timestamp()")
# As `db.master_keys` knows a wrapped key: a length, an id, a colon, and nonce, key and tag. Of an
# envelope whose key was destroyed the length is nothing.
_BEYOND: Final = """
CREATE FUNCTION beyond_key(sealed bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN sealed IS NULL OR length(sealed) < 30 THEN sealed
    WHEN get_byte(sealed, 0) = 0 AND get_byte(sealed, 1) = 0 THEN substring(sealed FROM 3)
    WHEN get_byte(sealed, 0) * 256 + get_byte(sealed, 1) NOT BETWEEN 62 AND 101 THEN sealed
    WHEN length(sealed) < get_byte(sealed, 0) * 256 + get_byte(sealed, 1) + 30 THEN sealed
    WHEN encode(substring(sealed FROM 3
      FOR get_byte(sealed, 0) * 256 + get_byte(sealed, 1) - 60), 'escape') !~ '^[0-9A-Za-z]+:$'
      THEN sealed
    ELSE substring(sealed FROM get_byte(sealed, 0) * 256 + get_byte(sealed, 1) + 3) END
$$
"""
# For good, and nothing else: the application may not write these columns otherwise.
_DESTROY: Final = """
CREATE FUNCTION destroy_old_keys(which text, before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE destroyed integer;
BEGIN
  IF which = 'person_search' THEN
    UPDATE person_search SET reason = '\\x0000'::bytea || beyond_key(reason) WHERE id IN (
      SELECT s.id FROM person_search s WHERE s.at < before AND get_byte(s.reason, 1) <> 0
      AND beyond_key(s.reason) <> s.reason ORDER BY s.id LIMIT most);
  ELSIF which = 'list_export' THEN
    UPDATE list_export SET purpose = '\\x0000'::bytea || beyond_key(purpose) WHERE id IN (
      SELECT e.id FROM list_export e JOIN audit a ON a.subject = e.id AND a.at < before
      WHERE get_byte(e.purpose, 1) <> 0 AND beyond_key(e.purpose) <> e.purpose
      ORDER BY e.id LIMIT most);
  ELSE
    RAISE EXCEPTION 'no envelopes of % have a term', which;
  END IF;
  GET DIAGNOSTICS destroyed = ROW_COUNT;
  RETURN destroyed;
END $$
"""
_HASH: Final = (
    "sha256(convert_to((SELECT coalesce(jsonb_object_agg(name, value), '{{}}')::text"
    " FROM jsonb_each({row}) AS of_row(name, value)"
    " WHERE value <> 'null' AND name <> ALL ({skipped})), 'UTF8'))"
)
_KEY: Final = (
    "(SELECT jsonb_agg({row} -> name ORDER BY place)::text"
    " FROM unnest({names}) WITH ORDINALITY AS of_key(name, place))"
)


def _note(declared: str, beyond: str, relation: str) -> str:
    key = _KEY.format(row="whole", names="string_to_array(TG_ARGV[1], ',')")
    made = _HASH.format(row="whole", skipped="string_to_array(TG_ARGV[2], ',')")
    return f"""
CREATE OR REPLACE FUNCTION note_line() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE whole jsonb := to_jsonb(NEW);{declared}
BEGIN{beyond}
  INSERT INTO record_line (relation, key, hash) VALUES ({relation}, {key}, {made});
  RETURN NULL;
END $$
"""


# As in 0045; of what has an envelope the line is over what is beyond its wrapped key.
_BEYOND_KEY: Final = """
  IF TG_NARGS > 3 THEN
    whole := whole || jsonb_build_object(TG_ARGV[3],
      beyond_key(decode(substr(whole ->> TG_ARGV[3], 3), 'hex')));
    named := named || '#2';
  END IF;"""
# Table → the columns that may change, and its envelope.
ENVELOPES: Final = {
    "hold": ("released_by,released_at", "reason"),
    "list_export": ("", "purpose"),
    "person_search": ("", "reason"),
    "supplier_removal": ("asked,settled_at", "sealed"),
    "treasury_report": ("verdict,kind,words,unclear,remarks,not_ours", "sealed"),
}
LINES: Final = {
    "erasure": "approved_by,approved_at",
    "erasure_certificate": "",
    "legal_hold": "lifted_by,lifted_at",
}


_GUARDED: Final = "EXECUTE ON FUNCTION destroy_old_keys(text, timestamptz, integer)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL timezone = 'UTC'")
    op.execute("SET LOCAL bytea_output = 'hex'")
    _make_tables()
    op.execute(_BEYOND)
    op.execute(_DESTROY)
    op.execute(f"REVOKE {_GUARDED} FROM PUBLIC")
    op.execute(f"GRANT {_GUARDED} TO ozhb_app")
    op.execute(_note(" named text := TG_ARGV[0];", _BEYOND_KEY, "named"))
    for table, (changing, envelope) in ENVELOPES.items():
        _trigger(table, changing, envelope)
        _note_anew(table, changing, envelope)
    for table, changing in LINES.items():
        _trigger(table, changing, *(("reason",) if table == "legal_hold" else ()), new=True)
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ozhb_app")
        if changing:
            op.execute(f"GRANT UPDATE ({changing}) ON {table} TO ozhb_app")
    op.create_index(
        "journal_untaken",
        "journal",
        ["id"],
        postgresql_where=sa.text("verdict <> 'accepted'"),
    )


def downgrade() -> None:
    op.drop_index("journal_untaken", table_name="journal")
    for table in ("erasure_certificate", "erasure", "legal_hold"):
        op.drop_table(table)
    op.execute(_note("", "", "TG_ARGV[0]"))
    for table, (changing, _) in ENVELOPES.items():
        _trigger(table, changing)
    op.execute("DROP FUNCTION destroy_old_keys(text, timestamptz, integer)")
    op.execute("DROP FUNCTION beyond_key(bytea)")


def _trigger(table: str, changing: str, *envelope: str, new: bool = False) -> None:
    if not new:
        op.execute(f"DROP TRIGGER {table}_is_noted ON {table}")
    told = ", ".join(f"'{one}'" for one in (table, "id", changing, *envelope))
    op.execute(
        f"CREATE TRIGGER {table}_is_noted AFTER INSERT ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION note_line({told})"
    )


def _note_anew(table: str, changing: str, envelope: str) -> None:
    """Whatever was changed since it was noted gets no line that says that it was not."""
    skipped = f"string_to_array('{changing}', ',')"
    beyond = f"(to_jsonb(t) || jsonb_build_object('{envelope}', beyond_key(t.{envelope})))"
    op.execute(
        f"INSERT INTO record_line (relation, key, hash) SELECT '{table}#2', l.key,"
        f" {_HASH.format(row=beyond, skipped=skipped)} FROM {table} t JOIN record_line l"
        f" ON l.relation = '{table}' AND l.key = jsonb_build_array(t.id)::text"
        f" AND l.hash = {_HASH.format(row='to_jsonb(t)', skipped=skipped)}"
    )


def _make_tables() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), server_default=_MAKE_ID, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", _INSTANT, server_default=_LEGAL_NOW, nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(lifted_by is null) = (lifted_at is null)", name="legal_hold_lifted_by_somebody"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_legal_hold_of_a_person",
        "legal_hold",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), server_default=_MAKE_ID, nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", _INSTANT, server_default=_WALL_NOW, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", _INSTANT, nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.CheckConstraint(
            "approved_by <> proposed_by", name="erasure_approved_by_a_second_person"
        ),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="erasure_approval_has_a_person"
        ),
        sa.CheckConstraint("ground in ('request', 'decision')", name="erasure_has_a_ground"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "erasure_certificate",
        sa.Column("id", sa.Uuid(), server_default=_MAKE_ID, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", _INSTANT, server_default=_LEGAL_NOW, nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=True),
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(ground = 'term') = (erasure_id is null)", name="certificate_says_who_decided"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasure.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("erasure_certificate_person", "erasure_certificate", ["person_id"])
