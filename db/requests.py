"""What became of a request: the case it is about, its row of the inbox, its events in the file."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.escalations import ASKED, UNHELD

_CASE = (
    "SELECT h.case_id, h.edition, h.person_id, k.wrapped, s.seq, s.state, v.closed, v.recipient_id,"
    " v.representative_ids, v.authority_id, v.payer_ids, v.supplier_ids, v.region,"
    f" {ASKED},{UNHELD}, legal_now() AS now"
    " FROM case_head h LEFT JOIN case_view v USING (case_id)"
    " LEFT JOIN case_state s USING (case_id) LEFT JOIN person_key k ON k.person_id = h.person_id"
    " WHERE {key} = :case"
)
_BY_ID = text(_CASE.format(key="h.case_id"))
_BY_REFERENCE = text(_CASE.format(key="h.reference"))
_EVENTS = text(
    "SELECT seq, type, row, at, period, actor_role, data FROM event"
    " WHERE case_id = :case_id AND message_id = :message_id ORDER BY seq"
)
_COLUMNS = "id, case_id, name, actor_role, actor_id, on_behalf_of, refused, submitted_at"
_READ = text(f"SELECT {_COLUMNS} FROM inbox WHERE id = :id")
_READ_SOME = text(f"SELECT {_COLUMNS} FROM inbox WHERE id = ANY(:ids) AND case_id = :case_id")


@dataclass(frozen=True, slots=True)
class Request:
    """One row of the inbox, as far as it is shown."""

    id: UUID
    case_id: UUID
    name: str
    actor_role: str
    actor_id: UUID | None
    on_behalf_of: UUID | None
    refused: list[dict[str, Any]] | None
    submitted_at: datetime


def read_case_row(connection: Connection, case: UUID | str) -> Row[Any] | None:
    """Edition, person with their key, folded state and parties of a case, by its id or reference,
    and the legal time; of a case without any event the columns of its view are null.
    """
    asked = _BY_REFERENCE if isinstance(case, str) else _BY_ID
    return connection.execute(asked, {"case": case}).one_or_none()


def read_request(connection: Connection, request_id: UUID) -> Request | None:
    """What was asked, by its id."""
    row = connection.execute(_READ, {"id": request_id}).one_or_none()
    return None if row is None else Request(*row)


def read_requests(connection: Connection, case_id: UUID, ids: Collection[UUID]) -> list[Request]:
    """What was asked of a case, by these ids."""
    rows = connection.execute(_READ_SOME, {"ids": list(ids), "case_id": case_id})
    return [Request(*row) for row in rows]


def events_of(connection: Connection, case_id: UUID, message_id: str) -> list[dict[str, Any]]:
    """The events that a message made, in order; `refused` alone if it changed nothing."""
    rows = connection.execute(_EVENTS, {"case_id": case_id, "message_id": message_id})
    return [dict(row._mapping) for row in rows]
