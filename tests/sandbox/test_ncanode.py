"""A signature of GOST counts only if NCANode has proven all of it, and is asked again where not."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.http import open_client
from integrations.signatures import (
    ByAlgorithm,
    NcanodeVerifier,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    Stamp,
    check_signer,
    expected_signer,
    kept_form,
)
from sandbox import gost
from sandbox.identities import make_iin
from sandbox.party import Party
from tests.sandbox.world import World
from tests.support.signing import PATIENCE, trust_in, verifier_over

DATA = "Өтініш № 1".encode()
IIN = make_iin(1)
COMPANY = "200140000014"

# A signature of a test certificate of the national authority, as its own program made it.
PUBLIC = base64.b64decode(
    "s45cc1sDCYF1czWVSt0M04KEE/WO7E6i5lUK6lYiDIEa7zatJtTcIWkgL+P0otuzypSHP1mQSktSrRTRPPpcsgkOzuOY"
    "CBY12qhZGj9rPbgguAHZcX1DtxvSz9H41/fffPEgp++MaYHNlFTR6aFB0cRB7E3LSq9RL6+fEFoK8Ts="
)
ATTRIBUTES = base64.b64decode(
    "MYGJMBgGCSqGSIb3DQEJAzELBgkqhkiG9w0BBwEwHAYJKoZIhvcNAQkFMQ8XDTIyMDkyNzIxMjk0MVowTwYJKoZIhvcN"
    "AQkEMUIEQPCv3Wb4MrshnIfPATa69VKg+2Ywb08qFzYm8R4Up+8lUtSyCH/Y6U9gRP5VldxoHgL5KzS/k/vRWQkQ43ax"
    "KZA="
)
SIGNATURE = base64.b64decode(
    "UjRvJWHnilKXvXxyAa3HTXJ7g06QFdc4qmq7DHwfhSQIpQPVXKv+y1eAhulzOjWLBs5fQZ+7vQ+bbiGvOe4iF9i2qxCx"
    "SKN78aQ2cLy2VcGFRHZX7zJWxHyLHe/qRfgZbDcv2G5FJOd2E23V2RRJQpxGnlU758pmbFoOXYem3xU="
)


@pytest.fixture
def verifier(world: World) -> Iterator[ByAlgorithm]:
    with verifier_over(world.url) as made:
        yield made


@pytest.fixture(scope="module")
def person(running_world: World) -> Party:
    who = {"role": "recipient", "iin": IIN, "common_name": "АХМЕТОВ АХМЕТ"}
    return Party.enrol(running_world.url, **who).gost_certificate()


def signed(party: Party, data: bytes = DATA) -> bytes:
    return base64.b64decode(party.sign(data))


def judge(verifier: ByAlgorithm, content: bytes, data: bytes = DATA) -> SignatureVerdict:
    return verifier.verify(kept_form(content), data, datetime.now(UTC))


def test_the_sandbox_computes_as_the_national_authority_does() -> None:
    assert gost.verifies(PUBLIC, ATTRIBUTES, SIGNATURE)
    assert not gost.verifies(PUBLIC, ATTRIBUTES + b"\0", SIGNATURE)
    assert gost.digest(b"test123") in ATTRIBUTES


def test_a_sound_signature_is_accepted_with_the_answer_that_it_rests_on(
    verifier: ByAlgorithm, person: Party
) -> None:
    verdict = judge(verifier, signed(person))
    assert (verdict.ok, verdict.reason_code) == (True, None)
    assert verdict.revocation is Revocation.GOOD
    assert (verdict.verifier, verdict.algorithm) == ("ncanode", gost.SIGNATURE)
    assert verdict.answered is not None
    assert '"by":"OCSP"' in verdict.answered
    assert len(verdict.certificates) == 2
    assert check_signer(verdict, expected_signer("recipient", frozenset({IIN}))) is None
    assert SignatureVerdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_the_head_of_a_company_signs_for_it(world: World, verifier: ByAlgorithm) -> None:
    head = Party.enrol(
        world.url,
        role="supplier",
        iin=IIN,
        bin=COMPANY,
        common_name="СЕРІКОВ СЕРІК",
        organisation="ЖШС",
    ).gost_certificate()
    verdict = judge(verifier, signed(head))
    assert check_signer(verdict, expected_signer("supplier", frozenset({IIN}), COMPANY)) is None


def test_rsa_and_ecdsa_go_to_the_other_verifier(world: World, verifier: ByAlgorithm) -> None:
    who = Party.enrol(world.url, role="recipient", iin=IIN, common_name="АХМЕТОВ АХМЕТ")
    world.arm("ncanode", "down")
    assert judge(verifier, signed(who)).verifier == "pyhanko"


def test_without_an_address_of_ncanode_gost_is_refused_as_such(
    verifier: ByAlgorithm, person: Party
) -> None:
    alone = replace(verifier, gost=None)
    assert judge(alone, signed(person)).reason_code is SignatureFault.GOST_UNSUPPORTED


def test_other_bytes_are_not_what_was_signed_and_ncanode_need_not_be_asked(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    world.arm("ncanode", "down")
    assert judge(verifier, signed(person), b"x").reason_code is SignatureFault.DATA_MISMATCH


def test_a_signature_by_another_key_does_not_count(verifier: ByAlgorithm, person: Party) -> None:
    verdict = judge(verifier, signed(person.other_key()))
    assert (verdict.reason_code, verdict.retryable) == (SignatureFault.DATA_MISMATCH, False)


def test_content_that_stands_inside_is_refused_before_ncanode_could_take_it(
    verifier: ByAlgorithm, person: Party
) -> None:
    whole = cms.ContentInfo.load(signed(person))
    whole["content"]["encap_content_info"] = {"content_type": "data", "content": DATA}
    content = whole.dump(force=True)
    assert judge(verifier, content, b"other").reason_code is SignatureFault.NOT_DETACHED


def test_a_key_for_signing_in_signs_nothing(verifier: ByAlgorithm, person: Party) -> None:
    verdict = judge(verifier, signed(person.gost_certificate("auth")))
    assert verdict.reason_code is SignatureFault.USAGE_WRONG


def test_a_revoked_certificate_does_not_count_from_then_on(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    gone = person.gost_certificate()
    content = signed(gone)
    before = datetime.now(UTC) - timedelta(minutes=1)
    gone.revoke()
    assert judge(verifier, content).reason_code is SignatureFault.REVOKED
    assert verifier.verify(kept_form(content), DATA, before).ok


def test_another_authority_of_the_same_name_is_not_trusted(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    forger = gost.GostKey.make()
    info = gost.GostKey.make()
    forged = gost.reissued(person.certificate, info.public_info(), forger)
    verdict = judge(verifier, gost.sign_cms(info, forged, DATA))
    assert (verdict.reason_code, verdict.retryable) == (SignatureFault.ISSUER_UNTRUSTED, False)


def test_an_authority_that_the_installation_does_not_name_is_not_trusted(
    world: World, person: Party
) -> None:
    with open_client(world.url) as client:
        nobody = NcanodeVerifier(client, (), PATIENCE)
        verdict = nobody.verify(signed(person), DATA, datetime.now(UTC))
    assert verdict.reason_code is SignatureFault.ISSUER_UNTRUSTED


NOBODY_KNOWS = {
    "valid, and no signer": "no_signers",
    "valid, and no certificate": "no_certificates",
    "valid, and nobody was asked about revocation": "no_responders",
    "the responder does not answer NCANode": "unknown",
    "an answer about another certificate": "other_certificate",
    "500 in its own form": "error",
    "400 for a list that it cannot read": "refuses",
    "a page of a proxy": "a_page",
    "an empty object": "empty",
    "no verdict": "no_verdict",
    "words where truth was promised": "a_word",
    "down": "down",
    "lost on the way": "lost_reply",
}


@pytest.mark.parametrize("fault", NOBODY_KNOWS.values(), ids=NOBODY_KNOWS.keys())
def test_what_ncanode_does_not_know_makes_a_signature_neither_good_nor_bad(
    world: World, verifier: ByAlgorithm, person: Party, fault: str
) -> None:
    world.arm("ncanode", fault)
    verdict = judge(verifier, signed(person))
    assert (verdict.ok, verdict.retryable) == (False, True)
    assert verdict.revocation is Revocation.UNKNOWN


def test_what_ncanode_refuses_for_good_is_no_signature(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    world.arm("ncanode", "refuses", times=2)
    verdict = judge(verifier, signed(person))
    assert (verdict.reason_code, verdict.retryable) == (SignatureFault.STRUCTURE_INVALID, False)


def test_while_ncanode_is_silent_nobody_waits_behind_another(world: World, person: Party) -> None:
    world.arm("ncanode", "down", times=1)
    with verifier_over(world.url) as made:
        first = judge(made, signed(person))
        again = judge(made, signed(person))  # it would answer by now, and is not asked
        assert (first.retryable, again.retryable) == (True, True)


def test_a_time_stamp_over_a_signature_of_gost_is_kept_and_said_to_be_unproven(
    verifier: ByAlgorithm, person: Party
) -> None:
    verdict = judge(verifier, base64.b64decode(person.sign_stamped(DATA)))
    assert (verdict.ok, verdict.stamp) == (True, Stamp.UNPROVEN)
    assert verdict.stamped_at is not None


@pytest.mark.parametrize(
    ("system", "fault"), [("tsa", "other_imprint"), ("tsa", "ahead"), ("ncanode", "no_stamp")]
)
def test_a_time_stamp_of_something_else_spoils_the_signature_and_is_said_to(
    world: World, verifier: ByAlgorithm, person: Party, system: str, fault: str
) -> None:
    world.arm(system, fault)
    verdict = judge(verifier, base64.b64decode(person.sign_stamped(DATA)))
    assert verdict.reason_code is SignatureFault.TIMESTAMP_INVALID


def test_a_time_stamp_that_was_changed_is_what_is_wrong_not_the_signature(
    verifier: ByAlgorithm, person: Party
) -> None:
    content = bytearray(base64.b64decode(person.sign_stamped(DATA)))
    content[-3] ^= 1  # the last bytes are the signature of the token
    verdict = judge(verifier, bytes(content))
    assert verdict.reason_code is SignatureFault.TIMESTAMP_INVALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PARTS = ("status", "valid", "signers")


@pytest.fixture(scope="module")
def made(running_world: World, person: Party) -> tuple[bytes, dict[str, Any], Any]:
    """A signature, the true answer about it, and whom it is trusted by."""
    content = kept_form(signed(person))
    body = {
        "cms": base64.b64encode(content).decode(),
        "data": base64.b64encode(DATA).decode(),
        "revocationCheck": ["OCSP"],
    }
    answer = running_world.post("/cms/verify", **body)
    return content, answer, trust_in(running_world.client, running_world.url)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_ncanode_answers_nothing_but_the_truth_is_believed_and_nothing_breaks(
    made: tuple[bytes, dict[str, Any], Any], data: st.DataObject
) -> None:
    content, truth, trust = made
    told = dict(truth)
    place = data.draw(st.sampled_from((*PARTS, "certificates", "certificate")))
    spoilt = data.draw(JSON)
    if place in PARTS:
        told[place] = spoilt
    elif place == "certificates":
        told["signers"] = [{"certificates": spoilt}]
    else:
        own = dict(truth["signers"][0]["certificates"][0])
        own[data.draw(st.sampled_from(sorted(own)))] = spoilt
        told["signers"] = [{"certificates": [own]}]
    status = data.draw(st.sampled_from((200, 200, 200, 201, 302, 400, 401, 404, 413, 500, 503)))
    wire = httpx.MockTransport(lambda _: httpx.Response(status, json=told))
    with open_client("http://ncanode", transport=wire) as client:
        verdict = NcanodeVerifier(client, trust.gost).verify(content, DATA, datetime.now(UTC))
    if verdict.ok:
        own = told["signers"][0]["certificates"][0]
        assert status in (200, 201)
        assert told["valid"] is True
        assert own["valid"] is True
        assert own["keyUsage"] == "SIGN"
        assert [one["by"] for one in own["revocations"] if not one["revoked"]] == ["OCSP"]
