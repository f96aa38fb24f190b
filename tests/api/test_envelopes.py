"""The e-government gateway hands messages in: one envelope in, one envelope out, once."""

import json
import logging
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text

from db.intake import correct_contacts
from db.intake_tasks import Act
from db.persons import Contacts
from db.waits import untold_notices
from integrations.gateway import DELIVERED
from tests.api.world import World
from tests.integrations.ca import authority
from tests.support.envelopes import SOAP_11, SOAP_12, envelope, gateway_of, signed
from tests.support.intake import SEAL, measure
from tests.support.intake_desk import of_esobes, tasks
from tests.support.systems import send

PATH = "/v1/esobes/messages"
FIRST: dict[str, Any] = measure(1, message_id="gateway-1")


async def post(world: World, content: bytes, kind: str = "text/xml") -> httpx.Response:
    return await send(world, "esobes", PATH, content, kind)


def words(answer: httpx.Response) -> dict[str, str]:
    """The leaves of an envelope by their names."""
    document = etree.fromstring(answer.content)
    return {etree.QName(one).localname: one.text or "" for one in document.iter() if not len(one)}


async def test_an_envelope_may_call_itself_plain_xml(world: World) -> None:
    for soap in (SOAP_11, SOAP_12):
        answer = await post(world, envelope(FIRST, soap=soap), "application/xml")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/xml; charset=utf-8"
        assert f'"{soap}"'.encode() in answer.content


async def test_a_notification_is_taken_and_answered_with_an_envelope(world: World) -> None:
    answer = await post(world, envelope(FIRST))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    told = words(answer)
    assert (told["messageId"], told["correlationId"]) == ("gateway-1", "1000001")
    assert told["responseDate"]
    again = await post(world, envelope(FIRST, prefix="soapenv"))
    assert again.status_code == 200
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM case_head")).scalar_one() == 1


async def test_that_a_message_has_come_is_to_be_told_once_and_only_where_the_gateway_is_told(
    world: World,
) -> None:
    async def to_tell() -> list[str | None]:
        with world.engine.connect() as connection:
            return [one.message_id for one in untold_notices(connection) if one.kind == DELIVERED]

    await post(world, envelope(FIRST))
    assert await to_tell() == []
    world.app.state.parts = replace(world.app.state.parts, tells_gateway=True)
    for _ in range(2):
        await post(world, envelope(FIRST))
    await post(world, envelope({"message_id": "gateway-2"}, "gateway-2"))
    await send(world, "esobes", PATH, json.dumps(measure(2)).encode())
    assert await to_tell() == ["gateway-1", "gateway-2"]


async def test_a_message_need_not_repeat_the_number_of_its_envelope(world: World) -> None:
    unnamed = {name: value for name, value in FIRST.items() if name != "message_id"}
    assert (await post(world, envelope(unnamed))).status_code == 200
    other = envelope({**FIRST, "message_id": "another"}, "gateway-2")
    assert "envelope_id_differs" in words(await post(world, other))["errorData"]


async def test_a_signed_one_in_soap_1_2_is_taken(world: World) -> None:
    content = signed(envelope(FIRST, soap=SOAP_12))
    answer = await post(world, content, "application/soap+xml")
    assert (answer.status_code, words(answer)["messageId"]) == (200, "gateway-1")


def in_(encoding: str, mark: bytes = b"") -> bytes:
    told = envelope(FIRST).decode().replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    return mark + told.encode(encoding)


@pytest.mark.parametrize(
    "content",
    [
        in_("UTF-16"),
        in_("UTF-16-BE", b"\xfe\xff"),
        in_("UTF-16-BE"),
        b"\xef\xbb\xbf" + envelope(FIRST),
        envelope("\ufeff" + json.dumps(FIRST)),
    ],
    ids=["utf-16", "utf-16-be", "utf-16-be without a mark", "utf-8 with a mark", "mark within"],
)
async def test_an_envelope_in_another_encoding_is_read(world: World, content: bytes) -> None:
    assert (await post(world, content)).status_code == 200
    assert (await of_esobes(world, "gateway-1"))["status"] == "accepted"


def of_another_kind(document: etree._Element) -> None:
    for method in document.iter("{http://www.w3.org/2000/09/xmldsig#}SignatureMethod"):
        method.set("Algorithm", "urn:gost")


def unproven() -> dict[str, bytes]:
    damaged = envelope({**FIRST, "payer": "EMPLOYER"})
    return {
        "signature_invalid": signed(damaged).replace(b"EMPLOYER", b"EMPLOYED"),
        "signature_unsupported": signed(damaged, of_another_kind),
        "signature_untrusted": signed(damaged, by=gateway_of("foreign")),
    }


@pytest.mark.parametrize("code", unproven())
async def test_what_is_not_proven_is_kept_and_takes_no_number(world: World, code: str) -> None:
    for _ in range(2):
        answer = await post(world, unproven()[code])
        assert answer.status_code == 422
        assert code in words(answer)["errorData"]
    (task,) = await tasks(world, world.admin)
    assert (task["message_id"], task["mistakes"][0]["code"]) == (None, code)
    assert (await post(world, signed(envelope(FIRST)))).status_code == 200
    assert (await of_esobes(world, "gateway-1"))["status"] == "accepted"
    assert (await post(world, unproven()[code])).status_code == 422


async def test_no_corrected_contact_heals_a_signature_that_proves_nothing(world: World) -> None:
    await post(world, signed(envelope(FIRST), by=gateway_of("foreign")))
    act, contacts = Act("correct_contacts", uuid4(), "key", b"hash"), Contacts(phone="+77000000077")
    trust = authority().trust()
    with world.engine.begin() as connection:
        row = connection.execute(text("SELECT id FROM journal")).scalar_one()
        left = correct_contacts(connection, SEAL, row, contacts, act, trust)
    assert [mistake["code"] for mistake in left] == ["signature_untrusted"]
    assert [task["state"] for task in await tasks(world, world.admin)] == ["open"]


async def test_an_empty_envelope_is_a_fault_that_says_so_and_is_kept(world: World) -> None:
    answer = await post(world, envelope(None, "00000000-test-test-test-000000000001"))
    told = words(answer)
    assert (answer.status_code, told["errorCode"]) == (422, "form_invalid")
    assert "envelope_data_empty" in told["errorData"]
    kept = await of_esobes(world, "00000000-test-test-test-000000000001")
    assert kept["status"] == "rejected"


async def test_every_mistake_of_the_message_is_a_line_of_the_fault(world: World) -> None:
    wrong = {**FIRST, "payer": "NOBODY", "implement_until": "12"}
    lines = words(await post(world, envelope(wrong)))["errorData"].splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "/implement_until format_date",
        "/payer not_allowed_value",
    ]


async def test_the_same_number_with_another_message_is_a_conflict(world: World) -> None:
    await post(world, envelope(FIRST))
    answer = await post(world, envelope({**FIRST, "payer": "EMPLOYER"}))
    assert (answer.status_code, words(answer)["errorCode"]) == (409, "message_conflict")


async def test_the_password_of_the_envelope_is_in_no_log_and_in_no_answer(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for content in (envelope(FIRST), envelope(), b"<a>canary-password"):
        assert "canary-password" not in (await post(world, content)).text
    assert "canary-password" not in caplog.text + capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"<a/>", b"{}", b"\x00", envelope(FIRST)[:200]])
async def test_what_is_no_envelope_is_answered_with_a_fault(world: World, content: bytes) -> None:
    for _ in range(2):  # the gateway sends again what was answered so
        answer = await post(world, content)
        assert (answer.status_code, words(answer)["errorCode"]) == (400, "malformed_envelope")
    assert len(await tasks(world, world.admin)) == (1 if content else 0)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=200)
    | st.sampled_from(
        [json.dumps(FIRST).encode(), envelope(FIRST), json.dumps([FIRST]).encode()]
    ).flatmap(
        lambda whole: st.integers(0, len(whole)).map(lambda at: whole[:at] + whole[at + 3 :])
    ),
    kind=st.sampled_from(["application/json", "text/xml", "application/soap+xml"]),
)
async def test_any_bytes_get_an_answer_that_says_what_became_of_them(
    world: World, content: bytes, kind: str
) -> None:
    answer = await post(world, content, kind)
    assert 200 <= answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        told = words(answer)["errorCode"] if "xml" in kind else answer.json()["code"]
        assert told
