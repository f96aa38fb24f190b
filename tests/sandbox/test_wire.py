"""Connections break on request, and callbacks outlive every answer but a refusal."""

import time
from uuid import uuid4

import httpx
import pytest

from sandbox.identities import make_phone
from tests.sandbox.test_gateway import hear_receipts, send
from tests.sandbox.world import World, wait_until

SMS = {"phone": make_phone(9), "text": "x"}
CALLS = {
    "sms": ("GET", "/sms/messages/none"),
    "email": ("GET", "/email/messages/none"),
    "treasury": ("GET", "/treasury/payments/none"),
    "esobes": ("POST", "/esobes/results"),
    "ca": ("GET", "/ca/root.pem"),
    "tsa": ("POST", "/tsa"),
    "ncanode": ("POST", "/cms/verify"),
    "identity": ("GET", "/identity/jwks"),
}


@pytest.mark.parametrize(("system", "call"), CALLS.items())
def test_a_system_that_is_down_answers_503_as_often_as_asked(
    world: World, system: str, call: tuple[str, str]
) -> None:
    world.arm(system, "down", times=2)
    statuses = [world.client.request(*call).status_code for _ in range(3)]
    assert statuses[:2] == [503, 503]
    assert statuses[2] != 503


@pytest.mark.parametrize("told", ["results", "returned-messages", "message-notices"])
def test_whatever_e_sobes_is_told_may_be_lost_and_what_it_heard_may_always_be_looked_up(
    world: World, told: str
) -> None:
    world.arm("esobes", "down")
    assert world.client.get(f"/esobes/{told}").status_code == 200
    assert [world.client.post(f"/esobes/{told}").status_code for _ in range(2)] == [503, 422]


def test_one_system_down_leaves_the_others_and_the_controls_alone(world: World) -> None:
    world.arm("sms", "down", times=100)
    assert world.client.get("/sms/outbox").status_code == 200
    assert world.client.get("/email/messages/none").status_code == 404


def test_a_lost_reply_has_done_the_work_and_the_retry_finds_it_done(world: World) -> None:
    key = uuid4().hex
    world.arm("sms", "lost_reply")
    with pytest.raises(httpx.TransportError):
        send(world, "sms", SMS, key)
    kept = [message for message in world.get("/sms/outbox") if message["key"] == key]
    assert len(kept) == 1
    assert send(world, "sms", SMS, key) == kept[0]["id"]


def test_a_slow_system_answers_late_and_works_all_the_same(world: World) -> None:
    world.arm("sms", "slow", seconds=0.5)
    begun = time.monotonic()
    number = send(world, "sms", SMS)
    assert time.monotonic() - begun >= 0.5
    hear_receipts(world, "sms", number)


def test_a_slow_system_works_even_when_the_caller_has_gone(world: World) -> None:
    key = uuid4().hex
    world.arm("sms", "slow", seconds=0.3)
    with pytest.raises(httpx.TimeoutException):
        world.client.post("/sms/messages", json={"key": key, **SMS}, timeout=0.1)
    wait_until(lambda: [m for m in world.get("/sms/outbox") if m["key"] == key], bool)


def test_faults_are_listed_and_cleared_and_unknown_ones_refused(world: World) -> None:
    world.arm("treasury", "reject", times=3, match="abc")
    (fault,) = world.get("/faults")
    assert (fault["system"], fault["fault"], fault["remaining"]) == ("treasury", "reject", 3)
    world.client.delete("/faults")
    assert world.get("/faults") == []
    for system, name in (("sms", "reject"), ("ca", "duplicate"), ("moon", "down")):
        answer = world.client.post("/faults", json={"system": system, "fault": name})
        assert answer.status_code == 422


def test_a_callback_is_repeated_until_the_product_takes_it(world: World) -> None:
    world.product.answers.extend([503, 429, 401])
    number = send(world, "sms", SMS)
    assert len(hear_receipts(world, "sms", number, 4)) == 4


def test_a_callback_that_the_product_refuses_is_dropped(world: World) -> None:
    world.product.answers.append(422)
    refused = send(world, "sms", SMS)
    hear_receipts(world, "sms", refused)
    # A retry of the first would come 0.2 s after it, before the second retry of this one.
    world.product.answers.extend([503, 503])
    hear_receipts(world, "sms", send(world, "sms", SMS), 3)
    assert len(hear_receipts(world, "sms", refused)) == 1


def test_a_callback_says_who_is_calling(world: World) -> None:
    hear_receipts(world, "sms", send(world, "sms", SMS))
    call = world.product.at("/v1/receipts/sms")[0]
    scheme, token = call.headers["Authorization"].split()
    assert (scheme, token.count(".")) == ("Bearer", 2)
    assert call.headers["X-Request-Id"]
