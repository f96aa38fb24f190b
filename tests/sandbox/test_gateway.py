"""The gateway delivers each key once, and proves it once."""

import json
from typing import Any
from uuid import uuid4

import pytest

from sandbox.identities import make_phone
from tests.sandbox.world import World, wait_until

CHANNELS = [
    ("sms", {"phone": make_phone(1), "text": "До 23.01.2027"}),
    ("email", {"to": "a@example.kz", "subject": "Портал", "text": "До 23.01.2027"}),
]


def send(world: World, system: str, body: dict[str, str], key: str | None = None) -> str:
    """Send a message; its id."""
    return str(world.post(f"/{system}/messages", key=key or uuid4().hex, **body)["id"])


def hear_receipts(world: World, system: str, number: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until the product has heard so many receipts for a message."""

    def read() -> list[dict[str, Any]]:
        receipts = [json.loads(call.body) for call in world.product.at(f"/v1/receipts/{system}")]
        return [receipt for receipt in receipts if receipt["id"] == number]

    return wait_until(read, lambda receipts: len(receipts) >= count)


@pytest.mark.parametrize(("system", "body"), CHANNELS)
def test_a_message_is_delivered_and_its_receipt_is_posted(
    world: World, system: str, body: dict[str, str]
) -> None:
    number = send(world, system, body)
    (receipt,) = hear_receipts(world, system, number)
    assert receipt["state"] == "DELIVERED"
    assert receipt["at"].endswith("Z")
    assert world.get(f"/{system}/messages/{number}") == {"id": number, "state": "DELIVERED"}


@pytest.mark.parametrize(("system", "body"), CHANNELS)
def test_the_same_key_sends_nothing_again(world: World, system: str, body: dict[str, str]) -> None:
    key = uuid4().hex
    first, second = (send(world, system, body, key) for _ in range(2))
    assert first == second
    assert [m["id"] for m in world.get(f"/{system}/outbox") if m["key"] == key] == [first]


def test_the_outbox_shows_one_address_or_all(world: World) -> None:
    phone = make_phone(77)
    number = send(world, "sms", {"phone": phone, "text": "Сәлем"})
    send(world, "sms", {"phone": make_phone(78), "text": "Сәлем"})
    (message,) = world.get("/sms/outbox", phone=phone)
    assert (message["id"], message["phone"], message["text"]) == (number, phone, "Сәлем")
    assert len(world.get("/sms/outbox")) > 1


@pytest.mark.parametrize(("system", "body"), CHANNELS)
def test_an_undelivered_message_says_so(world: World, system: str, body: dict[str, str]) -> None:
    world.arm(system, "undelivered")
    number = send(world, system, body)
    assert hear_receipts(world, system, number)[0]["state"] == "UNDELIVERED"
    assert world.get(f"/{system}/messages/{number}")["state"] == "UNDELIVERED"


@pytest.mark.parametrize(("system", "body"), CHANNELS)
def test_a_message_without_receipt_stays_sent(
    world: World, system: str, body: dict[str, str]
) -> None:
    world.arm(system, "no_receipt")
    unproven = send(world, system, body)
    proven = send(world, system, body)
    hear_receipts(world, system, proven)
    assert hear_receipts(world, system, unproven, 0) == []
    assert world.get(f"/{system}/messages/{unproven}")["state"] == "SENT"


def test_a_receipt_comes_twice_when_asked_for(world: World) -> None:
    world.arm("sms", "duplicate")
    number = send(world, "sms", CHANNELS[0][1])
    first, second = hear_receipts(world, "sms", number, 2)
    assert first == second


def test_a_fault_strikes_only_calls_that_contain_its_text(world: World) -> None:
    phone = make_phone(4)
    world.arm("sms", "undelivered", match=phone)
    other = send(world, "sms", {"phone": make_phone(5), "text": "x"})
    struck = send(world, "sms", {"phone": phone, "text": "x"})
    assert hear_receipts(world, "sms", other)[0]["state"] == "DELIVERED"
    assert hear_receipts(world, "sms", struck)[0]["state"] == "UNDELIVERED"
    assert [fault["remaining"] for fault in world.get("/faults")] == [0]


def test_a_message_that_nobody_sent_is_not_found_and_a_wrong_phone_is_refused(world: World) -> None:
    assert world.client.get("/sms/messages/none").status_code == 404
    body = {"key": "k", "phone": "87001234567", "text": "x"}
    assert world.client.post("/sms/messages", json=body).status_code == 422
