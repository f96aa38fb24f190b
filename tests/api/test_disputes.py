"""The commission over HTTP: what it sees, what it concludes, and what it may not."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.paying import paying, report
from tests.api.world import IBAN, SUPPLIER_BIN, Person, World, person, today
from tests.support.casework import move_clock
from tests.support.reports import report_xml
from tests.support.servers import Database

REASON = {"reason": "Дөңгелегі сынды"}


async def delivered(world: World) -> str:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    said = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **said)
    return case


async def explained(world: World, case: str, said: str, *readers: Person) -> None:
    """What the commission concluded is in the file: why, and how it may be appealed."""
    for reader in readers:
        paper = await world.paper(case, "conclusion", reader)
        assert set(paper["texts"]) == {"kk", "ru", "en"}
        assert all(REASON["reason"] in one["text"] for one in paper["texts"].values())
        assert said in paper["texts"]["en"]["text"]
        assert "You may appeal" in paper["texts"]["en"]["text"]


async def test_d1_d4_a_dispute_from_the_complaint_to_the_conclusion(world: World) -> None:
    case = await delivered(world)
    recipient = world.recipient()
    told = await world.act(case, "complain", recipient, known_on=today(), **REASON)
    assert (told["status"], told["waits_for"]) == ("disputed", ["commission"])
    listed = await world.get("/v1/cases?waits_for=commission", world.commission)
    assert [one["id"] for one in listed.json()["cases"]] == [case]
    seen = (await world.get(f"/v1/cases/{case}", world.commission)).json()
    may = {one["name"] for one in seen["you"]["may"]}
    assert {"decide_for_supplier", "decide_for_recipient", "order_remedy"} <= may
    assert seen["you"]["text"].startswith("Выслушайте")
    await world.act(case, "state_position", world.supplier, **REASON)
    told = await world.act(case, "decide_for_supplier", world.commission, **REASON)
    assert told["status"] == "awaiting_signatures"
    assert await world.refused(case, "decide_for_recipient", world.commission, **REASON) == [
        "status_does_not_allow"
    ]


async def test_d3_a_remedy_over_http_sets_the_day_of_the_delivery(world: World) -> None:
    case = await delivered(world)
    await world.act(case, "complain", world.recipient(), known_on=today(), **REASON)
    late = {**REASON, "until": "2199-01-01"}
    assert await world.refused(case, "order_remedy", world.commission, **late) == ["day_wrong"]
    assert await world.refused(case, "accept", world.recipient(), quantity=1)


async def test_c4_the_commission_answers_that_there_is_no_supplier(world: World) -> None:
    case = await world.choosing()
    told = await world.act(case, "report_no_supplier", world.recipient(), **REASON)
    assert told["waits_for"] == ["commission", "recipient"]
    told = await world.act(case, "confirm_no_supplier", world.commission, **REASON)
    assert told["status"] == "to_procurement"


async def test_a_commission_sees_the_cases_of_its_region_alone(world: World) -> None:
    case = await world.choosing()
    elsewhere = person("commission", 917, region="63")
    of_no_region = person("commission", 918)
    for who in (elsewhere, of_no_region):
        assert (await world.get(f"/v1/cases/{case}", who)).status_code == 404
        assert (await world.get("/v1/cases", who)).json()["cases"] == []
    assert (await world.get(f"/v1/cases/{case}", world.commission)).status_code == 200
    me = (await world.get("/v1/me", world.commission)).json()
    assert (me["role"], me["region"], me["counts"]["open"]) == ("commission", "71", 1)


async def test_a_member_who_is_the_recipient_concludes_nothing(world: World) -> None:
    case = await delivered(world)
    await world.act(case, "complain", world.recipient(1), known_on=today(), **REASON)
    member = person("commission", 1, region="71")
    assert await world.refused(case, "decide_for_recipient", member, **REASON) == [
        "party_cannot_decide"
    ]


async def test_only_the_commission_concludes(world: World) -> None:
    case = await delivered(world)
    await world.act(case, "complain", world.recipient(), known_on=today(), **REASON)
    for who in (world.recipient(), world.supplier, world.clerk, world.admin):
        answer = await world.ask(case, "decide_for_supplier", who, REASON)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        ("decide_for_supplier", {}, "for the supplier"),
        ("decide_for_recipient", {}, "for the recipient"),
        ("order_remedy", {"until": today(20)}, f"{date.fromisoformat(today(20)):%d.%m.%Y}"),
    ],
)
async def test_the_conclusion_in_a_dispute_is_written_down_for_both(
    world: World, command: str, more: dict[str, Any], said: str
) -> None:
    case = await delivered(world)
    await world.act(case, "complain", world.recipient(), known_on=today(), **REASON)
    await world.act(case, command, world.commission, **REASON, **more)
    readers = (world.recipient(), world.supplier, world.commission, world.clerk)
    await explained(world, case, said, *readers)


async def test_a_complaint_that_is_dismissed_is_answered_in_writing(
    world: World, database: Database
) -> None:
    case = await delivered(world)
    move_clock(database.sandbox_url, timedelta(days=20))
    await world.act(case, "complain", world.recipient(), known_on=today(), **REASON)
    await world.act(case, "dismiss_complaint", world.commission, **REASON)
    await explained(world, case, "dismissed the complaint", world.recipient())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("confirm_no_supplier", "nobody on the portal offers"),
        ("deny_no_supplier", "there is a supplier"),
    ],
)
async def test_whether_there_is_a_supplier_is_answered_in_writing(
    world: World, command: str, said: str
) -> None:
    case = await world.choosing()
    await world.act(case, "report_no_supplier", world.recipient(), **REASON)
    await world.act(case, command, world.commission, **REASON)
    await explained(world, case, said, world.recipient())


async def test_p10_the_supplier_reads_what_it_pays_back_and_why(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    found = {"ground": "poor_quality", "amount": 12_345_600, "still_needed": False}
    await world.act(case, "find_breach", world.commission, **REASON, **found)
    said = "pays back 123\N{NO-BREAK SPACE}456,00\N{NO-BREAK SPACE}tenge"
    await explained(world, case, said, world.supplier, world.recipient())
    paper = await world.paper(case, "conclusion", world.supplier)
    assert "Poor quality, or not as declared" in paper["texts"]["en"]["text"]


async def test_p13_a_successor_must_be_known_to_the_portal(world: World) -> None:
    case = await delivered(world)
    said = {**REASON, "evidence": "Куәлік № 3"}
    await world.act(case, "supplier_ceased", world.commission, **said)
    entering = {**said, "ground": "heir", "supplier_id": "01a210b8-d1bb-73bb-979c-31f7c2013a53"}
    assert await world.refused(case, "enter_successor", world.clerk, **entering) == [
        "successor_unknown"
    ]
    other, _ = world.offer("200140000022")
    edition = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["edition"]
    href = f"/v1/definitions/{edition}/commands/enter_successor?case={case}"
    drawn = (await world.get(href, world.clerk)).json()["properties"]["supplier_id"]
    (named,) = drawn["x-offered"]
    assert (named["const"], named["title"]) == (str(other), "200140000022")
    entering["supplier_id"] = named["const"]
    await world.act(case, "enter_successor", world.clerk, **entering)
    await world.act(case, "enter_successor", world.second_clerk, **entering)
    told = (await world.get(f"/v1/cases/{case}", world.other_supplier)).json()
    assert told["periods"][0]["order"]["successor"] == str(other)
    annex = {"draft": "account", "iban": "KZ86125KZT5004100100", "bic": "KKMFKZ2A"}
    draft = await world.post(f"/v1/cases/{case}/drafts", world.other_supplier, annex)
    assert draft.status_code == 200


async def test_what_is_complained_of_is_enciphered_and_read_by_the_commission(
    world: World,
) -> None:
    case = await delivered(world)
    answer = await world.ask(case, "complain", world.recipient(), {"known_on": today(), **REASON})
    message = answer.json()["outcome"]["message"]
    read = await world.get(f"/v1/messages/{message}", world.commission)
    assert read.status_code == 200
    assert read.json()["words"] == REASON
