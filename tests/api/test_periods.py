"""Over HTTP: several periods of one case, and whoever supplied the last one."""

import base64
from typing import Any

from db.suppliers import put_offer
from tests.api.world import ADDRESS, OTHER_BIN, PRICE, World, today
from tests.support.party_play import ADMINISTRATOR

BAGS: dict[str, Any] = {
    "classifier_code": "HYGIENE-URINE-BAG",
    "name_kk": "Несепқабылдағыш",
    "name_ru": "Мочеприемник",
    "category": "HYGIENE",
    "quantity": 2,
    "unit": "PIECE",
}
HOURS: dict[str, Any] = {
    "classifier_code": "ASSISTANT-HOUR",
    "name_kk": "Жеке көмекшінің қызметі",
    "name_ru": "Услуга индивидуального помощника",
    "category": "INDIVIDUAL_ASSISTANT",
    "quantity": 2,
    "unit": "HOUR",
}
STAY: dict[str, Any] = {
    "classifier_code": "SANATORIUM-STAY",
    "name_kk": "Санаторийлік-курорттық емдеу",
    "name_ru": "Санаторно-курортное лечение",
    "category": "SANATORIUM",
    "quantity": 1,
    "unit": "STAY",
}


async def refused(world: World, case: str, command: str, by: Any, **body: Any) -> Any:
    answer = await world.ask(case, command, by, body)
    assert answer.status_code == 409, answer.text
    return answer.json()["reasons"]


async def drafted(world: World, case: str, by: Any, **form: Any) -> dict[str, Any]:
    asked = {"draft": "application", "deliver_to": {"address": ADDRESS}, **form}
    answer = await world.post(f"/v1/cases/{case}/drafts", by, asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def order_of(draft: dict[str, Any], offer: str, by: Any, **more: Any) -> dict[str, Any]:
    """The body of an order as its draft says."""
    return {
        "offer_id": offer,
        "price_shown": draft["unit_price"],
        "co_payment_confirmed": draft["co_payment"],
        "deliver_to": {"address": ADDRESS},
        "application_sha256": draft["sha256"],
        "signature": by.sign(base64.b64decode(draft["bytes"])),
        **more,
    }


def offered(world: World, item: str, price: int) -> str:
    """The supplier of the world offers another item; the offer's id."""
    supplier, _ = world.offer()
    with world.engine.begin() as connection:
        made = put_offer(connection, ADMINISTRATOR, supplier, item, (price, True))
    assert made is not None
    return str(made.id)


async def delivered(world: World, item: dict[str, Any] = BAGS, quantity: int = 2) -> str:
    """A case by periods, of whose order of two so much was handed over."""
    offer, who = offered(world, item["classifier_code"], 45_000), world.recipient()
    case = await world.choosing(1, item=item)
    draft = await drafted(world, case, who, offer_id=offer, quantity=2)
    await world.act(case, "place_order", who, **order_of(draft, offer, who, quantity=2))
    await world.act(case, "confirm", world.supplier)
    said = {"on": today(), "quantity": quantity, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **said)
    return case


async def test_q1_the_supplier_of_the_last_order_is_named_first(world: World) -> None:
    """Though it is the dearest; the parts of the list hold every offer once."""
    await world.ordered()
    case = (await world.get("/v1/cases", world.recipient())).json()["cases"][0]["id"]
    _, cheap = world.offer(OTHER_BIN, PRICE - 2)
    _, middle = world.offer("200140000030", PRICE - 1)
    asked, seen = f"/v1/offers?case_id={case}&limit=1", []
    path = asked
    while True:
        page = (await world.get(path, world.recipient())).json()
        seen += page["offers"]
        if page["after"] is None:
            break
        path = f"{asked}&after={page['after']}"
    assert [one["price"] for one in seen] == [PRICE, PRICE - 2, PRICE - 1]
    assert [one["id"] for one in seen[1:]] == [str(cheap), str(middle)]
    anybody = (await world.get("/v1/offers", world.recipient())).json()["offers"]
    assert [one["price"] for one in anybody] == [PRICE - 2, PRICE - 1, PRICE]


async def test_f6_a_part_is_accepted_and_the_rest_is_a_further_period(world: World) -> None:
    case = await delivered(world)
    told = await world.act(case, "accept", world.recipient(), quantity=1)
    standing = {p["number"]: (p["status"], p.get("part_of")) for p in told["periods"]}
    assert standing == {
        1: ("awaiting_signatures", None),
        2: ("planned", None),
        3: ("in_fulfilment", 1),
    }
    assert [p["order"] and p["order"]["quantity"] for p in told["periods"]] == [2, None, 1]
    application = told["periods"][0]["application"]
    assert (application["version"], application["quantity"]) == (2, 1)


async def test_a_command_names_its_period_where_several_live(world: World) -> None:
    """`period_required` says which there are; named, the row is taken (F1)."""
    case = await delivered(world)
    await world.act(case, "accept", world.recipient(), quantity=1)
    said = {"on": today(), "quantity": 1, "evidence": "Акт № 2"}
    reasons = await refused(world, case, "mark_delivered", world.supplier, **said)
    assert [(one["code"], one["facts"]) for one in reasons] == [
        ("period_required", {"periods": "1, 3"})
    ]
    unknown = await refused(world, case, "mark_delivered", world.supplier, **said, period=9)
    assert [one["code"] for one in unknown] == ["not_your_case"], "nor whether there is one"
    told = await world.act(case, "mark_delivered", world.supplier, **said, period=3)
    seen = {one["number"]: one["status"] for one in told["periods"]}
    assert seen == {1: "awaiting_signatures", 3: "delivered"}, "those with an order of its own"


async def test_l3_the_act_of_handover_drafts_the_application_where_none_fits(world: World) -> None:
    """One of two hours was worked before the recipient died; the act says so."""
    case = await delivered(world, HOURS, 1)
    death = {"ground": "person_died", "reason": "Қайтыс болды", "evidence": "Куәлік"}
    await world.act(case, "revoke", world.clerk, **death)
    act = {"quantity": 1, "reason": "Алушы қайтыс болды", "evidence": "Тапсыру актісі"}
    told = await world.act(case, "attest_handover", world.clerk, **act)
    application = told["periods"][0]["application"]
    assert (told["status"], application["version"], application["quantity"]) == (
        "awaiting_signatures",
        2,
        1,
    )
    await world.act(case, "attest_handover", world.clerk, **act)
    signed = await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))
    assert signed["status"] == "under_review"


async def test_c1_a_childs_companion_stands_in_the_draft_and_in_the_order_at_its_share(
    world: World,
) -> None:
    """SC 168(4): 70 % of the guaranteed sum are paid of the companion's place at most."""
    parent = {"kind": "PARENT", "basis_number": "1", "basis_date": "2020-01-12"}
    acting = {**world.representing(2), **parent}
    offer, who = offered(world, STAY["classifier_code"], 40_000_000), world.recipient(2)
    case = world.receive(1, item=STAY, person__disability_group="CHILD", representative=acting)
    await world.act(case, "open_case", who)
    form = {"offer_id": offer, "quantity": 1}
    alone = await drafted(world, case, who, **form)
    draft = await drafted(world, case, who, **form, companion=True)
    beside = draft["unit_sum"] * 70 // 100
    assert draft["amount"] - alone["amount"] == beside
    assert draft["co_payment"] == 2 * draft["unit_price"] - draft["unit_sum"] - beside
    body = order_of(draft, offer, who, quantity=1, companion=True)
    told = await world.act(case, "place_order", who, **body)
    order = told["periods"][0]["order"]
    assert (order["companion_sum"], order["ceiling"]) == (beside, draft["amount"])
