"""A signature is taken in every form that programs write; what is wrong with one has its reason."""

import base64
from collections.abc import Callable
from dataclasses import replace
from textwrap import wrap
from typing import Any

import pytest
from asn1crypto import cms
from sqlalchemy import text

from db.evidence import read_evidence
from domain.canonical import sha256_hex
from integrations.signatures import kept_form
from tests.api.world import Person, World
from tests.integrations.ca import (
    HEAD,
    Owner,
    Signer,
    attached,
    authority,
    by_two,
    ec_key,
    rsa_key,
    signed_by_hand,
    with_certificate_of,
    without_attributes,
    without_certificates,
)
from tests.support.intake import SEAL


def lines(content: bytes, newline: str) -> str:
    return newline.join(wrap(base64.b64encode(content).decode(), 64))


def pem(label: str, newline: str) -> Callable[[bytes], str]:
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    return lambda content: newline.join((begin, lines(content, newline), end, ""))


FORMS: dict[str, Callable[[bytes], str]] = {
    "base64 with line breaks": lambda content: lines(content, "\n"),
    "base64 with line breaks of Windows": lambda content: lines(content, "\r\n"),
    "PEM of a CMS": pem("CMS", "\r\n"),
    "PEM of PKCS7": pem("PKCS7", "\n"),
    "PEM of PKCS #7 signed data": pem("PKCS #7 SIGNED DATA", "\n"),
}


def der(body: dict[str, Any]) -> bytes:
    return base64.b64decode(body["signature"])


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS.keys())
async def test_an_order_is_placed_with_a_signature_in_any_form(
    world: World, write: Callable[[bytes], str]
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient())
    told = await world.act(
        case, "place_order", world.recipient(), **{**body, "signature": write(der(body))}
    )
    assert told["periods"][0]["application"]["signed_by"] == ["recipient"]


async def test_the_root_beside_the_signature_does_no_harm(world: World) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body = world.order(case, offer, person)
    national = authority("national")
    root = Signer(national.certificate, national.key)
    chain = with_certificate_of(der(body), person.signer, root)
    body["signature"] = base64.b64encode(chain).decode()
    told = await world.act(case, "place_order", person, **body)
    assert told["status"] == "ordered"


async def test_the_same_signature_in_another_encoding_changes_nothing(world: World) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    once = world.annex(case, world.supplier)
    told = await world.act(case, "sign", world.supplier, **once)
    info = cms.ContentInfo.load(der(once))
    signer = info["content"]["signer_infos"][0].copy()
    signer["unsigned_attrs"] = [cms.CMSAttribute({"type": "1.2.3.4", "values": [cms.Integer(1)]})]
    signed = info["content"].copy()
    signed["signer_infos"] = [signer]
    other = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    assert other != der(once)
    again = {**once, "signature": pem("CMS", "\n")(other)}
    after = await world.act(case, "sign", world.supplier, **again)
    assert after["documents"] == told["documents"]
    assert after["status"] == told["status"]
    with world.engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM document WHERE kind = 'signature'"))
        assert kept.scalar_one() == 3, "the order's, and two of the supplier"
    assert kept_form(other) == kept_form(der(once))


async def test_what_is_no_signature_in_words_is_a_mistake_of_the_form(world: World) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    for said in ("-----BEGIN CERTIFICATE-----\nMIIG\n-----END CERTIFICATE-----", "қол қойдым"):
        body = world.order(case, offer, world.recipient(), signature=said)
        answer = await world.ask(case, "place_order", world.recipient(), body)
        assert answer.status_code == 422
        (mistake,) = answer.json()["errors"]
        assert (mistake["pointer"], mistake["code"]) == ("/signature", "signature_form")


def another(person: Person, **changes: Any) -> Signer:
    """A certificate of the same person, for another use."""
    at = person.signer.certificate.not_valid_before_utc
    known = Owner(
        iin=person.signer.asn1().subject.native["serial_number"].removeprefix("IIN"),
        not_before=at,
        not_after=person.signer.certificate.not_valid_after_utc,
        key=rsa_key("owner"),
    )
    return authority("national").issue(replace(known, **changes))


Make = Callable[[Person, bytes], bytes]
WRONG: dict[str, tuple[str, Make]] = {
    "attached": ("attached", lambda p, d: attached(p.signer, d)),
    "two signers": ("signer_count", lambda p, d: by_two(p.signer, another(p), d)),
    "no certificate": ("certificate_missing", lambda p, d: without_certificates(p.signer, d)),
    "a stranger's certificate": (
        "certificate_count",
        lambda p, d: with_certificate_of(p.signer.sign(d), p.signer, another(p)),
    ),
    "no attributes": ("attributes_missing", lambda p, d: without_attributes(p.signer, d)),
    "SHA-1": ("digest_weak", lambda p, d: signed_by_hand(another(p), d, "sha1")),
    "another key": (
        "signature_wrong",
        lambda p, d: Signer(p.signer.certificate, ec_key("stolen")).sign(d),
    ),
    "an organisation's certificate": (
        "not_a_persons",
        lambda p, d: another(p, bin="200140000014", owner_types=(HEAD,)).sign(d),
    ),
    "an unknown authority": (
        "certificate_untrusted",
        lambda p, d: authority("foreign").issue(_owner_of(p)).sign(d),
    ),
}


def _owner_of(person: Person) -> Owner:
    found = person.signer.certificate
    return Owner(not_before=found.not_valid_before_utc, not_after=found.not_valid_after_utc)


@pytest.mark.parametrize(("reason", "make"), WRONG.values(), ids=WRONG.keys())
async def test_each_way_to_be_wrong_has_its_own_reason(
    world: World, reason: str, make: Make
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    content = world.draft(case, offer).content
    signature = base64.b64encode(make(world.recipient(), content)).decode()
    body = world.order(case, offer, world.recipient(), signature=signature)
    answer = await world.ask(case, "place_order", world.recipient(), body)
    assert answer.status_code == 409, answer.text
    (told,) = answer.json()["reasons"]
    assert told["code"] == "signature_invalid"
    assert told["facts"]["reason"] == reason
    assert "организац" not in told["text"].lower() or reason != "not_a_persons"


async def test_what_a_signature_was_taken_for_good_by_is_kept_with_the_case(world: World) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient())
    await world.act(case, "place_order", world.recipient(), **body)
    with world.engine.connect() as connection:
        (kept,) = read_evidence(connection, SEAL, str(case))
    assert kept.signature == sha256_hex(kept_form(der(body)))
    assert kept.document == body["application_sha256"]
    assert kept.verdict.ok
    assert kept.verdict.signer_iin is not None
    assert list(kept.lists) == [(kept.verdict.revocation_source or "").rpartition(":")[2]]
    assert kept.verdict.signer_iin not in world.everything()


async def test_of_a_signature_that_nobody_could_check_nothing_is_kept_as_proven(
    world: World,
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    world.silence_certificates()
    body = world.order(case, offer, world.recipient())
    await world.act(case, "place_order", world.recipient(), **body)
    with world.engine.connect() as connection:
        assert read_evidence(connection, SEAL, str(case)) == []
