"""What a take writes beside the events: lists, deadlines, desks, the norm; all rebuildable."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from db.escalations import write_escalations
from db.events import read_events
from definitions.editions import edition
from domain.case import Case
from domain.messages import Event
from domain.norms import uses
from domain.projection import Projection, project
from domain.sight import all_stand, sight, standing, suppliers, with_ends

_VIEW = text(
    "INSERT INTO case_view (case_id, seq, status, closed, waits_for, due_at, item, recipient_id,"
    " representative_ids, authority_id, payer_ids, supplier_ids, region, view, state)"
    " VALUES (:case_id, :seq, :status, :closed, :waits_for, :due_at, :item, :recipient,"
    " CAST(:representatives AS uuid[]), :authority, CAST(:payers AS uuid[]),"
    " CAST(:suppliers AS uuid[]), :region, CAST(:view AS jsonb), CAST(:state AS jsonb))"
    " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq, status = excluded.status,"
    " closed = excluded.closed, waits_for = excluded.waits_for, due_at = excluded.due_at,"
    " item = excluded.item, recipient_id = excluded.recipient_id,"
    " representative_ids = excluded.representative_ids,"
    " authority_id = excluded.authority_id, payer_ids = excluded.payer_ids,"
    " supplier_ids = excluded.supplier_ids, region = excluded.region,"
    " view = excluded.view, state = excluded.state, xid = excluded.xid"
)
# Where nothing changes for a supplier, it is not told that something has.
_SUPPLIER_VIEW = text(
    "INSERT INTO supplier_view AS v (case_id, supplier_id, seq, status, closed, waits_for, due_at,"
    " item, view) VALUES (:case_id, :supplier, :seq, :status, :closed, :waits_for, :due_at, :item,"
    " CAST(:view AS jsonb))"
    " ON CONFLICT (case_id, supplier_id) DO UPDATE SET seq = excluded.seq,"
    " status = excluded.status, closed = excluded.closed, waits_for = excluded.waits_for,"
    " due_at = excluded.due_at, item = excluded.item, view = excluded.view, xid = excluded.xid"
    " WHERE v.seq < excluded.seq"
)
_DEADLINE = text(
    "INSERT INTO deadline (case_id, period, term, revision, expires_at, last_day, certificate)"
    " VALUES (:case_id, :period, :term, :revision, :expires_at, :last_day,"
    " CAST(:certificate AS jsonb))"
)
_CLEAR_TASKS = text("DELETE FROM task WHERE case_id = :case_id")
_TASK = text(
    "INSERT INTO task (case_id, key, code, owner, opened_at)"
    " VALUES (:case_id, :key, :code, :owner, :opened_at)"
)
_CLEAR_NORM = text("DELETE FROM norm_use WHERE case_id = :case_id")
_NORM = text(
    "INSERT INTO norm_use (case_id, period, person_id, item, year, quantity)"
    " VALUES (:case_id, :period, :person, :item, :year, :quantity)"
)


def write_projections(connection: Connection, case: Case, events: Sequence[Event]) -> None:
    """Bring the projections of a case in step with events just recorded. `case` includes them."""
    projection = project(case, edition(case.edition))
    connection.execute(_VIEW, _view(case, projection))
    _write_supplier_views(connection, case, events)
    for event in events:
        if made := event.data.get("deadlines"):
            connection.execute(_DEADLINE, [_deadline(case.id, event.period, one) for one in made])
        if not event.data.keys().isdisjoint(("opens", "asks", "closes")):
            _write_tasks(connection, case)
        if _readdressed(event):
            write_escalations(connection, case)
        if {"orders", "delivery"} & event.data.get("period", {}).keys():
            _write_norm(connection, case)


def _readdressed(event: Event) -> bool:
    """Whether a question was put or answered, or may reach others: by the place, by who pays."""
    data = event.data
    return "case" in data or not data.get("period", {}).keys().isdisjoint(("orders", "payments"))


def _view(case: Case, projection: Projection) -> dict[str, Any]:
    plain = projection.model_dump(exclude={"view"})
    return {
        **plain,
        "case_id": case.id,
        "waits_for": list(projection.waits_for),
        "representatives": list(projection.representatives),
        "payers": list(projection.payers),
        "suppliers": list(projection.suppliers),
        "view": json.dumps(projection.view, ensure_ascii=False),
        "state": case.model_dump_json(),
    }


def _write_supplier_views(connection: Connection, case: Case, events: Sequence[Event]) -> None:
    """What each supplier sees of the case; once an order has ended, by a walk over the file."""
    rows = []
    law, whole = edition(case.edition), None
    for supplier in suppliers(case):
        if all_stand(case):
            seen = standing(case, supplier, events, law.process)
        else:
            whole = whole or read_events(connection, case.id)
            begun = Case(id=case.id, edition=case.edition)
            seen = sight(begun, whole, supplier, law.process).case
        if seen.seq:
            rows.append(_supplier_view(case.id, supplier, project(seen, with_ends(law))))
    if rows:
        connection.execute(_SUPPLIER_VIEW, rows)


def _supplier_view(case_id: str, supplier: str, seen: Projection) -> dict[str, Any]:
    line = {name: seen.view[name] for name in ("reference", "since")}
    return {
        **seen.model_dump(include={"seq", "status", "closed", "due_at", "item"}),
        "case_id": case_id,
        "supplier": supplier,
        "waits_for": list(seen.waits_for),
        "view": json.dumps(line, ensure_ascii=False),
    }


def _deadline(case_id: str, period: int, made: dict[str, Any]) -> dict[str, Any]:
    kept = {name: made[name] for name in ("term", "revision", "expires_at", "last_day")}
    certificate = json.dumps(made["certificate"], ensure_ascii=False)
    return {"case_id": case_id, "period": period, "certificate": certificate, **kept}


def _write_tasks(connection: Connection, case: Case) -> None:
    connection.execute(_CLEAR_TASKS, {"case_id": case.id})
    rows = [
        {"case_id": case.id, "key": key, **task.model_dump(include={"code", "owner", "opened_at"})}
        for key, task in case.tasks.items()
    ]
    if rows:
        connection.execute(_TASK, rows)


def _write_norm(connection: Connection, case: Case) -> None:
    """What the live orders hold of the norm of a year, by period."""
    measure = case.measure
    assert measure is not None
    connection.execute(_CLEAR_NORM, {"case_id": case.id})
    rows = [
        {
            "case_id": case.id,
            "period": use.period,
            "person": measure.recipient,
            "item": measure.item,
            "year": use.year,
            "quantity": use.quantity,
        }
        for use in uses(case)
    ]
    if rows:
        connection.execute(_NORM, rows)
