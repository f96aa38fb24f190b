"""Let lists read small rows: state and page of a case go into a table of their own.

What operations ask for gets tables too: what is owed to the outside, deadlines that run, how old a
question is, and of which shape a file is.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

_LINE = (
    "case_id, reference, status, since, closed, waits_for, due_at, due_term, item, recipient_id,"
    " representative_ids, authority_id, payer_ids, supplier_ids, region, oblast"
)
_TABLES = (
    "ALTER TABLE case_view RENAME TO case_view_whole",
    "ALTER INDEX case_view_pkey RENAME TO case_view_whole_pkey",
    "ALTER TABLE case_view_whole RENAME CONSTRAINT case_view_case_id_fkey TO whole_case_id_fkey",
    *(
        f"DROP INDEX case_view_{name}"
        for name in (
            "recipient",
            "authority",
            "suppliers",
            "representatives",
            "payers",
            "region",
            "due",
            "xid",
        )
    ),
    """CREATE TABLE case_view (
      case_id uuid PRIMARY KEY REFERENCES case_head (case_id),
      reference varchar NOT NULL, status varchar NOT NULL, since timestamptz NOT NULL,
      closed boolean NOT NULL, waits_for text[] NOT NULL, due_at timestamptz, due_term varchar,
      item varchar NOT NULL, recipient_id uuid NOT NULL,
      representative_ids uuid[] NOT NULL DEFAULT '{}', authority_id uuid NOT NULL,
      payer_ids uuid[] NOT NULL DEFAULT '{}', supplier_ids uuid[] NOT NULL,
      region varchar NOT NULL, oblast varchar NOT NULL)""",
    # What is large lies beside the row, so that those who look for other columns pass it by.
    """CREATE TABLE case_state (
      case_id uuid PRIMARY KEY REFERENCES case_head (case_id),
      seq integer NOT NULL, edition varchar NOT NULL, live boolean NOT NULL, shape bigint NOT NULL,
      view jsonb NOT NULL, state jsonb NOT NULL,
      xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint)
      WITH (toast_tuple_target = 256)""",
    """CREATE TABLE owed (
      case_id uuid NOT NULL REFERENCES case_head (case_id), key varchar NOT NULL,
      kind varchar NOT NULL, asked_at timestamptz NOT NULL, PRIMARY KEY (case_id, key))""",
    """CREATE TABLE open_deadline (
      case_id uuid NOT NULL REFERENCES case_head (case_id), period integer NOT NULL,
      term varchar NOT NULL, revision integer NOT NULL, expires_at timestamptz NOT NULL,
      last_day date NOT NULL, start date NOT NULL, length varchar NOT NULL,
      calendar varchar NOT NULL, authority_id uuid NOT NULL,
      PRIMARY KEY (case_id, period, term))""",
    "ALTER TABLE supplier_view ADD reference varchar, ADD since timestamptz",
    "ALTER TABLE escalation ADD named varchar, ADD reason varchar, ADD asked_at timestamptz",
    "DROP INDEX supplier_view_list",
    "GRANT SELECT, INSERT, UPDATE, DELETE"
    " ON case_view, case_state, owed, open_deadline TO ozhb_app",
    "GRANT UPDATE ON escalation TO ozhb_app",
)
_MOVES = (
    f"""INSERT INTO case_view ({_LINE})
    SELECT case_id, view ->> 'reference', status, CAST(view ->> 'since' AS timestamptz), closed,
      waits_for, due_at, view -> 'due' ->> 'term', item, recipient_id, representative_ids,
      authority_id, payer_ids, supplier_ids, region, left(region, 2) FROM case_view_whole""",
    """INSERT INTO case_state (case_id, seq, edition, live, shape, view, state, xid)
    SELECT v.case_id, v.seq, v.state ->> 'edition',
      NOT v.closed OR v.state -> 'outbox' <> '{}'::jsonb,
      (SELECT bit_xor(CAST(CAST('x' || encode(substring(sha256(convert_to(
         e.seq || ':' || e.type || ':' || e.row, 'UTF8')) FOR 8), 'hex') AS bit(64)) AS bigint))
       FROM event e WHERE e.case_id = v.case_id), v.view, v.state, v.xid
    FROM case_view_whole v""",
    """INSERT INTO owed (case_id, key, kind, asked_at)
    SELECT v.case_id, o.key, o.value ->> 'kind', e.recorded_at FROM case_view_whole v
    CROSS JOIN jsonb_each(v.state -> 'outbox') AS o JOIN event e ON e.case_id = v.case_id
      AND e.seq = CAST(split_part(o.key, '.', 1) AS integer)""",
    """INSERT INTO open_deadline (case_id, period, term, revision, expires_at, last_day, start,
      length, calendar, authority_id)
    SELECT v.case_id, CAST(p.key AS integer), d.key, CAST(d.value ->> 'revision' AS integer),
      CAST(d.value ->> 'expires_at' AS timestamptz), CAST(d.value ->> 'last_day' AS date),
      CAST(d.value -> 'certificate' ->> 'start' AS date), d.value -> 'certificate' ->> 'term',
      d.value -> 'certificate' ->> 'calendar', v.authority_id
    FROM case_view_whole v CROSS JOIN jsonb_each(v.state -> 'periods') AS p
    CROSS JOIN jsonb_each(p.value -> 'deadlines') AS d
    WHERE NOT v.closed AND NOT CAST(d.value ->> 'stopped' AS boolean)
      AND NOT jsonb_exists(d.value -> 'fired', 'over')""",
    """UPDATE supplier_view SET reference = view ->> 'reference',
      since = CAST(view ->> 'since' AS timestamptz)""",
    """UPDATE escalation e SET named = one.value ->> 'to', reason = one.value ->> 'reason',
      asked_at = CAST(one.value ->> 'at' AS timestamptz)
    FROM case_view_whole v, jsonb_each(v.state -> 'escalations') AS one
    WHERE v.case_id = e.case_id AND one.key = e.key""",
    "DROP TABLE case_view_whole",
    """ALTER TABLE supplier_view DROP view, ALTER reference SET NOT NULL,
      ALTER since SET NOT NULL""",
    """ALTER TABLE escalation ALTER named SET NOT NULL, ALTER reason SET NOT NULL,
      ALTER asked_at SET NOT NULL""",
)
_ORDERS = {"reference": "reference", "due": "due_at, case_id", "since": "since, case_id"}
_PLACES = (
    ("case_view", "case_view", ""),
    ("case_view_authority", "case_view", "authority_id, "),
    ("case_view_oblast", "case_view", "oblast, "),
    ("supplier_view_supplier", "supplier_view", "supplier_id, "),
)
_INDEXES = (
    *(
        f"{name}_{order} ON {table} ({place}closed, {columns})"
        for name, table, place in _PLACES
        for order, columns in _ORDERS.items()
    ),
    "case_view_authority_status ON case_view (authority_id, status, closed)",
    "case_view_oblast_status ON case_view (oblast, status, closed)",
    "case_view_status_reference ON case_view (status, closed, reference)",
    "case_view_status_due ON case_view (status, closed, due_at, case_id)",
    "case_view_item ON case_view (item, closed, reference)",
    "case_view_recipient ON case_view (recipient_id)",
    "case_view_representatives ON case_view USING gin (representative_ids)"
    " WHERE representative_ids <> '{}'",
    "case_view_payers ON case_view USING gin (payer_ids) WHERE payer_ids <> '{}'",
    "case_view_waits_for ON case_view USING gin (waits_for) WHERE NOT closed",
    "case_view_closed_waits ON case_view (case_id) WHERE closed AND waits_for <> '{nobody}'",
    "case_state_xid ON case_state (xid, case_id)",
    "case_state_live ON case_state (case_id) WHERE live",
    "case_state_edition ON case_state (edition, case_id) WHERE live",
    "owed_age ON owed (asked_at)",
    "open_deadline_authority ON open_deadline (authority_id)",
    "open_deadline_days ON open_deadline (calendar, last_day)",
    "escalation_age ON escalation (asked_at)",
    "wake_since ON wake (since)",
    "wake_tried ON wake (tried_at)",
    "journal_rejected ON journal (id) WHERE verdict = 'rejected'",
)
# A plan must not take it that what is completed is as often open as anything else.
_STATISTICS = "CREATE STATISTICS case_view_status_closed (mcv) ON status, closed FROM case_view"
# The state as text: it is read once, by the program.
_OPEN_FILE = """
CREATE FUNCTION open_file(which uuid) RETURNS TABLE (
  hash bytea, edition text, person_id uuid, state {kind}, waits boolean, now timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM case_head h WHERE h.case_id = which FOR NO KEY UPDATE;
  RETURN QUERY SELECT h.hash, CAST(h.edition AS text), h.person_id, CAST(v.state AS {kind}),
    EXISTS (SELECT 1 FROM inbox i WHERE i.case_id = which AND i.refused IS NULL AND NOT EXISTS (
      SELECT 1 FROM event e WHERE e.case_id = which AND e.message_id = CAST(i.id AS text))
    ), legal_now()
    FROM case_head h LEFT JOIN {table} v ON v.case_id = which WHERE h.case_id = which;
END $$
"""
_BACK = (
    "DROP FUNCTION open_file(uuid)",
    "DROP STATISTICS case_view_status_closed",
    *(
        f"DROP INDEX {name}"
        for name in ("wake_since", "wake_tried", "journal_rejected", "escalation_age")
    ),
    *(f"DROP INDEX {one.partition(' ')[0]}" for one in _INDEXES if "_view" in one),
    """ALTER TABLE case_view ADD seq integer, ADD view jsonb, ADD state jsonb,
      ADD xid bigint DEFAULT pg_current_xact_id()::text::bigint""",
    """UPDATE case_view v SET seq = s.seq, view = s.view, state = s.state, xid = s.xid
    FROM case_state s WHERE s.case_id = v.case_id""",
    """ALTER TABLE case_view DROP reference, DROP since, DROP due_term, DROP oblast,
      ALTER seq SET NOT NULL, ALTER view SET NOT NULL, ALTER state SET NOT NULL,
      ALTER xid SET NOT NULL""",
    "ALTER TABLE supplier_view ADD view jsonb",
    """UPDATE supplier_view SET view = jsonb_build_object('reference', reference, 'since',
      to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))""",
    """ALTER TABLE supplier_view ALTER view SET NOT NULL, DROP reference, DROP since""",
    "ALTER TABLE escalation DROP named, DROP reason, DROP asked_at",
    "DROP TABLE case_state, owed, open_deadline",
    "CREATE INDEX supplier_view_list ON supplier_view (supplier_id, case_id)",
    "CREATE INDEX case_view_recipient ON case_view (recipient_id)",
    "CREATE INDEX case_view_authority ON case_view (authority_id, status)",
    "CREATE INDEX case_view_suppliers ON case_view USING gin (supplier_ids)",
    "CREATE INDEX case_view_representatives ON case_view USING gin (representative_ids)",
    "CREATE INDEX case_view_payers ON case_view USING gin (payer_ids)",
    "CREATE INDEX case_view_region ON case_view (region text_pattern_ops)",
    "CREATE INDEX case_view_due ON case_view (due_at) WHERE not closed",
    "CREATE INDEX case_view_xid ON case_view (xid, case_id)",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (*_TABLES, *_MOVES):
        op.execute(statement)
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")
    op.execute(_STATISTICS)
    op.execute("DROP FUNCTION open_file(uuid)")
    op.execute(_OPEN_FILE.format(kind="text", table="case_state"))


def downgrade() -> None:
    for statement in _BACK:
        op.execute(statement)
    op.execute(_OPEN_FILE.format(kind="jsonb", table="case_view"))
