"""A supplier whose order ended is answered the same whatever comes afterwards, by every read."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from api.app import ROUTERS
from api.document import guards_of
from domain.messages import Role
from tests.api.world import ADDRESS, OTHER_BIN, Person, World, today
from tests.support.intake import iin

# Where there is nothing for a supplier of a case to read, or a case is not what is read.
ELSEWHERE = ("/v1/supplier", "/v1/catalogue", "/v1/definitions", "/v1/calendar", "/v1/authorit")
REASON = {"reason": "Нет на складе"}
PHONE = "+77015550101"
COMMANDS = ("confirm", "withdraw_order", "refuse_order")


def reads() -> Iterator[str]:
    """Every address that a supplier may read about cases; streams have tests of their own."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            guards = [guard for guard in guards_of(route.dependant) if Role.SUPPLIER in guard.roles]
            if "GET" in (route.methods or ()) and guards and not route.path.endswith("/stream"):
                yield route.path


async def answers(world: World, case: str, by: Person, known: dict[str, Any]) -> dict[str, Any]:
    """What every read answers, by address; ids of what the reader has seen once are `known`."""
    found: dict[str, Any] = {}
    for path in reads():
        if path.startswith(ELSEWHERE):
            continue
        for name, values in known.items():
            asked = [path.replace(f"{{{name}}}", str(one)) for one in values]
            path = path if f"{{{name}}}" not in path else "\n".join(asked)
        for address in path.replace("{case_id}", case).split("\n"):
            assert "{" not in address, address
            answer = await world.get(address, by)
            found[address] = (answer.status_code, answer.headers.get("etag"), answer.text)
    for query in ("status=order_ended", "status=ordered", "waits_for=supplier", "stuck=true"):
        answer = await world.get(f"/v1/cases?count=true&{query}", by)
        cases = {"cases": answer.json()["cases"], "count": answer.json()["count"]}
        found[query] = (answer.status_code, None, cases)
    asked_ahead = await world.post(
        f"/v1/cases/{case}/what-if", by, {"question": "nobody_acts"}, "what-if"
    )
    found["what-if"] = (asked_ahead.status_code, None, without_clock(asked_ahead.json()))
    for name in COMMANDS if by in (world.supplier, world.other_supplier) else ():
        refused = await world.ask(case, name, by, {"reason": "Жоқ"} if "_" in name else {})
        found[name] = (refused.status_code, None, refused.json()["reasons"])
    return found


def without_clock(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in ("at", "until")}


def without_place(found: dict[str, Any]) -> dict[str, Any]:
    """A list's cursor is the clock of the database, not of the case."""
    return {
        address: (status, etag, re.sub(r'"changed_since":"[^"]*"', "", str(text)))
        for address, (status, etag, text) in found.items()
    }


async def ended(world: World, way: str) -> str:
    """A case whose order by the supplier has ended in a way."""
    case = await world.ordered()
    if way == "refused":
        await world.act(case, "refuse_order", world.supplier, reason="Нет на складе")
    elif way == "cancelled":
        await world.act(case, "cancel_order", world.recipient(), reason="Передумал")
    else:
        await world.act(case, "confirm", world.supplier)
        await world.act(case, "withdraw_order", world.supplier, reason="Нет на складе")
    return case


@pytest.mark.parametrize("way", ["refused", "cancelled", "withdrawn"])
async def test_a_supplier_whose_order_ended_reads_the_same_whatever_happens_then(
    world: World, way: str
) -> None:
    case, supplier = await ended(world, way), world.supplier
    page = (await world.get(f"/v1/cases/{case}", supplier)).json()
    events = (await world.get(f"/v1/cases/{case}/events?noted=true", supplier)).json()["events"]
    known = {
        "sha256": [one["href"].rpartition("/")[2] for one in page["documents"]],
        "term": ["supplier_answer", "choice", "delivery", "review"],
        "period": [1],
        "task_id": [uuid4()],
        "message_id": [one["message"].rpartition("/")[2] for one in events if one["message"]],
    }
    assert page["status"] == "order_ended"
    assert [one["kind"] for one in page["documents"]][:1] == ["application"]
    _, offer = world.offer(OTHER_BIN)
    before = await answers(world, case, supplier, known)
    changes = (await world.get("/v1/cases", supplier)).json()["changed_since"]
    who, other = world.recipient(), world.other_supplier
    await world.act(case, "place_order", who, **world.order(case, offer, who))
    disputed = {"term": "supplier_answer", "start": today(), **REASON}
    await world.act(case, "contest_deadline", other, **disputed)
    await world.act(case, "confirm", other)
    await world.act(case, "mark_delivered", other, on=today(), quantity=1, evidence="Акт № 1")
    await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Вопрос")
    await world.act(case, "accept", who, quantity=1)
    after = await answers(world, case, supplier, known)
    assert without_place(after) == without_place(before)
    told = (await world.get(f"/v1/cases?changed_since={changes}", supplier)).json()
    assert told["cases"] == []
    later = (await world.get(f"/v1/cases/{case}", other)).json()
    said = str([one for address, one in after.items() if address != "/v1/offers"])
    assert str(later["periods"][0]["order"]["supplier"]) not in said


async def test_the_supplier_of_a_confirmed_order_reads_where_to_bring_it(world: World) -> None:
    _, offer = world.offer()
    case, who = await world.choosing(), world.recipient()
    wanted = world.order(case, offer, who, deliver_to={"address": ADDRESS, "phone": PHONE})
    told = await world.act(case, "place_order", who, **wanted)
    assert ADDRESS not in str(told)
    path = f"/v1/cases/{case}/person"
    assert (await world.get(path, world.supplier)).status_code == 409
    await world.act(case, "confirm", world.supplier)
    found = (await world.get(path, world.supplier)).json()
    assert found == {"period": 1, "name": "Үлгібаев Мысал", "phone": PHONE, "address": ADDRESS}
    assert (await world.get(path, world.other_supplier)).status_code == 404
    assert world.audit()[-1] == ("supplier", "delivery_read")
    await world.act(case, "withdraw_order", world.supplier, reason="Нет на складе")
    refused = await world.get(path, world.supplier)
    assert refused.json()["reasons"][0]["code"] == "not_your_case"
    assert ADDRESS not in world.everything()


async def test_goods_are_brought_somewhere(world: World) -> None:
    """A message without the address is told so, and nothing of it is lost or counted."""
    _, offer = world.offer()
    case, who = await world.choosing(), world.recipient()
    silent = world.order(case, offer, who)
    del silent["deliver_to"]
    answer = await world.ask(case, "place_order", who, silent)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/deliver_to"]
    assert (await world.get(f"/v1/cases/{case}", who)).json()["status"] == "choosing"
    strange: list[Any] = [
        {},
        {"address": ""},
        {"address": ADDRESS, "phone": "нет"},
        "Алматы",
        {"address": "a\x00bcdef"},
    ]
    for wrong in strange:
        asked = world.order(case, offer, who, deliver_to=wrong)
        answer = await world.ask(case, "place_order", who, asked)
        assert answer.status_code == 422, wrong
        assert ADDRESS not in answer.text


async def test_no_iin_is_read_but_in_what_is_signed_and_who_reads_that_is_on_record(
    world: World,
) -> None:
    """Every read of a case by everybody: pages, lists, deadlines, forecasts, persons, messages."""
    case = await world.reviewed()
    everybody = [world.recipient(), world.supplier, world.clerk, world.commission, world.admin]
    numbers, read = [iin(one) for one in (1, 901, 902, 904, 905, 907)], 0
    for by in everybody:
        page = (await world.get(f"/v1/cases/{case}", by)).json()
        events = (await world.get(f"/v1/cases/{case}/events?noted=true", by)).json()["events"]
        known = {
            "sha256": [one["href"].rpartition("/")[2] for one in page["documents"]],
            "term": ["choice", "review"],
            "period": [1],
            "task_id": [uuid4()],
            "message_id": [one["message"].rpartition("/")[2] for one in events if one["message"]],
        }
        signed = len([one for one in world.audit() if one[1] == "document_read"])
        found = await answers(world, case, by, known)
        for address, (status, _, text) in found.items():
            if "/documents/" in address or address.endswith("/bundle"):
                read += status == 200
                continue
            assert [one for one in numbers if one in str(text)] == [], address
        kept = len([one for one in world.audit() if one[1] == "document_read"])
        taken = found[f"/v1/cases/{case}/bundle"][0] == 200
        assert kept - signed - taken == len(page["documents"]) > 0
    assert read == len([one for one in world.audit() if one[1] == "document_read"])
    looked = [one for one in world.audit() if one[1] in ("person_read", "delivery_read")]
    assert {role for role, _ in looked} == {"recipient", "supplier", "caseworker", "administrator"}
