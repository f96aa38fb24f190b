"""The commission over HTTP: what it sees, what it concludes, and what it may not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.terms import local_day
from tests.api.world import World, person
from tests.support.systems import serve

REASON = {"reason": "Дөңгелегі сынды"}


@pytest.fixture
def portal(world: World) -> World:
    serve(world.app)
    return world


def today() -> str:
    return local_day(datetime.now(UTC)).isoformat()


async def delivered(world: World) -> str:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    said = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark-delivered", world.supplier, **said)
    return case


async def refused(world: World, case: str, command: str, by: Any, **body: Any) -> list[str]:
    answer = await world.post(f"/v1/cases/{case}/{command}", by, body)
    assert answer.status_code == 409, answer.text
    return [reason["code"] for reason in answer.json()["reasons"]]


async def test_d1_d4_a_dispute_from_the_complaint_to_the_conclusion(portal: World) -> None:
    case = await delivered(portal)
    recipient = portal.recipient()
    told = await portal.act(case, "complain", recipient, known_on=today(), **REASON)
    assert (told["status"], told["waits_for"]) == ("disputed", ["commission"])
    listed = await portal.get("/v1/cases?waits_for=commission", portal.commission)
    assert [one["id"] for one in listed.json()["cases"]] == [case]
    seen = (await portal.get(f"/v1/cases/{case}", portal.commission)).json()
    may = {one["name"] for one in seen["you"]["may"] if one["allowed"]}
    assert {"decide_for_supplier", "decide_for_recipient", "order_remedy"} <= may
    assert seen["you"]["text"]["en"].startswith("Hear the sides")
    await portal.act(case, "state-position", portal.supplier, **REASON)
    told = await portal.act(case, "decide-for-supplier", portal.commission, **REASON)
    assert told["status"] == "awaiting_signatures"
    assert await refused(portal, case, "decide-for-recipient", portal.commission, **REASON) == [
        "status_does_not_allow"
    ]


async def test_d3_a_remedy_over_http_sets_the_day_of_the_delivery(portal: World) -> None:
    case = await delivered(portal)
    await portal.act(case, "complain", portal.recipient(), known_on=today(), **REASON)
    late = {**REASON, "until": "2199-01-01"}
    assert await refused(portal, case, "order-remedy", portal.commission, **late) == ["day_wrong"]
    assert await refused(portal, case, "accept", portal.recipient(), quantity=1)


async def test_c4_the_commission_answers_that_there_is_no_supplier(portal: World) -> None:
    case = await portal.choosing()
    told = await portal.act(case, "report-no-supplier", portal.recipient(), **REASON)
    assert told["waits_for"] == ["recipient", "commission"]
    told = await portal.act(case, "confirm-no-supplier", portal.commission, **REASON)
    assert told["status"] == "to_procurement"


async def test_a_commission_sees_the_cases_of_its_region_alone(portal: World) -> None:
    case = await portal.choosing()
    elsewhere = person("commission", 917, region="63")
    of_no_region = person("commission", 918)
    for who in (elsewhere, of_no_region):
        assert (await portal.get(f"/v1/cases/{case}", who)).status_code == 404
        assert (await portal.get("/v1/cases", who)).json()["cases"] == []
    assert (await portal.get(f"/v1/cases/{case}", portal.commission)).status_code == 200
    me = (await portal.get("/v1/me", portal.commission)).json()
    assert (me["role"], me["region"], me["counts"]["open"]) == ("commission", "71", 1)


async def test_a_member_who_is_the_recipient_concludes_nothing(portal: World) -> None:
    case = await delivered(portal)
    await portal.act(case, "complain", portal.recipient(1), known_on=today(), **REASON)
    member = person("commission", 1, region="71")
    assert await refused(portal, case, "decide-for-recipient", member, **REASON) == [
        "party_cannot_decide"
    ]


async def test_only_the_commission_concludes(portal: World) -> None:
    case = await delivered(portal)
    await portal.act(case, "complain", portal.recipient(), known_on=today(), **REASON)
    for who in (portal.recipient(), portal.supplier, portal.clerk, portal.admin):
        answer = await portal.post(f"/v1/cases/{case}/decide-for-supplier", who, REASON)
        assert answer.status_code == 403


async def test_p13_a_successor_must_be_known_to_the_portal(portal: World) -> None:
    case = await delivered(portal)
    said = {**REASON, "evidence": "Куәлік № 3"}
    await portal.act(case, "supplier-ceased", portal.commission, **said)
    entering = {**said, "ground": "heir", "supplier_id": "01a210b8-d1bb-73bb-979c-31f7c2013a53"}
    assert await refused(portal, case, "enter-successor", portal.clerk, **entering) == [
        "successor_unknown"
    ]
    other, _ = portal.offer("200140000022")
    entering["supplier_id"] = str(other)
    await portal.act(case, "enter-successor", portal.clerk, **entering)
    await portal.act(case, "enter-successor", portal.second_clerk, **entering)
    told = (await portal.get(f"/v1/cases/{case}", portal.other_supplier)).json()
    assert told["periods"][0]["order"]["successor"] == str(other)
    annex = {"iban": "KZ86125KZT5004100100", "bic": "KKMFKZ2A"}
    draft = await portal.post(f"/v1/cases/{case}/account-draft", portal.other_supplier, annex)
    assert draft.status_code == 200


async def test_what_is_complained_of_is_enciphered_and_read_by_the_commission(
    portal: World,
) -> None:
    case = await delivered(portal)
    answer = await portal.post(
        f"/v1/cases/{case}/complain", portal.recipient(), {"known_on": today(), **REASON}
    )
    message = answer.json()["outcome"]["message"]
    read = await portal.get(f"/v1/messages/{message}", portal.commission)
    assert read.status_code == 200
    assert read.json()["words"] == REASON
