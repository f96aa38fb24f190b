"""Receipts of the gateways reach the cases that they prove something to."""

import json
from typing import Any

import httpx
import pytest

from db.dispatches import begin, note_sent
from tests.api.world import World
from tests.support.intake import SEAL
from tests.support.systems import send

AT = "2026-11-23T06:00:00Z"


def notice_sent(world: World, case: str, number: str, **data: Any) -> None:
    """A round of notices went out to a case under a number of the gateway."""
    told = {"round": 1, "period": 1, "confirmed": True, "gateway_key": "k", **data}
    with world.engine.begin() as connection:
        dispatch = begin(connection, f"{case}/2.1/recipient/sms", case, "notify", told, "sms")
        note_sent(connection, SEAL, dispatch, number)


async def receipt(world: World, channel: str = "sms", **body: Any) -> httpx.Response:
    content = {"id": "G-1", "state": "DELIVERED", "at": AT, **body}
    return await send(world, "gateway", f"/v1/receipts/{channel}", json.dumps(content).encode())


async def status(world: World, case: str) -> str:
    told: str = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["status"]
    return told


async def test_a_delivered_notice_begins_the_two_months(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    answer = await receipt(world)
    assert (answer.status_code, answer.json()) == (200, {"cases": 1})
    assert await status(world, case) == "choosing"


async def test_a_receipt_sent_twice_changes_nothing_more(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    first, second = await receipt(world), await receipt(world)
    assert first.content == second.content
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert [event["type"] for event in told["timeline"]].count("notified") == 1


async def test_a_receipt_before_its_number_is_known_is_kept(world: World) -> None:
    case = world.receive()
    assert (await receipt(world)).json() == {"cases": 0}
    notice_sent(world, case, "G-1")
    world.host.record(case)
    assert await status(world, case) == "choosing"


async def test_an_unconfirmed_contact_proves_nothing(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", confirmed=False)
    await receipt(world)
    assert await status(world, case) == "notifying"


async def test_a_receipt_of_another_channel_is_not_mistaken_for_this_one(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    assert (await receipt(world, "email")).json() == {"cases": 0}
    assert await status(world, case) == "notifying"


async def test_a_malformed_receipt_is_told_every_mistake(world: World) -> None:
    answer = await receipt(world, id="", state="LOST", at="yesterday")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/id", "/state", "/at"]


async def test_a_receipt_is_taken_while_temporal_is_down(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    world.host.asleep = True
    assert (await receipt(world)).json() == {"cases": 1}
    world.host.asleep = False
    world.host.record(case)
    assert await status(world, case) == "choosing"


@pytest.mark.parametrize("role", ["esobes", "treasury"])
async def test_only_the_gateway_sends_receipts(world: World, role: str) -> None:
    assert (await send(world, role, "/v1/receipts/sms", b"{}")).status_code == 403
