"""What the people and systems around a case say, from the message of E-Собес to the payment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from db.documents import Placed, draft_account, draft_order, keep
from db.reference import offer_facts
from db.suppliers import NewSupplier, SupplierContacts, add_supplier, put_offer
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.terms.counting import local_day
from tests.support.casework import GOOD, File, Said, put, read_case
from tests.support.intake import SEAL, measure, take_in

ADMINISTRATOR = Actor(role=Role.ADMINISTRATOR, id=str(uuid4()))
GATEWAY = Actor(role=Role.GATEWAY)
ESOBES = Actor(role=Role.ESOBES)
TREASURY = Actor(role=Role.TREASURY)
ITEM = "MOBILITY-WHEELCHAIR-OUTDOOR"
SUPPLIER_BIN = "200140000014"
IBAN, BIC = "KZ86125KZT5004100100", "KCJBKZKX"

_numbers = count(1)
_LEGAL_NOW = text("SELECT legal_now()")


@dataclass(frozen=True)
class Shop:
    """The supplier that the tests order from, with its offer at the guaranteed sum."""

    supplier: UUID
    offer: UUID
    signatory: str = field(default_factory=lambda: str(uuid4()))


def open_shop(engine: Engine) -> Shop:
    """Put the supplier and its offer on the portal."""
    contacts = SupplierContacts(name="ЖШС «Мысал»", phone="+77000000002", email="shop@example.com")
    new = NewSupplier(contacts, ["71"], bin=SUPPLIER_BIN)
    with engine.begin() as connection:
        supplier, _ = add_supplier(connection, SEAL, ADMINISTRATOR, new)
        offer = put_offer(connection, ADMINISTRATOR, supplier.id, ITEM, (10_000_000, True))
    assert offer is not None
    return Shop(supplier.id, offer.id)


@dataclass(frozen=True)
class Party:
    """A case and everybody who speaks to it."""

    file: File
    shop: Shop


def open_case(engine: Engine, shop: Shop, **changes: Any) -> Party:
    """A measure of a new person arrives by the intake; nobody has started its run."""
    number = next(_numbers)
    (verdict,) = take_in(engine, measure(number, **changes))
    assert verdict.case_id is not None, verdict.mistakes
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT h.person_id, i.data FROM case_head h JOIN inbox i USING (case_id)"
                " WHERE case_id = :id ORDER BY i.place LIMIT 1"
            ),
            {"id": verdict.case_id},
        ).one()
    file = File(
        id=verdict.case_id,
        person=str(row.person_id),
        measure=row.data["measure"],
        supplier=str(shop.supplier),
        signatory=shop.signatory,
    )
    return Party(file, shop)


Line = Callable[[Connection, Party, Case], Said]


def today(connection: Connection) -> str:
    """The legal day of a database."""
    return local_day(connection.execute(_LEGAL_NOW).scalar_one()).isoformat()


def prove_delivery(connection: Connection, party: Party, case: Case) -> Said:
    """The gateway's receipt for the current round of notices."""
    number = case.periods[1].round
    assert number is not None
    said = {
        "round": number.number,
        "channel": "sms",
        "confirmed": True,
        "on": today(connection),
    }
    return Said("delivery_proven", GATEWAY, said)


def portion(party: Party) -> int:
    """All that is granted; of what is supplied by periods, the share of one."""
    granted: int = party.file.measure["quantity"]
    return min(granted, party.file.measure.get("share") or granted)


def place_order(connection: Connection, party: Party, case: Case, period: int = 1) -> Said:
    """All that may be ordered at once, at the price shown, signed."""
    now = connection.execute(_LEGAL_NOW).scalar_one()
    facts = offer_facts(connection, case, party.shop.offer, now, period)
    quantity = portion(party)
    draft = draft_order(connection, SEAL, case, period, Placed.of(facts, quantity))
    keep(connection, SEAL, case.id, draft)
    beyond = max(0, facts["price"] - facts["unit_sum"]) * quantity
    said = {
        "offer": str(party.shop.offer),
        "quantity": quantity,
        "price_shown": facts["price"],
        "co_payment_confirmed": beyond,
        "application": draft.sha256,
        "signature": uuid4().hex * 2,
    }
    facts |= {"application": draft.sha256, "signature": GOOD}
    return Said("place_order", party.file.recipient, said, facts)


def cancel_order(connection: Connection, party: Party, case: Case) -> Said:
    return Said("cancel_order", party.file.recipient, {"reason": True})


def confirm(connection: Connection, party: Party, case: Case) -> Said:
    return Said("confirm", party.file.supplying)


def mark_delivered(connection: Connection, party: Party, case: Case) -> Said:
    said = {
        "on": today(connection),
        "quantity": portion(party),
        "evidence": True,
    }
    return Said("mark_delivered", party.file.supplying, said)


def accept(connection: Connection, party: Party, case: Case) -> Said:
    return Said("accept", party.file.recipient, {"quantity": portion(party)})


def sign_as_supplier(connection: Connection, party: Party, case: Case, period: int = 1) -> Said:
    """The same bytes as the recipient's, with the account's annex."""
    application = case.periods[period].application
    assert application is not None
    annex = draft_account(connection, SEAL, case, period, (IBAN, BIC))
    keep(connection, SEAL, case.id, annex)
    said = {
        "application": application.sha256,
        "signature": uuid4().hex * 2,
        "account": annex.sha256,
        "account_signature": uuid4().hex * 2,
    }
    return Said("sign", party.file.supplying, said, {"signature": GOOD, "account_signature": GOOD})


def approve_first(connection: Connection, party: Party, case: Case) -> Said:
    return Said("approve", party.file.caseworker(0))


def approve_second(connection: Connection, party: Party, case: Case) -> Said:
    return Said("approve", party.file.caseworker(1))


def retry_first(connection: Connection, party: Party, case: Case) -> Said:
    return Said("retry_payment", party.file.caseworker(0))


def retry_second(connection: Connection, party: Party, case: Case) -> Said:
    return Said("retry_payment", party.file.caseworker(1))


def report_settled(connection: Connection, party: Party, case: Case) -> Said:
    """The treasury's report on the current attempt."""
    payment = case.periods[1].payment
    assert payment is not None
    said = {
        "key": payment.key,
        "outcome": "settled",
        "status": "ACSC",
        "amount": payment.amount,
        "payee": "same",
        "account": "same",
        "reference": None,
        "reason": None,
    }
    return Said("payment_reported", TREASURY, said)


# A whole case after its arrival, line by line, and where each line leads.
PLAY: tuple[tuple[Line, str], ...] = (
    (prove_delivery, "choosing"),
    (place_order, "ordered"),
    (confirm, "in_fulfilment"),
    (mark_delivered, "delivered"),
    (accept, "awaiting_signatures"),
    (sign_as_supplier, "under_review"),
    (approve_first, "under_review"),
    (approve_second, "payment_pending"),
    (report_settled, "completed"),
)
STATUSES = ("notifying", *(status for _, status in PLAY))


def next_line(case: Case) -> tuple[Line, str]:
    """The line that takes a case further, and where it leads."""
    place = STATUSES.index(case.status)
    if case.status == "under_review" and case.periods[1].decisions:
        place += 1
    return PLAY[place]


def write(engine: Engine, party: Party, line: Line, **changes: Any) -> Any:
    """Journal what somebody says; the message. `changes` override the row (`at`, `age`)."""
    with engine.begin() as connection:
        said = line(connection, party, read_case(connection, party.file))
        values = {**said.__dict__, **changes}
        return put(connection, party.file, Said(**values))
