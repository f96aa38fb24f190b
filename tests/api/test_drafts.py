"""What an order would be refused for is said with its draft, before anybody signs."""

from typing import Any

import httpx

from tests.api.world import ADDRESS, World, reasons, today


async def second(world: World) -> str:
    """Another measure of the same person, of the same item."""
    return await world.choosing(1, measure_id="M-00077", message_id="message-77")


async def draft(world: World, case: str, offer: Any, **more: Any) -> httpx.Response:
    to = {"address": ADDRESS}
    wish = {"draft": "application", "offer_id": str(offer), "quantity": 1, "deliver_to": to, **more}
    return await world.post(f"/v1/cases/{case}/drafts", world.recipient(), wish)


async def test_a_draft_above_the_norm_of_the_year_is_refused_before_anybody_signs(
    world: World,
) -> None:
    _, offer = world.offer()
    first, other, person = await world.choosing(), await second(world), world.recipient()
    assert (await draft(world, other, offer)).status_code == 200
    await world.act(first, "place_order", person, **world.order(first, offer, person))
    answer = await draft(world, other, offer)
    assert reasons(answer) == ["over_norm"]
    assert answer.json()["reasons"][0]["facts"] == {"norm": 1, "used": 1, "most": 0}
    form = f"/v1/definitions/social-code/commands/place_order?case={other}"
    assert (await world.get(form, person)).json()["properties"]["quantity"]["maximum"] == 0
    signed = world.order(other, offer, person)
    assert await world.refused(other, "place_order", person, **signed) == ["over_norm"]


async def test_an_order_that_no_norm_is_left_for_is_not_offered_until_it_is(world: World) -> None:
    _, offer = world.offer()
    first, other, person = await world.choosing(), await second(world), world.recipient()
    assert await ordering(world, other) == {"allowed": True, "reasons": []}
    await world.act(first, "place_order", person, **world.order(first, offer, person))
    (reason,) = (await ordering(world, other))["reasons"]
    assert (reason["code"], reason["facts"]) == ("over_norm", {"norm": 1, "used": 1, "most": 0})
    await world.act(first, "cancel_order", person, reason="Жоқ")
    assert await ordering(world, other) == {"allowed": True, "reasons": []}


async def ordering(world: World, case: str) -> dict[str, Any]:
    """Whether an order is offered, and why not."""
    page = (await world.get(f"/v1/cases/{case}?may=all", world.recipient())).json()
    (told,) = (one for one in page["you"]["may"] if one["name"] == "place_order")
    return {name: told[name] for name in ("allowed", "reasons")}


async def test_a_draft_tells_every_reason_for_which_its_order_would_be_refused(
    world: World,
) -> None:
    supplier, offer = world.offer()
    case = await world.choosing()
    change = {"command": "change", "regions": ["75"]}
    moved = await world.post(f"/v1/suppliers/{supplier}/commands", world.admin, change)
    assert moved.is_success, moved.text
    answer = await draft(world, case, offer, quantity=2, deliver_by=today(-1))
    assert reasons(answer) == ["region_not_served", "quantity_wrong", "over_norm", "day_wrong"]
    kept = await draft(world, case, offer, deliver_by="2027-02-30")
    assert [one["pointer"] for one in kept.json()["errors"]] == ["/deliver_by"]


async def test_goods_that_are_brought_nowhere_are_refused_before_anybody_signs(
    world: World,
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    answer = await draft(world, case, offer, deliver_to=None)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["pointer"], mistake["code"]) == (
        *(422, "/deliver_to"),
        "required",
    )
    law = (await world.get(f"/v1/cases/{case}", world.recipient())).json()["edition"]
    form = f"/v1/definitions/{law}/commands/place_order"
    asked = (await world.get(f"{form}?case={case}", world.recipient())).json()["required"]
    assert "deliver_to" in asked
    assert "deliver_to" not in (await world.get(form, world.recipient())).json()["required"]
