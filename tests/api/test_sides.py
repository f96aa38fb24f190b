"""Never both sides, over HTTP: who holds tokens of both is found at every act (row L15)."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from db.persons import person_of
from db.sides import own_cases
from tests.api.world import AUTHORITY_BIN, SUPPLIER_BIN, Person, World, person, reasons, today
from tests.support.authorities import agree, sample_of
from tests.support.intake import SEAL, iin

WHY = {"reason": "Бір адам екі жақта"}


def read_person(connection: Connection, number: int) -> UUID:
    return person_of(connection, SEAL, iin(number))


async def tasks(world: World, case: str) -> list[str]:
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    return [one["code"] for one in told["tasks"]]


async def test_l15_the_recipient_with_a_token_of_the_supplier_confirms_nothing_and_is_held(
    world: World,
) -> None:
    case = await world.ordered()
    both = person("supplier", 1, bin=SUPPLIER_BIN)
    assert await world.refused(case, "confirm", both) == ["parties_conflict"]
    assert await tasks(world, case) == ["parties_conflict"]
    assert await world.refused(case, "confirm", world.supplier) == ["parties_conflict"]
    assert await world.refused(case, "cancel_order", world.recipient(), **WHY) == [
        "parties_conflict"
    ]


async def test_l15_what_is_held_is_in_no_list_of_its_parties_until_the_authority_has_decided(
    world: World,
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    assert await listed(world, world.supplier) == ["delivery"]
    held = person("supplier", 1, bin=SUPPLIER_BIN)
    await world.refused(case, "mark_delivered", held, on=today(), quantity=1, evidence="№ 1")
    assert await listed(world, world.supplier) == []
    assert await listed(world, world.recipient()) == []
    assert await listed(world, world.clerk) == [None]
    told = (await world.get(f"/v1/cases/{case}", world.supplier)).json()
    assert (told["waits_for"], told["next"]["yours"]) == (["caseworker"], False)
    await world.act(case, "end_order", world.clerk, **WHY)
    await world.act(case, "end_order", world.second_clerk, **WHY)
    assert await listed(world, world.recipient()) == ["choice"]


async def listed(world: World, who: Person) -> list[str | None]:
    """The terms of what waits for somebody."""
    return [one["term"] for one in (await world.get("/v1/tasks", who)).json()["tasks"]]


async def test_l15_two_caseworkers_end_the_order_and_another_supplier_may_be_chosen(
    world: World,
) -> None:
    case = await world.ordered()
    await world.refused(case, "confirm", person("supplier", 1, bin=SUPPLIER_BIN))
    await world.act(case, "end_order", world.clerk, **WHY)
    assert await world.refused(case, "end_order", world.clerk, **WHY) == ["same_person"]
    told = await world.act(case, "end_order", world.second_clerk, **WHY)
    assert (told["status"], told["tasks"]) == ("choosing", [])


async def test_l15_a_representative_who_signs_in_for_the_supplier_stops_the_approval(
    world: World,
) -> None:
    """Both acted before it was known: order, delivery and signature stand in the file already."""
    told = world.representing(2) | {"kind": "ATTORNEY"}
    case = await world.reviewed()
    world.receive(1, message_id="revised", programme__revision=2, representative=told)
    await world.get("/v1/me", person("supplier", 2, bin=SUPPLIER_BIN))
    assert await world.refused(case, "approve", world.clerk) == ["parties_conflict"]
    assert await tasks(world, case) == ["parties_conflict"]
    with world.engine.connect() as connection:
        paid = "SELECT count(*) FROM event WHERE type IN ('approved_first', 'approved')"
        assert connection.execute(text(paid)).scalar_one() == 0


async def test_l15_the_cases_of_others_go_on(world: World) -> None:
    both = person("supplier", 1, bin=SUPPLIER_BIN)
    other = await world.ordered(2)
    told = await world.act(other, "confirm", both)
    assert (told["status"], told["tasks"]) == ("in_fulfilment", [])


async def test_l15_what_an_old_key_was_refused_for_is_told_once(world: World) -> None:
    case = await world.ordered()
    both, body = person("supplier", 1, bin=SUPPLIER_BIN), dict[str, Any]()
    for _ in range(2):
        answer = await world.ask(case, "confirm", both, body, key="once")
        assert reasons(answer) == ["parties_conflict"]
    with world.engine.connect() as connection:
        told = "SELECT count(*) FROM event WHERE type = 'conflict_found'"
        assert connection.execute(text(told)).scalar_one() == 1


async def test_a_caseworker_acts_in_no_case_of_their_own(world: World) -> None:
    case = await world.choosing(1)
    own = person("caseworker", 1, authority=AUTHORITY_BIN)
    asked = {"to": "administrators", "reason": "Тексеру керек"}
    assert await world.refused(case, "escalate", own, **asked) == ["party_cannot_decide"]
    power = {
        "iin": iin(5),
        "kind": "ATTORNEY",
        "basis_number": "№ 5",
        "basis_date": "2026-01-12",
        "evidence": "Сенімхат",
    }
    told = await world.act(case, "begin_representation", world.clerk, **power)
    proposal = {"proposal": told["acting"]["proposed"][0]["id"]}
    found = await world.refused(case, "confirm_representation", own, **proposal)
    assert set(found) == {"party_cannot_decide"}


# What an administrator does to a case, and to a reset that another one proposed.
OPERATIONS: tuple[dict[str, Any], ...] = (
    {"kind": "retry"},
    {"kind": "reset", "to_seq": 1},
    {"kind": "reset", "to_seq": 1, "dry_run": False},
    {"kind": "approve_reset", "reset": str(uuid4())},
    {"kind": "rebuild", "apply": True},
)
RECIPIENT, ATTORNEY, SELLER = 1, 2, 3


async def with_parties(world: World) -> str:
    """An ordered case of the first person, whom the second represents; the third sells."""
    told = world.representing(ATTORNEY) | {"kind": "ATTORNEY"}
    case = await world.ordered(RECIPIENT)
    world.receive(RECIPIENT, message_id="revised", programme__revision=2, representative=told)
    await world.get("/v1/me", person("supplier", SELLER, bin=SUPPLIER_BIN))
    return case


@pytest.mark.parametrize("number", [RECIPIENT, ATTORNEY, SELLER])
async def test_l15_an_administrator_does_nothing_to_a_case_of_their_own(
    world: World, number: int
) -> None:
    case, own = await with_parties(world), person("administrator", number)
    for said in OPERATIONS:
        answer = await world.post("/v1/operations", own, {**said, "case": case})
        assert reasons(answer) == ["party_cannot_decide"], said
        other = await world.post("/v1/operations", world.admin, {**said, "case": case})
        assert other.status_code != 409, other.text
    asked = {"to": "administrators", "reason": "Өтінемін"}
    assert await world.refused(case, "escalate", own, **asked) == ["party_cannot_decide"]
    question = (await world.act(case, "escalate", world.clerk, **asked))["escalations"][-1]["id"]
    told = {"escalation": question, "reason": "Жауап"}
    assert await world.refused(case, "answer_escalation", own, **told) == ["party_cannot_decide"]
    await world.act(case, "answer_escalation", world.admin, **told)


async def test_l15_a_restart_leaves_the_administrators_own_cases_to_another(world: World) -> None:
    case, other = await with_parties(world), world.receive(9)
    world.host.asleep = True
    unheard = world.receive(10)
    every = [UUID(case), UUID(other), UUID(unheard)]
    with world.engine.begin() as connection:
        found = [
            own_cases(connection, read_person(connection, number), every)
            for number in (RECIPIENT, ATTORNEY, SELLER, 9, 10, 901)
        ]
    assert found == [{UUID(case)}] * 3 + [{UUID(other)}, {UUID(unheard)}, set()]


async def test_l15_a_head_who_is_asked_in_their_own_case_does_not_answer(world: World) -> None:
    head = {"post": {"kk": "Басшы", "ru": "Глава", "en": "Head"}, "people": [iin(RECIPIENT)]}
    agree(world.engine, "authorities", sample_of(AUTHORITY_BIN, head=head))
    case = await world.choosing(RECIPIENT)
    asked = {"to": "authority_lead", "reason": "Өтінемін"}
    question = (await world.act(case, "escalate", world.clerk, **asked))["escalations"][-1]["id"]
    own = person("caseworker", RECIPIENT, authority=AUTHORITY_BIN)
    answer = {"escalation": question, "reason": "Жауап"}
    assert await world.refused(case, "answer_escalation", own, **answer) == ["party_cannot_decide"]
