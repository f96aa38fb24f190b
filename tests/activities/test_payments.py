"""A payment is sent once, whatever dies or falls silent; and what the treasury says is compared."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from lxml import etree
from sqlalchemy import Engine
from temporalio.exceptions import ApplicationError

from activities.payments import ON_ITS_WAY, REST, PaymentActivities
from db.payment_parties import parties_of
from db.payments import find_payments
from db.reports import describe_word
from db.sides import note_acting
from definitions.editions import edition
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.terms.agenda import agenda
from integrations.errors import Unavailable
from integrations.treasury import Treasury
from integrations.words import Outcome, Word
from tests.support.authorities import account_of
from tests.support.casework import File, Said, move_clock, read_case, record, say
from tests.support.effect_play import (
    BIC,
    IBAN,
    SUPPLIER_BIN,
    Wanted,
    Wire,
    come_of,
    outcome_of,
    payable,
    wanted,
)
from tests.support.intake import SEAL
from tests.support.reports import report_xml
from tests.support.servers import Database

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


class House:
    """A treasury behind a wire: `says` is what it answers to the next calls, by method."""

    def __init__(self) -> None:
        self.orders: list[bytes] = []
        self.post = 202
        self.known: httpx.Response | None = None
        self.wire = Wire(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            if self.post == 202 or self.post == 599:
                self.orders.append(request.content)
            if self.post == 599:
                raise httpx.ReadTimeout("lost", request=request)
            return httpx.Response(self.post)
        return self.known or httpx.Response(404, json={"known": False})

    def asked(self) -> list[str]:
        return [request.method for request in self.wire.requests]

    def activities(self, engine: Engine, on_its_way: timedelta = ON_ITS_WAY) -> PaymentActivities:
        return PaymentActivities(engine, SEAL, Treasury(self.wire.client()), on_its_way)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def file(engine: Engine) -> File:
    return payable(engine)


def found(order: bytes, path: str) -> list[Any]:
    return [one.text for one in etree.fromstring(order).findall(path, NS)]


def test_a_payment_says_what_the_file_and_the_signed_annex_say(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    outcome = outcome_of(engine, order, house.activities(engine).pay(order))
    case = come_of(engine, file, order, outcome)
    assert (outcome.name, outcome.role) == ("payment_sent", Role.SERVICE)
    payment = case.periods[1].payments[-1]
    assert payment.status == "sent"
    (sent,) = house.orders
    tenge = f"{payment.amount // 100}.{payment.amount % 100:02d}"
    assert found(sent, ".//p:EndToEndId") == [payment.key]
    assert found(sent, ".//p:InstdAmt") == [tenge]
    assert found(sent, ".//p:CdtrAcct/p:Id/p:IBAN") == [IBAN]
    assert found(sent, ".//p:CdtrAgt//p:BICFI") == [BIC]
    assert found(sent, ".//p:Cdtr//p:Othr/p:Id") == [SUPPLIER_BIN]
    assert found(sent, ".//p:Dbtr//p:Othr/p:Id") == ["200140900011"]
    assert found(sent, ".//p:DbtrAcct/p:Id/p:IBAN") == [account_of("200140900011")["iban"]]


def test_l15_nothing_is_sent_for_an_order_on_both_sides_of_which_one_person_stands(
    engine: Engine, house: House, file: File
) -> None:
    """It became known after both had approved: somebody signed in for the other side."""
    order = wanted(engine, file, "pay")
    with engine.begin() as connection:
        note_acting(connection, UUID(file.supplier), UUID(file.person))
    outcome = outcome_of(engine, order, house.activities(engine).pay(order))
    case = come_of(engine, file, order, outcome)
    assert outcome.name == "conflict_found"
    assert (house.asked(), case.status, case.periods[1].held) == ([], "payment_pending", True)
    assert "1:parties_conflict" in case.tasks


def test_l15_what_may_have_been_sent_already_is_asked_about_first(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    house.post = 599
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    house.post = 202
    with engine.begin() as connection:
        note_acting(connection, UUID(file.supplier), UUID(file.person))
    assert outcome_of(engine, order, house.activities(engine).pay(order)).name == "conflict_found"
    assert house.asked() == ["POST", "GET"]


def test_the_same_effect_again_asks_nobody(engine: Engine, house: House, file: File) -> None:
    order = wanted(engine, file, "pay")
    first = outcome_of(engine, order, house.activities(engine).pay(order))
    assert outcome_of(engine, order, house.activities(engine).pay(order)) == first
    assert house.asked() == ["POST"]


def test_after_a_lost_answer_it_asks_before_it_sends_again(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    house.post = 599
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    house.post = 202
    house.known = httpx.Response(200, content=report_xml(order.data["key"], "ACSP", 1))
    assert outcome_of(engine, order, house.activities(engine).pay(order)).name == "payment_sent"
    assert house.asked() == ["POST", "GET"]


def test_what_the_treasury_never_received_is_sent_again_byte_for_byte(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    house.post = 503
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    house.post = 202
    house.activities(engine, timedelta(0)).pay(order)
    assert house.asked() == ["POST", "GET", "POST"]
    posted = [r.content for r in house.wire.requests if r.method == "POST"]
    assert posted[0] == posted[1]


def test_what_may_still_be_on_its_way_is_asked_about_and_not_sent_beside_itself(
    engine: Engine, house: House, file: File
) -> None:
    """Who sent it was given up; the treasury says that it has nothing, and then it arrives."""
    order = wanted(engine, file, "pay")
    house.post = 504
    for _ in range(3):
        with pytest.raises(Unavailable):
            house.activities(engine).pay(order)
    assert house.asked() == ["POST", "GET", "GET"]
    house.known = httpx.Response(200, content=report_xml(order.data["key"], "ACSP", 1))
    assert outcome_of(engine, order, house.activities(engine).pay(order)).name == "payment_sent"
    assert house.asked().count("POST") == 1


def test_of_two_at_work_on_one_payment_one_sends_it(
    engine: Engine, house: House, file: File
) -> None:
    """A second run asked the treasury before the first one sent the order, and sends after it."""
    order = wanted(engine, file, "pay")
    outcomes: list[Any] = []

    def meanwhile(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and not outcomes:
            outcomes.append(None)
            outcomes[0] = outcome_of(engine, order, second.pay(order))
            return httpx.Response(404, json={"known": False})
        return house.answer(request)

    first, second = house.activities(engine, timedelta(0)), house.activities(engine, timedelta(0))
    house.post = 503
    with pytest.raises(Unavailable):
        first.pay(order)
    house.post = 202
    slow = PaymentActivities(engine, SEAL, Treasury(Wire(meanwhile).client()), timedelta(0))
    with pytest.raises(Unavailable):
        slow.pay(order)
    assert outcomes[0].name == "payment_sent"
    assert len(house.orders) == 1


def test_a_treasury_that_cannot_say_whether_it_has_it_is_not_sent_it_again(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    house.post = 599
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    house.known = httpx.Response(403)
    assert outcome_of(engine, order, house.activities(engine).pay(order)).name == "payment_sent"
    assert len(house.orders) == 1


def test_a_refused_file_is_a_rejected_payment(engine: Engine, house: House, file: File) -> None:
    house.post = 400
    order = wanted(engine, file, "pay")
    outcome = outcome_of(engine, order, house.activities(engine).pay(order))
    assert (outcome.name, outcome.role) == ("payment_reported", Role.TREASURY)
    assert (outcome.data["status"], outcome.data["reason"]) == ("RJCT", "http_400")
    assert come_of(engine, file, order, outcome).status == "payment_failed"


def silence(engine: Engine, sandbox_url: str, file: File) -> None:
    """The term of the treasury's answer runs out."""
    move_clock(sandbox_url, timedelta(days=20))
    with engine.begin() as connection:
        case = read_case(connection, file)
        process = edition(case.edition).process
        record(connection, file, agenda(case, process)[0].message)


def test_a_payment_never_received_goes_again_under_its_key_after_asking(
    engine: Engine, house: House, file: File, database: Database
) -> None:
    first = wanted(engine, file, "pay")
    come_of(engine, file, first, house.activities(engine).pay(first))
    key = first.data["key"]
    silence(engine, database.sandbox_url, file)
    asking = wanted(engine, file, "enquire")
    lost = outcome_of(engine, asking, house.activities(engine).enquire(asking))
    assert lost.name == "payment_never_received"
    assert come_of(engine, file, asking, lost).status == "payment_failed"
    with engine.begin() as connection:
        for which in (0, 1):
            retry = Said("retry_payment", file.caseworker(which))
            say(connection, file, retry)
    asking = wanted(engine, file, "enquire")
    come_of(engine, file, asking, house.activities(engine).enquire(asking))
    again = wanted(engine, file, "pay")
    assert again.data["key"] == key
    house.wire.requests.clear()
    assert outcome_of(engine, again, house.activities(engine).pay(again)).name == "payment_sent"
    assert house.asked() == ["GET", "POST"]


def test_a_payment_that_was_called_off_is_not_sent(
    engine: Engine, house: House, file: File
) -> None:
    order = wanted(engine, file, "pay")
    with engine.begin() as connection:
        payment = read_case(connection, file).periods[1].payments[-1]
        line = {"key": payment.key, "outcome": "settled", "amount": payment.amount}
        for which in (0, 1):
            entered = Said("enter_statement", file.caseworker(which), line)
            say(connection, file, Said(entered.name, entered.actor, line))
        assert read_case(connection, file).status == "paid"
    seen = house.activities(engine).pay(order)
    assert order.keys[0] not in {owed.key for owed in seen.effects}
    assert house.asked() == []


def test_an_enquiry_brings_the_treasurys_word(
    engine: Engine, house: House, file: File, database: Database
) -> None:
    order, asking = unanswered(engine, house, file, database)
    amount = read(engine, file).periods[1].payments[-1].amount
    house.known = httpx.Response(
        200,
        content=report_xml(order.data["key"], "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN),
    )
    told = outcome_of(engine, asking, house.activities(engine).enquire(asking))
    assert told.data["status"] == "ACSC"
    assert (told.data["outcome"], told.data["payee"], told.data["account"]) == (
        "settled",
        "same",
        "same",
    )
    assert told.data["amount"] == amount
    assert read(engine, file).status == "paid"


def left_out(engine: Engine, house: House, file: File) -> tuple[Wanted, dict[str, Any]]:
    """The treasury says settled without the account: the enquiry for the rest, and the whole."""
    house.activities(engine).pay(wanted(engine, file, "pay"))
    house.wire.requests.clear()
    payment = read(engine, file).periods[1].payments[-1]
    told = {"outcome": "settled", "status": "ACSC", "payee": "same", "account": "same"}
    whole = {**told, "key": payment.key, "amount": payment.amount, "reference": "TR-1"}
    report(engine, file, {**whole, "payee": None, "account": None})
    return wanted(engine, file, "enquire"), whole


def report(engine: Engine, file: File, said: dict[str, Any]) -> None:
    with engine.begin() as connection:
        say(connection, file, Said("payment_reported", Actor(role=Role.TREASURY), said))


def test_what_was_left_out_and_is_told_a_moment_later_is_not_asked_for(
    engine: Engine, house: House, file: File
) -> None:
    asking, whole = left_out(engine, house, file)
    with pytest.raises(ApplicationError) as early:
        house.activities(engine).enquire(asking)
    assert early.value.next_retry_delay is not None
    assert timedelta() < early.value.next_retry_delay <= REST
    report(engine, file, whole)
    house.activities(engine).enquire(asking)
    assert house.asked() == []
    assert read(engine, file).status == "paid"


def test_what_was_left_out_and_does_not_come_is_asked_for(
    engine: Engine, house: House, file: File, database: Database
) -> None:
    asking, whole = left_out(engine, house, file)
    move_clock(database.sandbox_url, REST)
    content = report_xml(whole["key"], "ACSC", whole["amount"], iban=IBAN, number="TR-1")
    house.known = httpx.Response(200, content=content)
    house.activities(engine).enquire(asking)
    assert house.asked() == ["GET"]
    assert read(engine, file).status == "paid"


def unanswered(
    engine: Engine, house: House, file: File, database: Database
) -> tuple[Wanted, Wanted]:
    """The payment was sent and not answered; its order, and the enquiry about it."""
    order = wanted(engine, file, "pay")
    house.activities(engine).pay(order)
    silence(engine, database.sandbox_url, file)
    return order, wanted(engine, file, "enquire")


def read(engine: Engine, file: File) -> Case:
    with engine.connect() as connection:
        return read_case(connection, file)


def test_an_enquiry_that_is_refused_says_that_nothing_is_known(
    engine: Engine, house: House, file: File, database: Database
) -> None:
    _, asking = unanswered(engine, house, file, database)
    house.known = httpx.Response(404)
    told = outcome_of(engine, asking, house.activities(engine).enquire(asking))
    assert (told.data["status"], told.data["reason"]) == ("UNKN", "http_404")


@pytest.mark.parametrize(
    ("iban", "payee", "told"),
    [
        (IBAN, SUPPLIER_BIN, ("same", "same")),
        ("KZ45999PO00000020020", SUPPLIER_BIN, ("same", "other")),
        (IBAN, "200540910023", ("other", "same")),
        (None, SUPPLIER_BIN, ("same", None)),
        (IBAN, None, (None, "same")),
    ],
)
def test_payee_and_account_are_compared_apart_and_what_is_left_out_does_not_differ(
    engine: Engine,
    house: House,
    file: File,
    iban: str | None,
    payee: str | None,
    told: tuple[str | None, str | None],
) -> None:
    order = wanted(engine, file, "pay")
    house.activities(engine).pay(order)
    word = Word(
        key=order.data["key"],
        outcome=Outcome.SETTLED,
        status="ACSC",
        reference="T-1",
        amount=100,
        payee_iban=iban,
        payee_identifier=payee,
    )
    with engine.connect() as connection:
        known = find_payments(connection, [word.key])
        said = describe_word(word, parties_of(connection, SEAL, known.values())[word.key])
    assert (said["payee"], said["account"]) == told
