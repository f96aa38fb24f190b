"""People are told once, in their language, on every channel; and receipts find their cases."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from activities.effects import EffectKeys, EffectOutcome
from activities.notices import NoticeActivities
from db.dispatches import receive
from db.persons import Contacts, person_of, save_contacts
from domain.messages import Actor, Role
from integrations.email import MailGateway
from integrations.errors import Unavailable
from integrations.receipts import number_of
from integrations.sms import SmsGateway
from tests.domain.play import LATER, varied
from tests.support.casework import File, Said, read_case, say
from tests.support.effect_play import (
    Wire,
    arrived,
    come_of,
    hear,
    order_placed,
    outcome_of,
    wanted,
    with_supplier,
)
from tests.support.intake import SEAL, iin, measure
from tests.support.later import later_edition

DELIVERED_AT = datetime(2026, 11, 23, 6, tzinfo=UTC)


class Gateways:
    """Both gateways behind one wire: the same key, the same number."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []
        self.status = {"sms": 200, "email": 200}
        self.wire = Wire(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        channel = request.url.path.split("/")[1]
        if self.status[channel] != 200:
            return httpx.Response(self.status[channel])
        body = json.loads(request.content)
        if body["key"] not in self.numbers:
            self.numbers[body["key"]] = f"{channel}-{len(self.numbers) + 1}"
            self.sent.append({"channel": channel, **body})
        return httpx.Response(200, json={"id": self.numbers[body["key"]]})

    def activities(self, engine: Engine) -> NoticeActivities:
        client = self.wire.client()
        return NoticeActivities(engine, SEAL, SmsGateway(client), MailGateway(client))


@pytest.fixture
def gateways() -> Gateways:
    return Gateways()


def notify(engine: Engine, gateways: Gateways, file: File) -> EffectOutcome:
    order = wanted(engine, file, "notify")
    outcome = outcome_of(engine, order, gateways.activities(engine).texts(order))
    come_of(engine, file, order, outcome)
    return outcome


def delivered(engine: Engine, channel: str, number: str) -> list[str]:
    with engine.begin() as connection:
        said = ("DELIVERED", DELIVERED_AT)
        stored = receive(connection, SEAL, channel, number_of(channel, number), said)
    return [one.case_id for one in stored]


def test_a_notice_goes_out_on_every_channel_in_the_recipients_language(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure(person__language="ru"))
    outcome = notify(engine, gateways, file)
    assert (outcome.name, outcome.role) == ("notice_sent", Role.SERVICE)
    assert outcome.data == {"round": 1, "channels": ["email", "sms"]}
    sms = next(one for one in gateways.sent if one["channel"] == "sms")
    assert sms["phone"] == "+77000000001"
    assert "поставщика" in sms["text"]


@pytest.mark.parametrize(
    ("language", "length"),
    [("kk", "3 күнтізбелік ай"), ("ru", "3 календарных месяца")],
)
def test_a_notice_says_how_long_the_choice_is_under_the_edition_of_the_case(
    engine: Engine, gateways: Gateways, language: str, length: str
) -> None:
    with later_edition(varied(LATER, precedence=1000)):
        (file,) = arrived(engine, measure(person__language=language))
        notify(engine, gateways, file)
    assert {one["channel"] for one in gateways.sent} == {"sms", "email"}
    assert all(length in one["text"] for one in gateways.sent)


def test_the_same_effect_again_asks_nobody_and_answers_the_same(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    order = wanted(engine, file, "notify")
    activities = gateways.activities(engine)
    first = outcome_of(engine, order, activities.texts(order))
    asked = len(gateways.wire.requests)
    assert outcome_of(engine, order, activities.texts(order)) == first
    assert len(gateways.wire.requests) == asked


def test_a_person_with_three_measures_in_one_request_gets_one_text(
    engine: Engine, gateways: Gateways
) -> None:
    messages = [
        measure(1, message_id=f"m-{n}", measure_id=f"M-{n}", programme__revision=1)
        for n in range(3)
    ]
    files = arrived(engine, *messages, measure(2))
    for file in files:
        notify(engine, gateways, file)
    mine = [one for one in gateways.sent if one["channel"] == "sms"]
    assert len(mine) == 2
    assert "3" in mine[0]["text"]
    assert delivered(engine, "sms", "sms-1") == [file.id for file in files[:3]]
    for file in files[:3]:
        assert hear(engine, file) == ["delivery_proven"]
        with engine.connect() as connection:
            assert read_case(connection, file).status == "choosing"
    with engine.connect() as connection:
        assert read_case(connection, files[3]).status == "notifying"


def test_measures_that_nobody_chooses_for_are_not_counted(
    engine: Engine, gateways: Gateways
) -> None:
    files = arrived(
        engine,
        measure(1, message_id="a", measure_id="A"),
        measure(1, message_id="b", measure_id="B", payer="EMPLOYER"),
    )
    notify(engine, gateways, files[0])
    sms = next(one for one in gateways.sent if one["channel"] == "sms")
    assert "1" in sms["text"]


def test_a_receipt_that_is_faster_than_we_are_is_not_lost(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    assert delivered(engine, "sms", "sms-1") == []
    notify(engine, gateways, file)
    assert hear(engine, file) == ["delivery_proven"]


def test_a_receipt_that_comes_twice_is_one_message(engine: Engine, gateways: Gateways) -> None:
    (file,) = arrived(engine, measure())
    notify(engine, gateways, file)
    number = next(n for n in gateways.numbers.values() if n.startswith("sms"))
    assert delivered(engine, "sms", number) == delivered(engine, "sms", number) == [file.id]
    assert hear(engine, file) == ["delivery_proven"]


def test_a_receipt_of_an_unconfirmed_contact_proves_nothing(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure(person__phone_confirmed=False))
    notify(engine, gateways, file)
    number = next(n for n in gateways.numbers.values() if n.startswith("sms"))
    delivered(engine, "sms", number)
    assert hear(engine, file) == ["delivery_proven"]
    with engine.connect() as connection:
        assert read_case(connection, file).status == "notifying"


def test_what_was_not_delivered_tells_the_case_nothing(engine: Engine, gateways: Gateways) -> None:
    (file,) = arrived(engine, measure())
    notify(engine, gateways, file)
    with engine.begin() as connection:
        assert receive(connection, SEAL, "sms", "sms/sms-1", ("EXPIRED", DELIVERED_AT)) == []
    assert hear(engine, file) == []


def test_a_delivery_is_never_dated_in_the_future(engine: Engine, gateways: Gateways) -> None:
    (file,) = arrived(engine, measure())
    notify(engine, gateways, file)
    number = next(n for n in gateways.numbers.values() if n.startswith("sms"))
    with engine.begin() as connection:
        tomorrow = datetime(2099, 1, 1, tzinfo=UTC)
        (stored,) = receive(connection, SEAL, "sms", f"sms/{number}", ("DELIVERED", tomorrow))
    assert stored.message.data["on"] < "2098-01-01"


def test_a_refused_channel_is_left_out(engine: Engine, gateways: Gateways) -> None:
    gateways.status["sms"] = 422
    (file,) = arrived(engine, measure())
    assert notify(engine, gateways, file).data["channels"] == ["email"]


def test_a_channel_that_is_down_keeps_the_other_from_nothing_and_is_tried_again(
    engine: Engine, gateways: Gateways
) -> None:
    gateways.status["sms"] = 503
    (file,) = arrived(engine, measure())
    order = wanted(engine, file, "notify")
    with pytest.raises(Unavailable):
        gateways.activities(engine).texts(order)
    assert [one["channel"] for one in gateways.sent] == ["email"]
    gateways.status["sms"] = 200
    outcome = outcome_of(engine, order, gateways.activities(engine).texts(order))
    assert outcome.data["channels"] == ["email", "sms"]
    assert [one["channel"] for one in gateways.sent] == ["email", "sms"]


def test_nobody_to_tell_is_an_outcome(engine: Engine, gateways: Gateways) -> None:
    nobody = measure()
    for name in ("phone", "phone_confirmed", "email", "email_confirmed"):
        del nobody["person"][name]
    (file,) = arrived(engine, nobody)
    assert notify(engine, gateways, file).data["channels"] == []
    with engine.connect() as connection:
        assert read_case(connection, file).status == "notice_failed"


def test_a_representative_is_told_too_but_not_twice_at_one_number(
    engine: Engine, gateways: Gateways
) -> None:
    told = {
        "iin": iin(9), "kind": "TRUSTEE", "basis_number": "1", "basis_date": "2020-01-01",
        "phone": "+77000000001", "email": "parent@example.com",
    }  # fmt: skip
    (file,) = arrived(engine, measure(representative=told))
    notify(engine, gateways, file)
    assert sorted(one.get("phone") or one["to"] for one in gateways.sent) == [
        "+77000000001",
        "mysal@example.com",
        "parent@example.com",
    ]


def test_a_representative_reads_first_for_whom_it_is(engine: Engine, gateways: Gateways) -> None:
    told = {
        "iin": iin(9), "kind": "GUARDIAN", "basis_number": "1", "basis_date": "2020-01-01",
        "phone": "+77000000009", "email": "guardian@example.com",
    }  # fmt: skip
    (file,) = arrived(engine, measure(representative=told))
    notify(engine, gateways, file)
    by = {one.get("phone") or one["to"]: one["text"] for one in gateways.sent}
    assert by.keys() == {"+77000000009", "guardian@example.com"}
    assert by["+77000000009"].startswith("Мысал Ү.: ")
    assert "Мысал Ү." in by["guardian@example.com"]
    assert not any("арба" in words or "MOBILITY" in words for words in by.values())


def test_who_gets_a_guardian_is_told_in_person_on_the_contacts_that_were_there_before(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    guardian = person_with(engine, 9, Contacts(phone="+77000000009"))
    made = {"id": str(uuid4()), "person": guardian, "kind": "GUARDIAN", "since": "2026-01-12"}
    with engine.begin() as connection:
        save_contacts(connection, SEAL, UUID(file.person), Contacts(phone="+77000000099"))
        data = {"representative": made, "evidence": True}
        entered = Said("begin_representation", file.caseworker(), data)
        (event,) = say(connection, file, entered)
    held = ["+77000000001", "+77000000099", "mysal@example.com"]
    assert news(engine, gateways, file) == held
    with engine.begin() as connection:
        data = {"proposal": event.data["proposal"]}
        say(connection, file, Said("confirm_representation", file.caseworker(1), data))
    assert news(engine, gateways, file) == sorted([*held, "+77000000009"])


def news(engine: Engine, gateways: Gateways, file: File) -> list[str]:
    """Whom the latest news of a case reaches."""
    gateways.sent.clear()
    order = wanted(engine, file, "tell")
    come_of(engine, file, order, gateways.activities(engine).texts(order))
    return sorted(one.get("phone") or one["to"] for one in gateways.sent)


def person_with(engine: Engine, number: int, contacts: Contacts) -> str:
    """The number-th person, who can be reached there."""
    with engine.begin() as connection:
        person = person_of(connection, SEAL, iin(number))
        save_contacts(connection, SEAL, person, contacts)
    return str(person)


def test_nobody_writes_to_the_dead(engine: Engine, gateways: Gateways) -> None:
    told = {
        "iin": iin(9), "kind": "ATTORNEY", "basis_number": "1", "basis_date": "2026-01-01",
        "phone": "+77000000009",
    }  # fmt: skip
    (file,) = arrived(engine, measure(representative=told))
    died = {"ground": "person_died", "revision": 2}
    with engine.begin() as connection:
        say(connection, file, Said("revoked", Actor(role=Role.ESOBES), died))
    outcome = outcome_of(
        engine,
        wanted(engine, file, "tell"),
        gateways.activities(engine).texts(wanted(engine, file, "tell")),
    )
    assert outcome.data["channels"] == []
    assert gateways.sent == []


def test_a_supplier_hears_of_its_order_and_not_of_the_person(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    order_placed(engine, file)
    order = wanted(engine, file, "tell")
    outcome = outcome_of(engine, order, gateways.activities(engine).texts(order))
    assert (outcome.name, outcome.data["channels"]) == ("told", ["email", "sms"])
    assert {one.get("phone") or one["to"] for one in gateways.sent} == {
        "+77000002001",
        "u@example.com",
    }
    assert all(file.measure["reference"] in one["text"] for one in gateways.sent)
    assert all("Үлгібаев" not in one["text"] for one in gateways.sent)


def test_the_proof_that_an_order_fell_through_is_told_to_its_case(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    order_placed(engine, file)
    with engine.begin() as connection:
        say(connection, file, Said("refuse_order", file.supplying, {"reason": True}))
        outbox = read_case(connection, file).outbox.values()
    for effect in outbox:
        if effect.data.get("text") == "order_refused":
            order = EffectKeys(case_id=file.id, keys=(effect.key,))
            come_of(engine, file, order, gateways.activities(engine).texts(order))
    sms = next(one for one in gateways.sent if one["channel"] == "sms")
    assert sms["phone"] == "+77000000001"
    assert delivered(engine, "sms", gateways.numbers[sms["key"]]) == [file.id]
    with engine.connect() as connection:
        told = connection.execute(
            text("SELECT data FROM inbox WHERE name = 'told_proven'")
        ).scalar_one()
    assert (told["text"], told["confirmed"]) == ("order_refused", True)
    assert hear(engine, file) == ["told_proven"]


def test_nothing_that_is_written_down_of_a_text_names_a_person(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    notify(engine, gateways, file)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT row_to_json(d)::text FROM dispatch d")).scalars()
        written = "".join(rows)
    for personal in ("+7700", "@example", iin(1), "Мысал"):
        assert personal not in written
