"""E-Собес takes each result once, and sends messages as they are."""

import json
from typing import Any
from uuid import uuid4

from lxml import etree

from tests.sandbox.test_identity import read_claims
from tests.sandbox.world import World


def result(key: str) -> dict[str, Any]:
    """A result as the product reports it."""
    return {
        "key": key,
        "programme_number": "12345",
        "measure_id": "m-1",
        "period": 1,
        "status": "completed",
        "on": "2026-11-23",
        "case_id": uuid4().hex,
    }


def test_a_result_is_acknowledged_each_time_and_kept_once(world: World) -> None:
    key = uuid4().hex
    for _ in range(2):
        assert world.post("/esobes/results", **result(key)) == {"acknowledged": True}
    (kept,) = [line for line in world.get("/esobes/results") if line["key"] == key]
    assert (kept["received"], kept["status"], kept["on"]) == (2, "completed", "2026-11-23")


def test_a_result_whose_reply_was_lost_is_kept(world: World) -> None:
    key = uuid4().hex
    world.arm("esobes", "down", match=key)
    assert world.client.post("/esobes/results", json=result(key)).status_code == 503
    assert key not in [line["key"] for line in world.get("/esobes/results")]
    assert world.post("/esobes/results", **result(key)) == {"acknowledged": True}


def test_a_result_without_its_measure_is_refused(world: World) -> None:
    assert world.client.post("/esobes/results", json={"key": "k"}).status_code == 422


def test_a_message_that_comes_back_is_acknowledged_each_time_and_kept_once(world: World) -> None:
    key = uuid4().hex
    told = {"key": key, "message_id": "m-1", "at": "2026-11-23T06:00:00Z", "reason": "Неверно"}
    for _ in range(2):
        assert world.post("/esobes/returned-messages", **told) == {"acknowledged": True}
    listed = world.get("/esobes/returned-messages")
    (kept,) = [line for line in listed if line["key"] == key]
    assert (kept["received"], kept["message_id"], kept["reason"]) == (2, "m-1", "Неверно")
    assert key not in [line["key"] for line in world.get("/esobes/results")]


def test_a_notice_is_acknowledged_each_time_and_kept_once(world: World) -> None:
    key = uuid4().hex
    at = "2026-11-23T06:00:00Z"
    told = {"key": key, "message_id": "m-1", "kind": "unknown_measure", "at": at}
    for _ in range(2):
        answer = world.client.post("/esobes/message-notices", json=told)
        assert answer.json() == {"acknowledged": True}
    (kept,) = [line for line in world.get("/esobes/message-notices") if line["key"] == key]
    assert (kept["received"], kept["kind"]) == (2, "unknown_measure")


def test_a_message_goes_in_an_envelope_of_the_gateway_when_asked(world: World) -> None:
    message = json.dumps({"message_id": "m-1", "имя": "<ә>"}, ensure_ascii=False).encode()
    world.client.post("/esobes/send", params={"enveloped": True}, content=message)
    call = world.product.at("/v1/esobes/messages")[-1]
    assert call.headers["Content-Type"] == "text/xml"
    envelope = etree.fromstring(call.body)
    assert envelope.findtext(".//messageId") == "m-1"
    assert envelope.findtext(".//data") == message.decode()


def test_messages_go_to_the_product_as_they_are_with_a_token_of_esobes(world: World) -> None:
    messages = json.dumps([{"message_id": "1", "имя": "ә"}], ensure_ascii=False).encode()
    world.product.answers.append(207)
    answer = world.client.post("/esobes/send", content=messages)
    assert (answer.status_code, answer.json()) == (207, {"taken": True})
    (call,) = world.product.at("/v1/esobes/messages")
    assert call.body == messages
    token = call.headers["Authorization"].removeprefix("Bearer ")
    assert read_claims(world, token)["role"] == "esobes"


def test_messages_go_twice_when_asked_for(world: World) -> None:
    world.arm("esobes", "duplicate")
    assert world.client.post("/esobes/send", content=b"[]").status_code == 200
    assert len(world.product.at("/v1/esobes/messages")) == 2


def test_a_product_that_does_not_answer_is_a_bad_gateway(own_world: World) -> None:
    own_world.start()
    assert own_world.client.post("/esobes/send", content=b"[]").status_code == 502
