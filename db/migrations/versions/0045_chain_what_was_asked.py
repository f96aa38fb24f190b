"""What was asked of a case is chained as its events are; what is beside the chains has a line with
its hash; and signed heads cover both.

What was asked before is queued, to be chained by the first head. What a later calendar, edition or
removal says may not be changed any more once it is written.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0045"
down_revision = "0044"

# As in 0035, and with it what chains need: the last hash, a place, when and by which transaction it
# is written, and whether something waits to be chained.
_OPEN_FILE: Final = """
CREATE FUNCTION open_file(which uuid, shown integer DEFAULT NULL, sender text DEFAULT NULL,
  under text DEFAULT NULL) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, wrapped bytea, state text, waits boolean,
  arrived timestamptz, now timestamptz, recipient_id uuid, representative_ids uuid[],
  authority_id uuid, payer_ids uuid[], supplier_ids uuid[], region text, asked_ids uuid[],
  calendar text, lines text[], answered boolean{columns}
) LANGUAGE plpgsql AS $$
DECLARE came timestamptz := legal_now();
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(which::text, 3));
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  IF shown IS NOT NULL THEN DELETE FROM wake w WHERE w.case_id = which; END IF;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, k.wrapped,
    CAST(s.state AS text), EXISTS (SELECT 1 FROM unheard u WHERE u.case_id = which),
    came, legal_now(), v.recipient_id, v.representative_ids, v.authority_id, v.payer_ids,
    v.supplier_ids, CAST(v.region AS text), ARRAY(
      SELECT DISTINCT o.person_id FROM escalation e JOIN office o ON o.address = e.address
      WHERE e.case_id = which ORDER BY 1),
    (SELECT CAST(max(c.version) AS text) FROM calendar_change c WHERE c.approved_at IS NOT NULL),
    CASE WHEN shown IS NULL THEN '{{}}' ELSE ARRAY(
      SELECT e.seq || ' ' || CASE e.row WHEN '-' THEN e.type ELSE e.row END FROM event e
      WHERE e.case_id = which AND e.seq > shown ORDER BY e.seq DESC LIMIT 20) END,
    EXISTS (SELECT 1 FROM inbox i WHERE i.actor_key = sender AND i.idempotency_key = under){found}
    FROM case_head h LEFT JOIN case_view v USING (case_id) LEFT JOIN case_state s USING (case_id)
    LEFT JOIN person_key k ON k.person_id = h.person_id WHERE h.case_id = which;
END $$
"""
_COLUMNS: Final = ", told bytea, place bigint, wall timestamptz, xid bigint, loose boolean"
_FOUND: Final = """,
    h.told, CASE WHEN sender IS NOT NULL THEN nextval('{places}') END, clock_timestamp(),
    pg_current_xact_id()::text::bigint, EXISTS (SELECT 1 FROM unlinked l WHERE l.case_id = which)"""
# As in 0034, and with it how far a case was put away under which year.
_PUT_AWAY: Final = """
CREATE OR REPLACE FUNCTION put_away_closed(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE closed record; moved integer := 0;{declared}
BEGIN
  PERFORM 1 FROM put_away FOR UPDATE;
  FOR closed IN SELECT v.case_id, v.since,
      CAST(extract(year FROM v.since AT TIME ZONE 'Asia/Almaty') AS smallint) AS year
    FROM case_view v, put_away p WHERE v.closed AND v.since < before
    AND (v.since, v.case_id) > (p.since, p.case_id) ORDER BY v.since, v.case_id LIMIT most
  LOOP
    PERFORM partition_of(closed.year);
    PERFORM 1 FROM case_head h WHERE h.case_id = closed.case_id FOR NO KEY UPDATE;
    UPDATE event SET year = closed.year WHERE case_id = closed.case_id AND year = 0;
    UPDATE inbox SET year = closed.year WHERE case_id = closed.case_id AND year = 0;
    UPDATE document SET year = closed.year WHERE case_id = closed.case_id AND year = 0;{noted}
    UPDATE put_away SET since = closed.since, case_id = closed.case_id;
    moved := moved + 1;
  END LOOP;
  RETURN moved;
END $$
"""
_NOTED: Final = """
    GET DIAGNOSTICS papers = ROW_COUNT;
    INSERT INTO put_away_case (case_id, seq, place, year, documents) SELECT closed.case_id,
      coalesce((SELECT max(e.seq) FROM event e WHERE e.case_id = closed.case_id), 0),
      coalesce((SELECT max(i.place) FROM inbox i WHERE i.case_id = closed.case_id), 0),
      closed.year, papers;"""
_PUT_AWAY_BEFORE: Final = """
INSERT INTO put_away_case (case_id, seq, place, year, documents)
SELECT c.case_id, c.seq, coalesce((SELECT max(i.place) FROM inbox i
    WHERE i.case_id = c.case_id AND i.year = c.year), 0), c.year,
  (SELECT count(*) FROM document d WHERE d.case_id = c.case_id AND d.year = c.year)
FROM (SELECT case_id, year, max(seq) AS seq FROM event WHERE year <> 0 GROUP BY 1, 2) c
"""
# A row that goes to another part of its table is no new one.
_QUEUE: Final = (
    """
CREATE FUNCTION queue_for_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unlinked (case_id, inbox_id) VALUES (NEW.case_id, NEW.id);
  RETURN NULL;
END $$
""",
    "CREATE TRIGGER inbox_is_chained AFTER INSERT ON inbox FOR EACH ROW"
    " WHEN (NEW.hash IS NULL AND NEW.year = 0) EXECUTE FUNCTION queue_for_chain()",
    "INSERT INTO unlinked (case_id, inbox_id) SELECT case_id, id FROM inbox",
)
# What is hashed of a row: its columns but those that may change, as JSON of PostgreSQL (names by
# their length, then by their bytes), without those that are null: a column that is added later
# changes no hash of before.
_HASH: Final = (
    "sha256(convert_to((SELECT coalesce(jsonb_object_agg(name, value), '{{}}')::text"
    " FROM jsonb_each({row}) AS of_row(name, value)"
    " WHERE value <> 'null' AND name <> ALL ({skipped})), 'UTF8'))"
)
_KEY: Final = (
    "(SELECT jsonb_agg({row} -> name ORDER BY place)::text"
    " FROM unnest({names}) WITH ORDINALITY AS of_key(name, place))"
)
_NOTE: Final = f"""
CREATE FUNCTION note_line() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE whole jsonb := to_jsonb(NEW);
BEGIN
  INSERT INTO record_line (relation, key, hash) VALUES (TG_ARGV[0],
    {_KEY.format(row="whole", names="string_to_array(TG_ARGV[1], ',')")},
    {_HASH.format(row="whole", skipped="string_to_array(TG_ARGV[2], ',')")});
  RETURN NULL;
END $$
"""
# Table → its key, and the columns that may change.
LINES: Final = {
    "asked_once": ("actor_key,key", "made"),
    "audit": ("id", ""),
    "calendar_change": ("id", "approved_by,approved_at,place,looked_at,extended,extended_at"),
    "case_head": ("case_id", "person_id,seq,hash,told"),
    "catalogue": ("id", ""),
    "document": ("sha256,case_id", "year"),
    "edition_change": ("id", "approved_by,approved_at,place,looked_at,extended,extended_at"),
    "hold": ("id", "released_by,released_at"),
    "intake_task": (
        "journal_id",
        "due_at,certificate,state,closed_at,closed_by,act_key,act_hash,said,told",
    ),
    "journal": ("id", "sealed,verdict,case_id,inbox_id,mistakes"),
    "list_export": ("id", ""),
    "message_notice": ("id", "told"),
    "person_search": ("id", ""),
    "put_away_case": ("case_id,seq,place", ""),
    "receipt": ("channel,provider_id,state", ""),
    "reference_change": ("id", "approved_by,approved_at,differences"),
    "report_task": ("report_id", "closed_at,closed_by,act_key,act_hash,said"),
    "representation": ("id", ""),
    "representation_contacts": ("representation_id,fingerprint", ""),
    "run_reset": ("id", "approved_by,approved_at"),
    "supplier_person": ("supplier_id,person_id", ""),
    "supplier_removal": ("id", "asked,settled_at"),
    "told_revision": ("measure_key,kind,revision", ""),
    "treasury_report": ("id", "verdict,kind,words,unclear,remarks,not_ours"),
    "waiting_message": ("journal_id", "until,certificate,ended_at,overdue_at"),
}
# The application may no longer change what was written of these.
_FIXED: Final = ("calendar_change", "edition_change", "supplier_removal")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL timezone = 'UTC'")
    op.execute("SET LOCAL bytea_output = 'hex'")
    _make_tables()
    op.add_column("inbox", sa.Column("hash", sa.LargeBinary(), nullable=True))
    nothing = sa.text("decode(repeat('00', 32), 'hex')")
    op.add_column(
        "case_head", sa.Column("told", sa.LargeBinary(), server_default=nothing, nullable=False)
    )
    op.execute("GRANT UPDATE (told) ON case_head TO ozhb_app")
    for table in _FIXED:
        op.execute(f"REVOKE UPDATE ON {table} FROM ozhb_app")
        op.execute(f"GRANT UPDATE ({LINES[table][1]}) ON {table} TO ozhb_app")
    op.execute(_PUT_AWAY_BEFORE)
    op.execute(_PUT_AWAY.format(declared=" papers integer;", noted=_NOTED))
    for statement in _QUEUE:
        op.execute(statement)
    op.execute(_NOTE)
    for table, (key, changing) in LINES.items():
        _note_lines(table, key, changing)
    places = _sequence()
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE {places} TO ozhb_app")
    _open_file(_COLUMNS, _FOUND.format(places=places))


def downgrade() -> None:
    _open_file("", "")
    op.execute(f"REVOKE USAGE, SELECT ON SEQUENCE {_sequence()} FROM ozhb_app")
    for table in LINES:
        op.execute(f"DROP TRIGGER {table}_is_noted ON {table}")
    op.execute("DROP FUNCTION note_line")
    op.execute("DROP TRIGGER inbox_is_chained ON inbox")
    op.execute("DROP FUNCTION queue_for_chain")
    op.execute(_PUT_AWAY.format(declared="", noted=""))
    for table in _FIXED:
        op.execute(f"GRANT UPDATE ON {table} TO ozhb_app")
    op.drop_column("case_head", "told")
    op.drop_column("inbox", "hash")
    for table in (
        *("put_away_case", "record_leaves", "record_head", "record_line"),
        *("unlinked", "linked"),
    ):
        op.drop_table(table)


def _sequence() -> str:
    asked = sa.text("SELECT pg_get_serial_sequence('inbox', 'place')")
    return str(op.get_bind().execute(asked).scalar_one())


def _note_lines(table: str, key: str, changing: str) -> None:
    of_parts = " WHEN (NEW.year = 0)" if table == "document" else ""
    op.execute(
        f"CREATE TRIGGER {table}_is_noted AFTER INSERT ON {table} FOR EACH ROW{of_parts}"
        f" EXECUTE FUNCTION note_line('{table}', '{key}', '{changing}')"
    )
    names, skipped = (f"string_to_array('{one}', ',')" for one in (key, changing))
    op.execute(
        f"INSERT INTO record_line (relation, key, hash) SELECT '{table}',"
        f" {_KEY.format(row='to_jsonb(t)', names=names)},"
        f" {_HASH.format(row='to_jsonb(t)', skipped=skipped)} FROM {table} t"
    )


def _open_file(columns: str, found: str) -> None:
    op.execute("DROP FUNCTION open_file(uuid, integer, text, text)")
    op.execute(_OPEN_FILE.format(columns=columns, found=found))


def _make_tables() -> None:
    op.create_table(
        "linked",
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("inbox_id"),
        sa.UniqueConstraint("place"),
    )
    op.create_index("ix_linked_case_id", "linked", ["case_id"])
    op.create_table(
        "unlinked",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "inbox_id"),
    )
    op.create_table(
        "record_line",
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("xid", "id"),
    )
    wall = sa.text("clock_timestamp()")
    op.create_table(
        "record_head",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("legal_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_xid", sa.BigInteger(), nullable=False),
        sa.Column("until_place", sa.BigInteger(), nullable=False),
        sa.Column("jws", sa.String(), nullable=False),
        sa.Column("public_key", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "record_leaves",
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("first_case", sa.Uuid(), nullable=False),
        sa.Column("last_case", sa.Uuid(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["head"], ["record_head.number"]),
        sa.PrimaryKeyConstraint("head", "part"),
    )
    op.create_table(
        "put_away_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=wall, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_head.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "seq", "place"),
    )
    tables = "linked, record_line, record_head, record_leaves"
    op.execute(f"GRANT SELECT, INSERT ON {tables} TO ozhb_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON unlinked TO ozhb_app")
    op.execute("GRANT SELECT ON put_away_case TO ozhb_app")
