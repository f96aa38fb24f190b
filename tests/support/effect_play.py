"""Cases that came through the intake, and the effects they ask for, without any host."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Engine, text

from activities.effects import EffectKeys, EffectOutcome
from db.casefile import Look, look
from db.documents import SIGNATURE, Paper, Placed, draft_account, draft_order, keep
from db.operations import read_outcomes
from db.persons import person_of
from db.reference import read_case as read_state
from db.suppliers import NewSupplier, SupplierContacts, add_supplier
from domain.case.state import Case
from domain.messages import Actor, Role
from integrations.http import open_client
from tests.support.casework import GOOD, File, Said, read_case, say
from tests.support.intake import SEAL, iin, measure, take_in

SUPPLIER_BIN = "190340910011"
IBAN, BIC = "KZ57999UQ00000020010", "OZHBKZKA"
PRICE = 28_500_000
ADMINISTRATOR = Actor(role=Role.ADMINISTRATOR, id="01a207b7-0000-7000-8000-000000000001")
_NAMES = text(
    "SELECT name FROM inbox WHERE case_id = :case_id AND actor_role = 'gateway'"
    " AND sealed IS NOT NULL ORDER BY place"
)
_ARRIVED = text("SELECT data FROM inbox WHERE case_id = :case_id ORDER BY place LIMIT 1")


@dataclass
class Wire:
    """The last step of the way out: answers as it is told, remembers what was asked."""

    answer: Callable[[httpx.Request], httpx.Response]
    requests: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.Client:
        return open_client("http://outside.test", transport=httpx.MockTransport(self.handle))

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


def arrived(engine: Engine, *messages: dict[str, Any]) -> list[File]:
    """The cases of one request of E-Собес, in its order; each has heard of its measure."""
    files = []
    for verdict in take_in(engine, *messages):
        assert verdict.case_id is not None
        with engine.begin() as connection:
            state = connection.execute(_ARRIVED, {"case_id": verdict.case_id}).scalar_one()
        granted = state["measure"]
        files.append(File(verdict.case_id, granted["recipient"], granted))
    for file in files:
        hear(engine, file)
    return files


def hear(engine: Engine, file: File) -> list[str]:
    """Have the file take what waits in its inbox; what receipts have told it, by name."""
    with engine.begin() as connection:
        look(connection, file.id)
        named = {"case_id": file.id}
        return list(connection.execute(_NAMES, named).scalars())


class Wanted(EffectKeys):
    """One effect, and what the outbox holds of it."""

    kind: str
    period: int
    data: dict[str, Any]


def wanted(engine: Engine, file: File, kind: str) -> Wanted:
    """The latest effect of a kind that a case waits for, as its run would ask for it."""
    with engine.connect() as connection:
        outbox = read_case(connection, file).outbox.values()
    effect = [one for one in outbox if one.kind == kind][-1]
    told = effect.model_dump(exclude={"key"})
    return Wanted(case_id=file.id, keys=(effect.key,), **told)


def outcome_of(engine: Engine, asked: EffectKeys, _: Look) -> EffectOutcome:
    """What an effect that was just done came to, as it is kept."""
    with engine.connect() as connection:
        return EffectOutcome.model_validate(read_outcomes(connection, asked.case_id)[asked.keys[0]])


def come_of(engine: Engine, file: File, *_: object) -> Case:
    """The case after what was just done."""
    with engine.connect() as connection:
        return read_case(connection, file)


def with_supplier(engine: Engine, file: File) -> File:
    """The same case beside a supplier that is on the portal, with a signatory."""
    contacts = SupplierContacts(name="«Үлгі» ЖШС", phone="+77000002001", email="u@example.com")
    with engine.begin() as connection:
        new = NewSupplier(contacts=contacts, regions=["71"], bin=SUPPLIER_BIN)
        supplier, _ = add_supplier(connection, SEAL, ADMINISTRATOR, new)
        signatory = person_of(connection, SEAL, iin(4000))
    return File(file.id, file.person, file.measure, str(supplier.id), str(signatory))


def placed(file: File, price: int = PRICE) -> Placed:
    """One piece from the file's supplier, at the sum of the receipt."""
    return Placed(file.supplier, price, 1, file.measure["unit_sum"], file.measure["catalogue"])


def order_placed(engine: Engine, file: File, **signature: Any) -> None:
    """From the first notice to an order, signed by the recipient."""
    proven = {"round": 1, "channel": "sms", "confirmed": True}
    with engine.begin() as connection:
        say(connection, file, Said("delivery_proven", Actor(role=Role.GATEWAY), proven))
        case = read_state(connection, file.id)
        draft = draft_order(connection, SEAL, case, 1, placed(file))
        own = Paper(SIGNATURE, b"cms of the recipient")
        keep(connection, SEAL, file.id, draft, own)
        asked = {
            "offer": file.supplier,
            "quantity": 1,
            "price_shown": PRICE,
            "co_payment_confirmed": draft.application.co_payment if draft.application else 0,
            "application": draft.sha256,
            "signature": own.sha256,
        }
        facts = {
            "supplier": file.supplier,
            "supplier_active": True,
            "offer_item": file.measure["item"],
            "offer_regions": ["71"],
            "price": PRICE,
            "supplier_is_party": False,
            "norm_used": 0,
            "application": draft.sha256,
            "signature": GOOD | signature,
        }
        say(connection, file, Said("place_order", file.recipient, asked, facts))


def payment_due(engine: Engine, file: File) -> None:
    """From the order to two approvals: the payment is to be sent."""
    under_review(engine, file)
    with engine.begin() as connection:
        for which in (0, 1):
            approve = Said("approve", file.caseworker(which))
            say(connection, file, approve)
        assert read_case(connection, file).status == "payment_pending"


def payable(engine: Engine) -> File:
    """A case of its own, approved by two: the order to pay is on its way."""
    (made,) = arrived(engine, measure())
    made = with_supplier(engine, made)
    payment_due(engine, made)
    return made


def under_review(engine: Engine, file: File) -> None:
    """From the order to the signed application before the caseworkers."""
    order_placed(engine, file)
    day = {"on": "2026-11-23"}
    with engine.begin() as connection:
        day["on"] = connection.execute(
            text("SELECT (legal_now() AT TIME ZONE 'Asia/Almaty')::date::text")
        ).scalar_one()
        say(connection, file, Said("confirm", file.supplying))
        delivered = {**day, "quantity": 1, "evidence": True}
        say(connection, file, Said("mark_delivered", file.supplying, delivered))
        say(connection, file, Said("accept", file.recipient, {"quantity": 1}))
        case = read_state(connection, file.id)
        account = draft_account(connection, SEAL, case, 1, (IBAN, BIC))
        keep(connection, SEAL, file.id, account)
        application = case.periods[1].application
        assert application is not None
        signed = {
            "application": application.sha256,
            "signature": "d" * 64,
            "account": account.sha256,
            "account_signature": "e" * 64,
        }
        facts = {"signature": GOOD, "account_signature": GOOD}
        say(connection, file, Said("sign", file.supplying, signed, facts))
        assert read_case(connection, file).status == "under_review"


def person_id(engine: Engine, number: int) -> UUID:
    """Of the person `number` of `tests.support.intake`."""
    with engine.begin() as connection:
        return person_of(connection, SEAL, iin(number))
