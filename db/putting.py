"""The one statement of a take: new events, and everything that stands for their case."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from db.columns import THIS_XID

# SQL that has the rest of a transaction planned once by each session. One plan fits every file, and
# that of the statement below takes PostgreSQL three milliseconds: left to choose, it makes it anew
# time after time, for with the values at hand it looks a little cheaper.
PLANNED_ONCE: Final = "set_config('plan_cache_mode', 'force_generic_plan', true)"

# Columns of `case_view` with the values that they are made from.
_LINE: Final = {
    "reference": "CAST(:reference AS text)",
    "status": "CAST(:status AS text)",
    "since": "CAST(:since AS timestamptz)",
    "closed": "CAST(:closed AS boolean)",
    "waits_for": "CAST(:waits_for AS text[])",
    "due_at": "CAST(:due_at AS timestamptz)",
    "due_term": "CAST(:due_term AS text)",
    "item": "CAST(:item AS text)",
    "recipient_id": "CAST(:recipient AS uuid)",
    "representative_ids": "CAST(:representatives AS uuid[])",
    "authority_id": "CAST(:authority AS uuid)",
    "payer_ids": "CAST(:payers AS uuid[])",
    "supplier_ids": "CAST(:suppliers AS uuid[])",
    "region": "CAST(:region AS text)",
    "oblast": "left(CAST(:region AS text), 2)",
}


def _put(table: str, keys: Sequence[str], columns: Sequence[str], rows: str) -> str:
    """SQL: `rows` are brought into a table of the case, which has them by these keys; what is the
    same is not touched, not even locked: nobody else writes there under the lock of the file.
    """
    names, key = ", ".join(columns), "".join(f", {one}" for one in keys)
    held, new = (", ".join(f"{of}.{one}" for one in columns) for of in ("held", "r"))
    same = "".join(f" AND held.{one} = r.{one}" for one in keys)
    return (
        f" {table}_rows AS ({rows}),"
        f" {table}_moved AS (UPDATE {table} AS held SET ({names}) = ROW ({new})"
        f" FROM {table}_rows r WHERE held.case_id = :case_id{same}"
        f" AND ({held}) IS DISTINCT FROM ({new})),"
        f" {table}_made AS (INSERT INTO {table} (case_id{key}, {names})"
        f" SELECT CAST(:case_id AS uuid){key}, {names} FROM {table}_rows r WHERE NOT EXISTS"
        f" (SELECT FROM {table} held WHERE held.case_id = :case_id{same}))"
    )


def _kept(
    table: str, keys: Sequence[str], columns: Sequence[str], rows: str, only: str = ""
) -> str:
    """SQL: the rows of a case in a small table become `rows`.

    Where `only` names a parameter, that is said of rows with these keys, or if it is null of all.
    """
    key = ", ".join(keys)
    meant = f" AND (CAST(:{only} AS text[]) IS NULL OR key = ANY(:{only}))" if only else ""
    return (
        f"{_put(table, keys, columns, rows)},"
        f" {table}_gone AS (DELETE FROM {table} WHERE case_id = :case_id"
        f" AND ({key}) NOT IN (SELECT {key} FROM {table}_rows){meant} RETURNING {key})"
    )


# Events with the place that they have in the chain, how far the file then goes, by what it was told
# (of an effect the first word stays), and that the run of the case is to hear of it.
_EVENTS: Final = (
    " made AS (INSERT INTO event (case_id, seq, type, row, message_id, at, actor_role, actor_id,"
    " on_behalf_of, period, data, previous, hash, recorded_at, xid, salt)"
    " SELECT CAST(:case_id AS uuid), e.seq, e.type, e.row, e.message_id, e.at, e.actor_role,"
    " e.actor_id, e.on_behalf_of, e.period, e.data, decode(e.previous, 'hex'),"
    " decode(e.hash, 'hex'), stamp.at, :xid, CAST(:salt AS bytea) FROM stamp,"
    " jsonb_to_recordset(CAST(:events AS jsonb))"
    " AS e(seq integer, type text, row text, message_id text, at timestamptz, actor_role text,"
    " actor_id uuid, on_behalf_of uuid, period integer, data jsonb, previous text, hash text)),"
    " head AS (UPDATE case_head SET seq = :seq, hash = :hash, told = :told"
    " WHERE case_id = :case_id),"
    " word AS (INSERT INTO inbox (id, case_id, name, period, submitted_at, actor_role, actor_id,"
    " on_behalf_of, actor_key, idempotency_key, body_hash, sealed, data, facts, place, received_at,"
    " hash) SELECT w.id, CAST(:case_id AS uuid), w.name, w.period, w.at, w.actor_role, w.actor_id,"
    " w.on_behalf_of, w.actor_key, w.key, decode(w.body_hash, 'hex'), decode(w.sealed, 'hex'),"
    " w.data, w.facts, w.place, stamp.at, decode(w.hash, 'hex') FROM stamp,"
    " jsonb_to_recordset(CAST(:words AS jsonb)) AS w(id uuid, name text, period integer,"
    " at timestamptz, actor_role text, actor_id uuid, on_behalf_of uuid, actor_key text, key text,"
    " body_hash text, sealed text, data jsonb, facts jsonb, place bigint, hash text)),"
    " answered AS (INSERT INTO dispatch (key, case_id, kind, data, outcome)"
    " SELECT a.key, CAST(:case_id AS uuid), a.kind, '{}', a.outcome"
    " FROM jsonb_to_recordset(CAST(:answers AS jsonb)) AS a(key text, kind text, outcome jsonb)"
    " ON CONFLICT (key) DO NOTHING),"
    " woken AS (INSERT INTO wake AS w (case_id, seq, since, tried_at) SELECT"
    " CAST(:case_id AS uuid), :seq, stamp.at + CAST(:patience AS interval),"
    " stamp.at + CAST(:patience AS interval) FROM stamp WHERE :wakes"
    " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq,"
    " since = least(w.since, excluded.since), tried_at = least(w.tried_at, excluded.tried_at)),"
)
# Where nothing changes for a supplier, it is not told that something has.
_SUPPLIERS: Final = (
    " sights AS (SELECT * FROM jsonb_to_recordset(CAST(:sights AS jsonb)) AS s(supplier uuid,"
    " seq integer, reference text, status text, since timestamptz, closed boolean,"
    " waits_for text[], due_at timestamptz, item text)),"
    " sights_moved AS (UPDATE supplier_view AS v SET seq = s.seq, reference = s.reference,"
    " status = s.status, since = s.since, closed = s.closed, waits_for = s.waits_for,"
    f" due_at = s.due_at, item = s.item, xid = {THIS_XID.text} FROM sights s"
    " WHERE v.case_id = :case_id AND v.supplier_id = s.supplier AND v.seq < s.seq),"
    " sights_made AS (INSERT INTO supplier_view (case_id, supplier_id, seq, reference, status,"
    " since, closed, waits_for, due_at, item) SELECT CAST(:case_id AS uuid), s.* FROM sights s"
    " WHERE NOT EXISTS (SELECT FROM supplier_view v WHERE v.case_id = :case_id"
    " AND v.supplier_id = s.supplier)),"
)
_DEADLINES: Final = (
    " terms AS (INSERT INTO deadline (case_id, period, term, revision, expires_at, last_day,"
    " certificate) SELECT CAST(:case_id AS uuid), t.* FROM"
    " jsonb_to_recordset(CAST(:made AS jsonb)) AS t(period integer, term text, revision integer,"
    " expires_at timestamptz, last_day date, certificate jsonb)),"
)

_OF_WORK: Final = (
    *("main", "kind", "role", "code", "term", "period", "reference", "item", "recipient_id"),
    *("authority_id", "region", "since", "due_at", "last_day", "first_id"),
)
_OF_QUESTION: Final = ("named", "reason", "asked_at")
_OF_USE: Final = ("person_id", "item", "year", "quantity", "supplier_id", "days")


def _written(events: str = "", now: str = "clock_timestamp()") -> str:
    """SQL: everything that stands for a case, with its new `events`, in one statement."""
    line = ", ".join(f"{value} AS {name}" for name, value in _LINE.items())
    # An effect is asked for when the event is recorded that asks for it, be it now.
    owed = (
        "SELECT o.key, o.kind, coalesce(e.recorded_at, stamp.at) AS asked_at"
        " FROM jsonb_to_recordset(CAST(:owed AS jsonb)) AS o(key text, kind text, seq integer)"
        " CROSS JOIN stamp LEFT JOIN event e ON e.case_id = :case_id AND e.seq = o.seq"
    )
    asked = (
        "SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb))"
        " AS a(key text, address text, named text, reason text, asked_at timestamptz)"
    )
    running = (
        "SELECT d.*, CAST(:authority AS uuid) AS authority_id"
        " FROM jsonb_to_recordset(CAST(:deadlines AS jsonb)) AS d(period integer, term text,"
        " revision integer, expires_at timestamptz, last_day date, start date, length text,"
        " calendar text)"
    )
    used = (
        "SELECT * FROM jsonb_to_recordset(CAST(:used AS jsonb))"
        " AS u(period integer, person_id uuid, item text, year integer, quantity integer,"
        " supplier_id uuid, days integer)"
    )
    waiting = (
        "SELECT * FROM jsonb_to_recordset(CAST(:work AS jsonb)) AS w(id uuid, holder text,"
        " main boolean, kind text, role text, code text, term text, period integer,"
        " reference text, item text, recipient_id uuid, authority_id uuid, region text,"
        " since timestamptz, due_at timestamptz, last_day date, first_id uuid)"
    )
    counted = ("revision", "expires_at", "last_day", "start", "length", "calendar", "authority_id")
    small = (
        _kept("owed", ("key",), ("kind", "asked_at"), owed, "owed_only"),
        _kept("escalation", ("key", "address"), _OF_QUESTION, asked, "asked_only"),
        _kept("open_deadline", ("period", "term"), counted, running),
        _kept("work", ("id", "holder"), _OF_WORK, waiting),
        # Who had work that is done, or lies on another's desk now, has it no more.
        " left_work AS (DELETE FROM assignment WHERE work_id IN (SELECT id FROM work_gone))",
        _kept("norm_use", ("period",), _OF_USE, used),
    )
    return (
        f"WITH stamp AS MATERIALIZED (SELECT {now} AS at),"
        f"{events}{_SUPPLIERS}{_DEADLINES}"
        f"{_put('case_view', (), tuple(_LINE), f'SELECT {line}')},{','.join(small)},"
        " moved AS (UPDATE case_state AS held SET seq = :seq, edition = :edition, live = :live,"
        " shape = held.shape # CAST(:shape AS bigint), rings_at = :rings_at,"
        f" state = CAST(:state AS jsonb), xid = {THIS_XID.text}"
        " WHERE held.case_id = :case_id RETURNING held.case_id)"
        " INSERT INTO case_state (case_id, seq, edition, live, shape, rings_at, state)"
        " SELECT CAST(:case_id AS uuid), CAST(:seq AS integer), CAST(:edition AS text),"
        " CAST(:live AS boolean), CAST(:shape AS bigint), CAST(:rings_at AS timestamptz),"
        " CAST(:state AS jsonb) WHERE NOT EXISTS (SELECT FROM moved)"
    )


WRITE: Final = text(_written())
RECORD: Final = text(_written(_EVENTS, "CAST(:wall AS timestamptz)"))
