"""A question is put to a person or desk that exists, and is in that person's work list (L10)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.authorities import list_authorities, superior_of
from db.reference import read_case
from definitions.editions import edition
from domain.case.state import Case
from domain.terms.agenda import agenda
from tests.api.world import AUTHORITY_BIN, Person, World, person
from tests.support.authorities import agree, sample_authorities, sample_of
from tests.support.casework import move_clock
from tests.support.intake import iin
from tests.support.servers import Database

SUPERIOR_BIN, OTHER_AUTHORITY_BIN = "200140900041", "200140900021"
HEAD = person("caseworker", 921, authority=AUTHORITY_BIN)
SUPERIOR = person("caseworker", 922, authority=SUPERIOR_BIN)
CHAIR = person("commission", 923, region="71")
POST = {"kk": "Басшы", "ru": "Глава", "en": "Head"}


def office(*numbers: int) -> dict[str, Any]:
    return {"post": POST, "people": [iin(number) for number in numbers]}


def bring_in(world: World, *, head: bool = True, superior: bool = True, chair: bool = True) -> None:
    """The authorities with those heads that a test has."""
    mine = sample_of(AUTHORITY_BIN, head=office(921) if head else None)["authorities"]
    above = sample_of(SUPERIOR_BIN, head=office(922) if superior else None)["authorities"]
    chairs = [{"region": "71", "chair": office(923)}] if chair else []
    agree(world.engine, "authorities", {"authorities": mine + above, "commissions": chairs})


def stand(world: World, case: str) -> Case:
    with world.engine.connect() as connection:
        return read_case(connection, case)


async def asked(world: World, by: Person) -> list[str]:
    """The cases with a question to somebody, as their own work list has them."""
    answer = await world.get("/v1/cases?escalated_to=me", by)
    assert answer.status_code == 200, answer.text
    found = [one["id"] for one in answer.json()["cases"]]
    counts = (await world.get("/v1/me", by)).json()["counts"]
    assert counts["escalated_to_you"] == len(found)
    return found


async def put(world: World, case: str, to: str) -> str:
    """A caseworker asks; the question's id."""
    told = await world.act(case, "escalate", world.clerk, to=to, reason="Нет телефона")
    found: str = told["escalations"][-1]["id"]
    return found


async def test_a_party_is_never_asked_and_has_no_such_list(world: World) -> None:
    bring_in(world)
    await world.choosing(1)
    for one in (world.recipient(1), world.supplier):
        listed = (await world.get("/v1/cases?escalated_to=me", one)).json()["cases"]
        assert listed == []


async def test_a_wrong_addressee_is_answered_with_those_that_can_answer(world: World) -> None:
    bring_in(world)
    case = await world.choosing()
    answer = await world.ask(case, "escalate", world.clerk, {"to": "duty_desk", "reason": "Вопрос"})
    (reason,) = answer.json()["reasons"]
    assert (answer.status_code, reason["code"]) == (409, "addressee_unknown")
    listed = {one["to"]: one["name"]["ru"] for one in reason["facts"]["addressees"]}
    desks = ["authority_lead", "superior_lead", "commission_chair", "administrators"]
    assert list(listed)[:4] == desks
    assert [listed[to] for to in listed if to not in desks] == ["Глава"] * 3
    assert "Руководитель органа (authority_lead)" in reason["text"]
    persons = set(listed) - set(desks)
    assert persons
    assert not any(person in reason["text"] for person in persons)
    assert not (await world.get(f"/v1/cases/{case}", world.clerk)).json()["escalations"]
    for to in listed:
        await put(world, case, to)


@pytest.mark.parametrize(
    ("to", "who"),
    [("authority_lead", HEAD), ("superior_lead", SUPERIOR), ("commission_chair", CHAIR)],
)
async def test_who_is_asked_has_the_case_in_their_work_list_until_it_is_answered(
    world: World, to: str, who: Person
) -> None:
    bring_in(world)
    case = await world.choosing()
    assert await asked(world, who) == []
    question = await put(world, case, to)
    assert await asked(world, who) == [case]
    for other in {HEAD, SUPERIOR, CHAIR} - {who}:
        assert await asked(world, other) == []
    page = await world.get(f"/v1/cases/{case}", who)
    may = [one["name"] for one in page.json()["you"]["may"]]
    assert "answer_escalation" in may
    answer = {"escalation": question, "reason": "Позвоните завтра"}
    await world.ask(case, "answer_escalation", who, answer)
    assert await asked(world, who) == []
    assert not (await world.get(f"/v1/cases/{case}", world.clerk)).json()["escalations"]


async def test_the_superior_sees_a_case_only_while_it_is_asked(world: World) -> None:
    bring_in(world)
    case = await world.choosing()
    path = f"/v1/cases/{case}"
    assert (await world.get(path, SUPERIOR)).status_code == 404
    question = await put(world, case, "superior_lead")
    assert (await world.get(path, SUPERIOR)).status_code == 200
    colleague = person("caseworker", 924, authority=SUPERIOR_BIN)
    assert (await world.get(path, colleague)).status_code == 404
    said = {"escalation": question, "reason": "Да"}
    assert (await world.ask(case, "answer_escalation", SUPERIOR, said)).status_code < 300
    assert (await world.get(path, SUPERIOR)).status_code == 404


async def test_what_is_put_to_another_is_neither_offered_to_an_official_nor_taken(
    world: World,
) -> None:
    bring_in(world)
    case = await world.choosing()
    said = {"escalation": await put(world, case, "authority_lead"), "reason": "Да"}
    for official in (world.commission, world.admin, CHAIR):
        assert "answer_escalation" not in await may(world, case, official)
        refused = await world.refused(case, "answer_escalation", official, **said)
        assert refused == ["not_asked"]
    await put(world, case, "superior_lead")
    assert "answer_escalation" in await may(world, case, SUPERIOR)
    assert await world.refused(case, "answer_escalation", SUPERIOR, **said) == ["not_your_case"]
    await world.act(case, "answer_escalation", HEAD, **said)


async def test_administrators_answer_what_nobody_holds_until_somebody_does(world: World) -> None:
    bring_in(world, chair=False)
    case = await world.choosing()
    first, second = [await put(world, case, "commission_chair") for _ in range(2)]
    assert "answer_escalation" in await may(world, case, world.admin)
    await world.act(case, "answer_escalation", world.admin, escalation=first, reason="Да")
    bring_in(world)
    assert "answer_escalation" not in await may(world, case, world.admin)
    said = {"escalation": second, "reason": "Да"}
    assert await world.refused(case, "answer_escalation", world.admin, **said) == ["not_asked"]


async def test_a_person_may_be_named_by_their_id(world: World) -> None:
    bring_in(world)
    case = await world.choosing()
    found = (await world.get("/v1/authorities", world.clerk)).json()["authorities"]
    (head,) = next(one["head"]["people"] for one in found if one["bin"] == AUTHORITY_BIN)
    await put(world, case, head)
    assert await asked(world, HEAD) == [case]
    unknown = {"to": str(UUID(int=7)), "reason": "Вопрос"}
    assert await world.refused(case, "escalate", world.clerk, **unknown) == ["addressee_unknown"]


@pytest.mark.parametrize(
    ("held", "who"),
    [
        ({}, HEAD),
        ({"head": False}, SUPERIOR),
        ({"head": False, "superior": False}, None),
    ],
)
async def test_without_a_head_the_question_goes_up_and_never_nowhere(
    world: World, held: dict[str, bool], who: Person | None
) -> None:
    bring_in(world, **held)
    case = await world.choosing()
    await put(world, case, "authority_lead")
    assert await asked(world, who or world.admin) == [case]
    if who is not None:
        assert await asked(world, world.admin) == []


async def test_a_region_without_a_chair_asks_the_administrators(world: World) -> None:
    bring_in(world, chair=False)
    case = await world.choosing()
    await put(world, case, "commission_chair")
    assert await asked(world, world.admin) == [case]
    bring_in(world)
    # Who is the chair now has what was asked before, too.
    assert (await asked(world, world.admin), await asked(world, CHAIR)) == ([], [case])


async def test_a_term_that_runs_out_asks_the_head_of_the_authority(
    world: World, database: Database
) -> None:
    bring_in(world)
    case = world.receive()
    world.fail_notice(case)
    move_clock(database.sandbox_url, timedelta(days=90))
    while not (held := stand(world, case)).escalations:
        process = edition(held.edition).process
        world.host.say(case, agenda(held, process)[0].message)
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert [one["to"] for one in told["escalations"]] == ["authority_lead"]
    assert await asked(world, HEAD) == [case]


async def test_nobody_else_is_asked(world: World) -> None:
    agree(world.engine, "authorities", sample_authorities())
    case = await world.choosing()
    await put(world, case, "administrators")
    for reader in (world.recipient(), world.supplier, world.clerk, world.commission):
        listed = (await world.get("/v1/cases?escalated_to=me", reader)).json()["cases"]
        if reader in (world.clerk, world.commission):
            assert listed == []
    assert await asked(world, world.admin) == [case]
    with world.engine.connect() as connection:
        rows = connection.execute(text("SELECT address FROM escalation")).scalars()
        assert list(rows) == ["administrators"]


async def test_what_a_question_leaves_behind_names_who_is_meant_and_nobody_else(
    world: World,
) -> None:
    bring_in(world)
    case = await world.choosing()
    await world.refused(case, "escalate", world.clerk, to="duty_desk", reason="Вопрос")
    for to in ("authority_lead", "commission_chair") * 3:
        await put(world, case, to)
    kept = "SELECT data::text FROM event WHERE type IN ('escalated', 'refused') ORDER BY seq"
    facts = "SELECT facts::text FROM inbox WHERE name = 'escalate' AND refused IS NULL"
    with world.engine.connect() as connection:
        events = list(connection.execute(text(kept)).scalars())
        known = list(connection.execute(text(facts)).scalars())
        addresses = connection.execute(text("SELECT count(*) FROM escalation")).scalar_one()
    assert [one.count('"to"') for one in events] == [1] * 6
    assert [one.count('"to"') for one in known] == [1] * 6
    assert addresses == 6


async def test_a_move_takes_open_questions_to_the_head_of_the_new_place(world: World) -> None:
    bring_in(world)
    case = await world.choosing()
    await put(world, case, "authority_lead")
    there = sample_of("200140900021", head=office(925))
    agree(world.engine, "authorities", there)
    new_head = person("caseworker", 925, authority="200140900021")
    moved = {"authority_bin": "200140900021", "kato": "711110000", "evidence": "Акт"}
    answer = await world.ask(case, "move", world.clerk, moved)
    assert answer.status_code in (200, 204), answer.text
    assert await asked(world, new_head) == [case]
    assert await asked(world, HEAD) == []


async def test_the_list_of_who_is_asked_goes_over_to_who_holds_the_post_next(world: World) -> None:
    bring_in(world)
    case = await world.choosing()
    await put(world, case, "authority_lead")
    successor = person("caseworker", 926, authority=AUTHORITY_BIN)
    agree(world.engine, "authorities", sample_of(AUTHORITY_BIN, head=office(926)))
    assert (await asked(world, HEAD), await asked(world, successor)) == ([], [case])
    agree(world.engine, "authorities", sample_of(AUTHORITY_BIN, head=office(921, 926)))
    assert (await asked(world, HEAD), await asked(world, successor)) == ([case], [case])


async def test_of_questions_put_at_once_a_rebuild_makes_the_same_lists_in_the_order_of_time(
    world: World,
) -> None:
    bring_in(world)
    case = await world.choosing()
    desks = ("authority_lead", "commission_chair", "superior_lead", "administrators") * 2
    asking = [
        world.ask(case, "escalate", world.clerk, {"to": to, "reason": "Вопрос"}) for to in desks
    ]
    assert {answer.status_code for answer in await asyncio.gather(*asking)} <= {200, 202}
    world.host.record(case)
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["escalations"]
    assert len(told) == 8
    assert told == sorted(told, key=lambda one: (one["at"], one["id"]))
    answered = {"escalation": told[3]["id"], "reason": "Да"}
    await world.act(case, "answer_escalation", world.clerk, **answered)
    proof = (
        await world.post("/v1/operations", world.admin, {"kind": "rebuild", "case": case})
    ).json()
    assert proof["damages"] == []


async def test_v3_the_superior_that_is_asked_approves_second_and_nobody_else_from_outside(
    world: World,
) -> None:
    bring_in(world)
    case = await world.reviewed()
    await put(world, case, "superior_lead")
    assert await world.refused(case, "approve", SUPERIOR) == ["not_your_case"]
    await world.act(case, "approve", world.clerk)
    assert "approve" in await may(world, case, SUPERIOR)
    assert "withdraw_approval" not in await may(world, case, SUPERIOR)
    other = person("caseworker", 925, authority=OTHER_AUTHORITY_BIN)
    assert (await world.ask(case, "approve", other, {})).status_code == 404
    told = await world.act(case, "approve", SUPERIOR)
    assert told["status"] == "payment_pending"
    with world.engine.connect() as connection:
        statement = "SELECT a.bin FROM event e JOIN authority a ON a.id = e.on_behalf_of"
        rows = connection.execute(text(f"{statement} WHERE e.type = 'approved'")).scalars()
        assert list(rows) == [SUPERIOR_BIN], "the file says for whom they approved"


async def test_v3_an_authority_above_the_superior_stands_above_and_one_below_does_not(
    world: World,
) -> None:
    bring_in(world)
    with world.engine.connect() as connection:
        found = {one.bin: str(one.id) for one in list_authorities(connection)}
        mine, above = found[AUTHORITY_BIN], found[SUPERIOR_BIN]
        assert superior_of(connection, above, [mine, above]) == [mine]
        assert superior_of(connection, mine, [mine, above]) == []
    top = sample_of(SUPERIOR_BIN, superior=OTHER_AUTHORITY_BIN)["authorities"]
    top += sample_of(OTHER_AUTHORITY_BIN, superior=None)["authorities"]
    agree(world.engine, "authorities", {"authorities": top, "commissions": []})
    with world.engine.connect() as connection:
        highest = next(o for o in list_authorities(connection) if o.bin == OTHER_AUTHORITY_BIN)
        assert set(superior_of(connection, str(highest.id), [mine, above])) == {mine, above}


async def may(world: World, case: str, who: Person) -> set[str]:
    """What somebody is offered."""
    page = (await world.get(f"/v1/cases/{case}", who)).json()
    return {one["name"] for one in page["you"]["may"]}
