"""Whom an order is for and where it is brought: for the supplier that has confirmed it."""

from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection, Engine

from api.access import Parties, actor_of, may_see
from api.auth import Caller
from api.problems import Problem, Refused
from api.schemas import Answer
from db.audit import note
from db.documents import read_document
from db.persons import read_profile
from db.requests import read_case_row
from db.sealing import Seal, Unreadable
from definitions.editions import edition
from domain.case.periods import meant
from domain.case.state import Case, Order, Period
from domain.messages import Refusal


class DeliverToView(Answer):
    """What is needed to deliver, and nothing more; `address` is None where none was asked for."""

    period: int
    name: str
    phone: str | None
    address: str | None = Field(description="As the recipient wrote it with the order")


class _Told(Answer):
    """What the recipient wrote with an order."""

    address: str | None = None
    phone: str | None = None
    salt: str = ""


def read_delivery(
    engine: Engine, seal: Seal, reader: Caller, case_id: UUID, period: int | None
) -> DeliverToView:
    """Name, phone and address for a confirmed order until it ends. Who reads them is noted."""
    with engine.begin() as connection:
        row = read_case_row(connection, case_id)
        if row is None or row.seq is None or not may_see(reader, Parties.of(row._mapping)):
            raise Problem("not_found")
        case, actor = Case.model_validate(row.state), actor_of(reader, Parties.of(row._mapping))
        found = _confirmed(case, period, reader)
        note(connection, actor, "delivery_read", row.person_id, case_id)
        try:
            return _told(connection, seal, case, found)
        except Unreadable:
            raise Problem("person_erased") from None


def _confirmed(case: Case, number: int | None, reader: Caller) -> tuple[Period, Order]:
    """The period that is meant, with its order: confirmed, live, and not at its end."""
    process = edition(case.edition).process
    period = meant(case, number, process, reader.actor)
    if isinstance(period, Refusal):
        raise Refused([period.model_dump(mode="json")])
    order = period.order
    if order is None or order.confirmed_at is None or process.statuses[period.status].closed:
        facts = {"status": period.status}
        raise Refused([{"code": "status_does_not_allow", "facts": facts}])
    return period, order


def _told(
    connection: Connection, seal: Seal, case: Case, of: tuple[Period, Order]
) -> DeliverToView:
    assert case.measure is not None, "what is ordered has a measure"
    period, order = of
    profile = read_profile(connection, seal, case.measure.recipient)
    told = _Told()
    if order.deliver_to is not None:
        kept = read_document(connection, seal, case.id, order.deliver_to)
        assert kept is not None, "what an order names is kept with it"
        told = _Told.model_validate_json(kept.content)
    return DeliverToView(
        period=period.number,
        name=profile.full_name,
        phone=told.phone or profile.phone,
        address=told.address,
    )
