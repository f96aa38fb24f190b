"""What is done with a rejected message: its contacts corrected, or handed back; once."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

import db.journal
from activities.effects import EffectKeys
from activities.notices import NoticeActivities
from db.reference import read_case
from integrations.email import MailGateway
from integrations.sms import SmsGateway
from tests.api.world import World
from tests.support.effect_play import Wire
from tests.support.intake import SEAL, iin, measure, take_in
from tests.support.intake_desk import (
    RIGHT,
    WRONG_CONTACTS,
    five_mistakes,
    of_esobes,
    offered,
    rejected,
    tasks,
)


async def test_corrected_contacts_start_the_case_and_its_notice_goes_to_them(world: World) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    assert offered((await tasks(world, world.clerk))[0])["correct_contacts"] == []
    answer = await world.do(address, world.clerk, "correct_contacts", RIGHT)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["mistakes"]) == ("corrected", [])
    assert told["contacts"] == {**RIGHT, "email": None, "email_confirmed": False}
    case = await world.get(f"/v1/cases/{told['case_id']}", world.clerk)
    assert case.json()["status"] == "notifying"
    assert sent(world, told["case_id"]) == [("/sms/messages", "+77000000077")]
    assert (await of_esobes(world, "message-1"))["status"] == "accepted"
    assert ("caseworker", "correct_contacts") in world.audit()


def sent(world: World, case_id: str) -> list[tuple[str, str]]:
    """Where the notice that a case waits for goes: the gateway's address and the person's."""
    wire = Wire(lambda _: httpx.Response(200, json={"id": str(uuid4())}))
    gateways = SmsGateway(wire.client()), MailGateway(wire.client())
    with world.engine.connect() as connection:
        (effect,) = read_case(connection, case_id).outbox.values()
    order = EffectKeys(case_id=case_id, keys=(effect.key,))
    NoticeActivities(world.engine, SEAL, *gateways).texts(order)
    asked = [(one.url.path, json.loads(one.content)) for one in wire.requests]
    return [(path, body.get("phone") or body["to"]) for path, body in asked]


async def test_the_text_stays_as_it_came_when_contacts_are_corrected(world: World) -> None:
    message = measure(**WRONG_CONTACTS)
    address = await rejected(world, message)
    await world.do(address, world.clerk, "correct_contacts", RIGHT)
    with world.engine.begin() as connection:
        row = connection.execute(text("SELECT id FROM journal")).scalar_one()
        assert json.loads(db.journal.read_raw(connection, SEAL, row)) == message
    assert take_in(world.engine, message)[0].status == "accepted", "the same message again"


async def test_anything_else_that_is_wrong_is_named_and_left_to_esobes(world: World) -> None:
    address = await rejected(world, five_mistakes())
    answer = await world.do(address, world.clerk, "correct_contacts", RIGHT)
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json()["reasons"]] == ["for_esobes_to_correct"]
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/item/quantity",
        "/payer",
        "/person/birth_date",
        "/surplus",
    }
    (task,) = await tasks(world, world.clerk)
    assert (task["state"], len(task["mistakes"])) == ("open", 5)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"phone": "87172551234"}, "/phone"),
        ({"phone": "нет"}, "/phone"),
        ({"email": "mysal at example"}, "/email"),
        ({"surname": "Басқа"}, "/surname"),
        ({"phone": "+77000000077", "email_confirmed": True}, "/email_confirmed"),
    ],
)
async def test_contacts_that_are_wrong_themselves_are_mistakes_of_the_form(
    world: World, body: dict[str, Any], pointer: str
) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    answer = await world.do(address, world.clerk, "correct_contacts", body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert (await tasks(world, world.clerk))[0]["state"] == "open"


async def test_no_correction_hands_a_case_over_to_another_person(world: World) -> None:
    world.receive(1)
    other = measure(1, message_id="m-2", programme__revision=2, person__iin=iin(2))
    address = await rejected(world, {**other, "person": {**other["person"], "phone": "1"}})
    answer = await world.do(address, world.clerk, "correct_contacts", RIGHT)
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json()["errors"]] == ["person_differs"]


async def test_an_administrator_corrects_no_contacts(world: World) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    assert (await world.do(address, world.admin, "correct_contacts", RIGHT)).status_code == 403
    (task,) = await tasks(world, world.admin)
    assert offered(task) == {"correct_contacts": ["not_your_task"], "return_message": []}


async def test_a_returned_message_is_read_by_esobes_with_the_reason(world: World) -> None:
    address = await rejected(world, five_mistakes())
    assert (await of_esobes(world, "message-1"))["returned_at"] is None
    answer = await world.do(address, world.clerk, "return_message", {"reason": "Нет такого сына"})
    told = answer.json()
    assert (told["state"], told["told"]) == ("returned", None)
    read = await of_esobes(world, "message-1")
    assert (read["status"], len(read["errors"])) == ("rejected", 5)
    assert (read["returned_at"], read["return_reason"]) == (told["closed_at"], "Нет такого сына")
    assert ("caseworker", "return_message") in world.audit()


async def test_a_task_is_done_once_whoever_asks_again(world: World) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    body = {"reason": "Неверно"}
    first = await world.do(address, world.clerk, "return_message", body, key="k-1")
    again = await world.do(address, world.clerk, "return_message", body, key="k-1")
    assert first.status_code == again.status_code == 200
    assert world.audit() == [("caseworker", "return_message")]
    other = await world.do(address, world.clerk, "return_message", {"reason": "Иначе"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    for by, act, said in (
        (world.second_clerk, "return_message", body),
        (world.clerk, "correct_contacts", RIGHT),
    ):
        late = await world.do(address, by, act, said)
        assert [one["code"] for one in late.json()["reasons"]] == ["already_decided"]
    (task,) = await tasks(world, world.clerk)
    assert set(map(tuple, offered(task).values())) == {("already_decided",)}


async def test_of_two_who_act_at_once_one_is_told_that_it_is_done(world: World) -> None:
    for number in range(1, 6):
        address = await rejected(world, measure(number, **WRONG_CONTACTS))
        answers = await asyncio.gather(
            world.do(address, world.clerk, "correct_contacts", RIGHT),
            world.do(address, world.second_clerk, "return_message", {"reason": "Неверно"}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        told = (await world.get(address, world.clerk)).json()
        assert (told["case_id"] is None) == (told["state"] == "returned")
    assert len(world.audit()) == 5


async def test_a_request_that_comes_twice_at_once_is_carried_out_once(world: World) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    answers = await asyncio.gather(
        *(world.do(address, world.clerk, "correct_contacts", RIGHT, key="k") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert world.audit() == [("caseworker", "correct_contacts")]


async def test_the_same_key_for_another_task_is_a_conflict(world: World) -> None:
    first = await rejected(world, five_mistakes(1))
    second = await rejected(world, five_mistakes(2))
    body = {"reason": "Неверно"}
    assert (await world.do(first, world.clerk, "return_message", body, key="k")).status_code == 200
    assert (await world.do(second, world.clerk, "return_message", body, key="k")).status_code == 409
    assert (
        await world.do(second, world.second_clerk, "return_message", body, key="k")
    ).status_code == 200
