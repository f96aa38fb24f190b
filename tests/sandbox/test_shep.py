"""E-Собес is told through the e-government gateway, and the gateway that its messages have come."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from integrations.errors import OutsideRefusal, Unavailable
from integrations.esobes import MeasureResult, MessageNotice, ReturnedMessage
from integrations.gateway import DELIVERED, EsobesByGateway, GatewayMember
from integrations.http import open_client
from integrations.shep import read_notification
from tests.integrations.ca import Key, Owner, Signer, authority, ec_key, rsa_key
from tests.sandbox.world import World
from tests.support.effect_play import Wire

NOW = datetime.now(UTC).replace(microsecond=0)


def pem(signer: Signer) -> tuple[str, str]:
    """Key and certificate as settings have them."""
    key = signer.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = signer.certificate.public_bytes(serialization.Encoding.PEM)
    return key.decode(), certificate.decode()


def member(key: Key | None = None) -> GatewayMember:
    signer = authority("national").issue(Owner(key=key or rsa_key("portal")))
    return GatewayMember.read(("PORTAL_RESULT", "ozhb", "canary-password"), *pem(signer))


@pytest.fixture
def esobes(world: World) -> Iterator[EsobesByGateway]:
    with open_client() as client:
        yield EsobesByGateway(client, f"{world.url}/shep/async", member())


def result(key: str) -> MeasureResult:
    return MeasureResult(key, "12345", "m-1", 1, "completed", date(2026, 11, 23), uuid4().hex)


@pytest.mark.parametrize("key", [rsa_key("portal"), ec_key("portal")], ids=["RSA", "EC"])
def test_what_became_of_a_measure_comes_to_esobes_once(
    world: World, esobes: EsobesByGateway, key: Key
) -> None:
    told = result(uuid4().hex)
    by = replace(esobes, member=member(key))
    for _ in range(2):
        by.report(told)
    (kept,) = [line for line in world.get("/esobes/results") if line["key"] == told.key]
    assert (kept["received"], kept["status"], kept["on"]) == (2, "completed", "2026-11-23")


def test_so_does_what_is_handed_back_and_what_is_odd(world: World, esobes: EsobesByGateway) -> None:
    key = uuid4().hex
    esobes.give_back(ReturnedMessage(key, "message-1", NOW, "Нет такого изделия"))
    esobes.notify(MessageNotice(key, "message-1", "unknown_measure", NOW))
    (back,) = [one for one in world.get("/esobes/returned-messages") if one["key"] == key]
    assert back["reason"] == "Нет такого изделия"
    (odd,) = [one for one in world.get("/esobes/message-notices") if one["key"] == key]
    assert odd["kind"] == "unknown_measure"


def test_a_message_that_has_come_is_told_to_the_gateway_alone(
    world: World, esobes: EsobesByGateway
) -> None:
    id_ = uuid4().hex
    esobes.notify(MessageNotice(uuid4().hex, id_, DELIVERED, NOW))
    (told,) = [one for one in world.get("/shep/deliveries") if one["message_id"] == id_]
    assert (told["status"], told["received"]) == ("DELIVERED", 1)
    assert id_ not in str(world.get("/esobes/message-notices"))


def test_the_same_word_is_the_same_message_to_the_gateway() -> None:
    first, second = (member().message("a/1", {"type": "result"}, NOW) for _ in range(2))
    assert first[0] == second[0] != member().message("a/2", {"type": "result"}, NOW)[0]
    trust = authority("national").trust()
    assert read_notification(first[1], datetime.now(UTC), trust).text == '{"type": "result"}'


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (httpx.Response(200, content=b"<html/>"), Unavailable),
        (httpx.Response(200, content=b""), Unavailable),
        (httpx.Response(500, content=b"oops"), Unavailable),
        (httpx.Response(503), Unavailable),
        (httpx.Response(403), OutsideRefusal),
    ],
)
def test_what_is_no_answer_of_the_gateway_is_no_acknowledgement(
    answer: httpx.Response, fault: type[Exception]
) -> None:
    by = EsobesByGateway(Wire(lambda _: answer).client(), "http://gateway/async", member())
    with pytest.raises(fault):
        by.report(result("a/1"))


def test_an_answer_to_another_message_is_none(world: World, esobes: EsobesByGateway) -> None:
    other, content = esobes.member.message("another", {"type": "nothing"}, NOW)
    said = httpx.post(f"{world.url}/shep/async", content=content)
    assert (said.status_code, b"wrong_data" in said.content) == (500, True)
    taken = (
        b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        b'<n:sendMessageResponse xmlns:n="http://bip.bee.kz/AsyncChannel/v10/Types"><response>'
        b"<messageId>" + other.encode() + b"</messageId></response></n:sendMessageResponse>"
        b"</soap:Body></soap:Envelope>"
    )
    by = EsobesByGateway(
        Wire(lambda _: httpx.Response(200, content=taken)).client(),
        "http://gateway/async",
        member(),
    )
    with pytest.raises(Unavailable):
        by.report(result("a/1"))


def test_what_the_gateway_refuses_is_known_by_its_code(
    world: World, esobes: EsobesByGateway
) -> None:
    bad = replace(result(uuid4().hex), programme_number="")
    with pytest.raises(OutsideRefusal) as fault:
        esobes.report(bad)
    assert fault.value.code == "wrong_data"


def test_a_key_that_is_not_the_certificates_signs_nothing() -> None:
    key, _ = pem(authority("national").issue(Owner(key=rsa_key("other"))))
    _, certificate = pem(authority("national").issue(Owner(key=rsa_key("portal"))))
    with pytest.raises(ValueError, match="another key"):
        GatewayMember.read(("a", "b", "c"), key, certificate)


def test_what_was_changed_on_its_way_is_not_taken(world: World, esobes: EsobesByGateway) -> None:
    _, content = esobes.member.message(uuid4().hex, {"type": "result"}, NOW)
    for changed in (content.replace(b"NOTIFICATION", b"NOTIFICATI0N"), b"<a/>", b"no xml"):
        assert httpx.post(f"{world.url}/shep/async", content=changed).status_code == 500
