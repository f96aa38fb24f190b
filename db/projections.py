"""What a take writes beside the events: lists, deadlines, desks, the norm; all rebuildable."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from hashlib import sha256
from operator import xor
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from db.escalations import addresses
from db.events import read_events
from db.work import rows_of
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case.desks import place
from domain.case.norms import uses
from domain.case.periods import waited
from domain.case.projection import Projection, project
from domain.case.state import Case
from domain.messages import Event
from domain.parties.sight import all_stand, concerns, sight, standing, suppliers, with_ends
from domain.terms.agenda import OVER, soonest

# Columns of `case_view` with the values that they are made from.
_LINE: Final = {
    "reference": ":reference",
    "status": ":status",
    "since": ":since",
    "closed": ":closed",
    "waits_for": ":waits_for",
    "due_at": ":due_at",
    "due_term": ":due_term",
    "item": ":item",
    "recipient_id": ":recipient",
    "representative_ids": "CAST(:representatives AS uuid[])",
    "authority_id": "CAST(:authority AS uuid)",
    "payer_ids": "CAST(:payers AS uuid[])",
    "supplier_ids": "CAST(:suppliers AS uuid[])",
    "region": "CAST(:region AS text)",
    "oblast": "left(CAST(:region AS text), 2)",
}


def _kept(
    table: str, key: str, columns: Sequence[str], rows: str, only: str = "", own: str = "case_id, "
) -> str:
    """SQL: the rows of a case in a small table become `rows`; what is the same is not touched.

    The key is of the case, or its `own`. Where `only` names a parameter, that is said of rows with
    these keys, or if it is null of all.
    """
    names = ", ".join(columns)
    meant = f" AND (CAST(:{only} AS text[]) IS NULL OR key = ANY(:{only}))" if only else ""
    held, new = (", ".join(f"{of}.{one}" for one in columns) for of in ("held", "excluded"))
    return (
        f" {table}_rows AS ({rows}),"
        f" {table}_gone AS (DELETE FROM {table} WHERE case_id = :case_id"
        f" AND ({key}) NOT IN (SELECT {key} FROM {table}_rows){meant} RETURNING {key}),"
        f" {table}_made AS (INSERT INTO {table} AS held (case_id, {key}, {names})"
        f" SELECT CAST(:case_id AS uuid), {key}, {names} FROM {table}_rows"
        f" ON CONFLICT ({own}{key}) DO UPDATE SET ({names}) = ROW ({new})"
        f" WHERE ({held}) IS DISTINCT FROM ({new}))"
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
    " sights AS (INSERT INTO supplier_view AS v (case_id, supplier_id, seq, reference, status,"
    " since, closed, waits_for, due_at, item) SELECT CAST(:case_id AS uuid), s.* FROM"
    " jsonb_to_recordset(CAST(:sights AS jsonb)) AS s(supplier uuid, seq integer, reference text,"
    " status text, since timestamptz, closed boolean, waits_for text[], due_at timestamptz,"
    " item text) ON CONFLICT (case_id, supplier_id) DO UPDATE SET seq = excluded.seq,"
    " reference = excluded.reference, status = excluded.status, since = excluded.since,"
    " closed = excluded.closed, waits_for = excluded.waits_for, due_at = excluded.due_at,"
    " item = excluded.item, xid = excluded.xid WHERE v.seq < excluded.seq),"
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
_OF_USE: Final = ("person_id", "item", "year", "quantity", "supplier_id", "days")


def _written(events: str = "", now: str = "clock_timestamp()") -> str:
    """SQL: everything that stands for a case, with its new `events`, in one statement."""
    names = ", ".join(_LINE)
    held, new = (", ".join(f"{of}.{one}" for one in _LINE) for of in ("held", "excluded"))
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
        _kept("owed", "key", ("kind", "asked_at"), owed, "owed_only"),
        _kept("escalation", "key, address", ("named", "reason", "asked_at"), asked, "asked_only"),
        _kept("open_deadline", "period, term", counted, running),
        _kept("work", "id, holder", _OF_WORK, waiting, own=""),
        # Who had work that is done, or lies on another's desk now, has it no more.
        " left_work AS (DELETE FROM assignment WHERE work_id IN (SELECT id FROM work_gone))",
        _kept("norm_use", "period", _OF_USE, used),
    )
    return (
        f"WITH stamp AS MATERIALIZED (SELECT {now} AS at),"
        f"{events}{_SUPPLIERS}{_DEADLINES}"
        f" line AS (INSERT INTO case_view AS held (case_id, {names})"
        f" VALUES (CAST(:case_id AS uuid), {', '.join(_LINE.values())})"
        f" ON CONFLICT (case_id) DO UPDATE SET ({names}) = ROW ({new})"
        f" WHERE ({held}) IS DISTINCT FROM ({new})),"
        f"{','.join(small)}"
        " INSERT INTO case_state AS held (case_id, seq, edition, live, shape, rings_at, state)"
        " VALUES (CAST(:case_id AS uuid), :seq, :edition, :live, :shape, :rings_at,"
        " CAST(:state AS jsonb))"
        " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq, edition = excluded.edition,"
        " live = excluded.live, shape = held.shape # excluded.shape,"
        " rings_at = excluded.rings_at, state = excluded.state, xid = excluded.xid"
    )


_WRITE = text(_written())
_RECORD = text(_written(_EVENTS, "CAST(:wall AS timestamptz)"))
# What an event writes of these may change to whom the questions of a desk go.
_OF_ADDRESSES: Final = frozenset(("measure", "escalations", "orders", "payments"))


class Recorded(NamedTuple):
    """Events as they are `chained` to a file; the messages (rows of the inbox) and what came of
    effects by which it was told; whether its run is to hear of them, and how long it may look by
    itself before.
    """

    chained: Mapping[str, Any]
    words: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Mapping[str, Any]] = ()
    wakes: bool = False
    patience: timedelta = timedelta(0)


def projected(case: Case) -> Projection:
    """A case that has at least one event as lists have it now."""
    return project(case, edition(case.edition), current_calendar())


def write_projections(
    connection: Connection,
    case: Case,
    seen: Projection,
    events: Sequence[Event],
) -> None:
    """Bring the projections of a case in step with events that stand in the file. `case` includes
    them, and `seen` is made of it.
    """
    connection.execute(_WRITE, to_write(connection, case, seen, events, None))


def to_write(
    connection: Connection,
    case: Case,
    seen: Projection,
    events: Sequence[Event],
    recorded: Recorded | None,
) -> dict[str, Any]:
    """The values of all that stands for a case, with the events that are `recorded` with it."""
    values = _values(case, seen, events)
    values["sights"] = _dumps(list(_sights(connection, case, events, recorded)))
    if recorded is not None:
        values |= recorded.chained
        values |= {"words": _dumps(recorded.words), "answers": _dumps(recorded.answers)}
        values |= {"wakes": recorded.wakes, "patience": recorded.patience}
    return values


def record(connection: Connection, files: Sequence[Mapping[str, Any]]) -> None:
    """Write events to files, with all that stands for their cases: one statement a file."""
    if files:
        connection.execute(_RECORD, files)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _values(case: Case, projection: Projection, events: Iterable[Event]) -> dict[str, Any]:
    running = () if projection.closed else _running(case)
    owed, asked = _outbox_keys(events), _question_keys(events)
    coming = soonest(case, edition(case.edition).process)
    return {
        **projection.model_dump(exclude={"seq", "awaited"}),
        "case_id": case.id,
        "seq": case.seq,
        "waits_for": list(projection.waits_for),
        "representatives": list(projection.representatives),
        "payers": list(projection.payers),
        "suppliers": list(projection.suppliers),
        "edition": case.edition,
        "live": not projection.closed or bool(case.outbox),
        "shape": shape_of(events),
        "rings_at": coming and coming.wake_at,
        "state": case.model_dump_json(),
        "made": _dumps(list(_made(events))),
        "used": _dumps(list(_used(case))),
        "owed": json.dumps(
            [
                {"key": key, "kind": case.outbox[key].kind, "seq": place(key)[0]}
                for key in owed
                if key in case.outbox
            ]
        ),
        "owed_only": owed,
        "asked": json.dumps(list(_asked(case, asked))),
        "asked_only": asked,
        "deadlines": json.dumps(list(running)),
        "work": _dumps(list(rows_of(case, projection.awaited))),
    }


def shape_of(events: Iterable[Event]) -> int:
    """Of which rows in which order events are: what several takes make adds up by exclusive or."""
    return reduce(xor, map(_mark, events), 0)


def _mark(event: Event) -> int:
    told = f"{event.seq}:{event.type}:{event.row}"
    return int.from_bytes(sha256(told.encode()).digest()[:8], signed=True)


def _outbox_keys(events: Iterable[Event]) -> list[str]:
    """The effects that events ask for, are done with or call off."""
    found: dict[str, None] = {}
    for data in (event.data for event in events):
        done = (data["done"],) if "done" in data else ()
        made = (effect["key"] for effect in data.get("effects", ()))
        found |= dict.fromkeys((*made, *done, *data.get("cancels", ())))
    return list(found)


def _question_keys(events: Iterable[Event]) -> list[str] | None:
    """The questions that events put or answer; None, all of them: whom they reach has changed."""
    found: list[str] = []
    for event in events:
        told, period = event.data.get("case", {}), event.data.get("period", {})
        if not _OF_ADDRESSES.isdisjoint((*told, *period)):
            return None
        put = told.get("question", {}).get("id")
        found += [key for key in (put, told.get("answers")) if key]
    return found


def _asked(case: Case, only: list[str] | None) -> Iterator[dict[str, Any]]:
    for key in case.escalations if only is None else only:
        if (one := case.escalations.get(key)) is None:
            continue
        told = {"named": one.to, "reason": one.reason, "asked_at": one.at.isoformat()}
        for address in addresses(case, one.to):
            yield {"key": key, "address": address, **told}


def _running(case: Case) -> Iterator[dict[str, Any]]:
    """Deadlines whose end may still come."""
    for period, one in case.deadlines():
        if not one.stopped and OVER not in one.fired:
            yield {
                **one.model_dump(
                    mode="json", include={"term", "revision", "expires_at", "last_day"}
                ),
                "period": period.number,
                "start": one.certificate["start"],
                "length": one.certificate["term"],
                "calendar": one.certificate["calendar"],
            }


def _sights(
    connection: Connection, case: Case, events: Sequence[Event], recorded: Recorded | None
) -> Iterator[dict[str, Any]]:
    """What each supplier sees of the case; once an order of its own has ended, by a walk over the
    file, if there is anything new to it.
    """
    law, whole = edition(case.edition), None
    for supplier in suppliers(case):
        if not concerns(case, supplier, events):
            continue
        if all_stand(case, supplier):
            seen = standing(case, supplier, events, law.process)
        else:
            new = events if recorded else ()
            whole = whole or [*read_events(connection, case.id), *new]
            begun = Case(id=case.id, edition=case.edition)
            seen = sight(begun, whole, supplier, law.process).case
        if seen.seq:
            projection = project(seen, with_ends(law), current_calendar())
            yield {"supplier": supplier, **projection.model_dump(mode="json", include=_SEEN)}


_SEEN: Final = {
    "seq",
    "reference",
    "status",
    "since",
    "closed",
    "waits_for",
    "due_at",
    "item",
}


def _made(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """The deadlines that events begin or move, each value of them."""
    kept = ("term", "revision", "expires_at", "last_day", "certificate")
    for event in events:
        for made in event.data.get("deadlines", ()):
            yield {"period": event.period, **{name: made[name] for name in kept}}


def _used(case: Case) -> Iterator[dict[str, Any]]:
    """What the live orders hold of the norm of a year, by period; and how long they took."""
    measure = case.measure
    assert measure is not None
    for use in uses(case):
        supplier, days = waited(case.periods[use.period]) or (None, None)
        yield {
            "period": use.period,
            "person_id": measure.recipient,
            "item": measure.item,
            "year": use.year,
            "quantity": use.quantity,
            "supplier_id": supplier,
            "days": days,
        }
