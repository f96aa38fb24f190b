"""What waits for somebody, as rows: of cases, and of the desks beside them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

from db.escalations import addresses
from domain.case.awaited import APPROVALS, CONTESTS, Awaiting
from domain.case.periods import authorities_of
from domain.case.state import Case
from domain.messages import Role

# Due last: what has no term.
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
ADMINISTRATORS: Final = "administrator:"
_NAMES: Final = UUID("6f1d3b0e-5a52-4b1e-9c0d-7a3f5f6f2f10")
_OPEN: Final = text(
    "INSERT INTO work (id, holder, main, kind, role, code, authority_id, region, since, due_at,"
    " last_day, first_id) VALUES (:id, :holder, :main, :kind, :role, :code, :authority, :region,"
    " coalesce(:since, legal_now()), coalesce(:due_at, :never), :last_day, :first)"
    " ON CONFLICT (id, holder) DO UPDATE SET due_at = excluded.due_at"
)
_CLOSE: Final = text(
    "WITH gone AS (DELETE FROM work WHERE id = ANY(CAST(:ids AS uuid[])) AND case_id IS NULL)"
    " DELETE FROM assignment WHERE work_id = ANY(CAST(:ids AS uuid[]))"
)


def holder_of(role: Role | str, place: object) -> str:
    """Whose list it is in."""
    return f"{role}:{place}"


def rows_of(case: Case, found: tuple[Awaiting, ...]) -> Iterator[dict[str, Any]]:
    """The rows of a case: what it waits for of persons, and the questions put to somebody."""
    measure = case.measure
    assert measure is not None, "what waits is of a measure"
    shared = {
        "reference": measure.reference,
        "item": measure.item,
        "recipient_id": measure.recipient,
        "region": measure.region,
    }
    for one in found:
        for role in one.who:
            named = f"{one.period}:{role}:{one.task or one.term or 'status'}"
            row = {
                "id": _id(case, named, one.since),
                "kind": _kind(one),
                "role": role,
                "code": one.task or one.term or case.periods[one.period].status,
                "term": one.term,
                "period": one.period,
                "authority_id": case.periods[one.period].payer or measure.authority,
                "since": one.since.isoformat(),
                "due_at": (one.expires_at or NEVER).isoformat(),
                "last_day": one.last_day and one.last_day.isoformat(),
                "first_id": one.first,
            }
            for place, holder in enumerate(_holders(case, one.period, role)):
                yield {**shared, **row, "holder": holder, "main": place == 0}
    for question in case.escalations.values():
        row = {
            "id": _id(case, question.id, question.at),
            "kind": "question",
            "role": "official",
            "code": question.reason,
            "authority_id": authorities_of(case)[0],
            "since": question.at.isoformat(),
            "due_at": NEVER.isoformat(),
        }
        for place, address in enumerate(addresses(case, question.to)):
            yield {**shared, **row, "holder": holder_of("asked", address), "main": place == 0}


def _kind(one: Awaiting) -> str:
    if one.task in CONTESTS:
        return "contest"
    if one.task in APPROVALS or one.first is not None:
        return "approval"
    return "task" if one.task else "term"


def _id(case: Case, named: str, since: datetime) -> str:
    """The same as long as the same work is open; opened anew, it is another."""
    return str(uuid5(_NAMES, f"{case.id}:{named}:{since.isoformat()}"))


def _holders(case: Case, number: int, role: str) -> list[str]:
    """Nobody where a system acts, or a day has to come."""
    measure, period = case.measure, case.periods[number]
    assert measure is not None, "what waits is of a measure"
    match role:
        case Role.RECIPIENT:
            acting = (one.person for one in measure.acting.representatives if not one.ended)
            return [holder_of(role, one) for one in dict.fromkeys((measure.recipient, *acting))]
        case Role.SUPPLIER:
            supplier = period.order.acting if period.order else None
            paid = period.of_number(period.payments[-1].order) if period.payments else None
            supplier = supplier or (paid.acting if paid else None)
            return [holder_of(role, supplier)] if supplier else []
        case Role.CASEWORKER:
            return [holder_of(role, period.payer or measure.authority)]
        case Role.COMMISSION:
            return [holder_of(role, measure.region[:2])]
        case Role.ADMINISTRATOR:
            return [ADMINISTRATORS]
    return []


def open_work(
    connection: Connection,
    id_: UUID,
    kind: str,
    code: str,
    *holders: str,
    since: datetime | None = None,
    due_at: datetime | None = None,
    first: UUID | None = None,
    authority: UUID | None = None,
) -> None:
    """Put work of a desk beside cases into the lists of its holders; since now, if not told."""
    shared = {
        "id": id_,
        "kind": kind,
        "code": code,
        "authority": authority,
        "region": None,
        "since": since,
        "due_at": due_at,
        "never": NEVER,
        "last_day": None,
        "first": first,
    }
    rows = [
        {**shared, "holder": holder, "role": holder.partition(":")[0], "main": place == 0}
        for place, holder in enumerate(holders)
    ]
    connection.execute(_OPEN, rows)


def close_work(connection: Connection, *ids: UUID) -> None:
    """It is done: it leaves the lists, and whoever had it has it no more."""
    if ids:
        connection.execute(_CLOSE, {"ids": list(ids)})
