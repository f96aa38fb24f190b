"""What a responder says of a certificate counts only if it answers this question, and now."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from integrations.signatures import (
    ByAlgorithm,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    Stamp,
    kept_form,
)
from sandbox.identities import make_iin
from sandbox.party import Party
from tests.sandbox.world import World
from tests.support.signing import verifier_over

DATA = "Өтініш № 2".encode()
_NUMBERS = count(1)


@pytest.fixture
def verifier(world: World) -> Iterator[ByAlgorithm]:
    with verifier_over(world.url) as made:
        yield made


@pytest.fixture
def person(world: World) -> Party:
    iin = make_iin(next(_NUMBERS))
    return Party.enrol(world.url, role="recipient", iin=iin, common_name="АХМЕТОВ АХМЕТ")


def judge(verifier: ByAlgorithm, text: str, at: datetime | None = None) -> SignatureVerdict:
    content = kept_form(base64.b64decode(text))
    return verifier.verify(content, DATA, at or datetime.now(UTC))


def test_the_responder_is_asked_and_its_answer_is_kept(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    world.arm("ca", "down", match="/ca/revoked.crl", times=100)
    verdict = judge(verifier, person.sign(DATA))
    assert (verdict.ok, verdict.revocation) == (True, Revocation.GOOD)
    assert (verdict.revocation_source or "").startswith("ocsp:sha256:")
    assert len(verdict.ocsp) == 1
    assert len(verdict.certificates) == 2
    assert SignatureVerdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_within_a_minute_the_same_certificate_is_not_asked_about_again(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    first = judge(verifier, person.sign(DATA))
    world.arm("ca", "down", times=100)
    assert judge(verifier, person.sign(DATA)).ocsp == first.ocsp


@pytest.mark.parametrize(
    "fault", ["wrong_nonce", "no_nonce", "stale", "unsigned", "other_serial", "try_later", "down"]
)
def test_where_the_responder_is_of_no_use_the_list_says_it(
    world: World, verifier: ByAlgorithm, person: Party, fault: str
) -> None:
    match = {"match": "/ca/ocsp"} if fault == "down" else {}
    world.arm("ca", fault, **match)
    verdict = judge(verifier, person.sign(DATA))
    assert verdict.ok
    assert (verdict.revocation_source or "").startswith("crl:sha256:")
    assert verdict.ocsp == ()


@pytest.mark.parametrize(
    "fault", ["wrong_nonce", "no_nonce", "stale", "unsigned", "other_serial", "try_later"]
)
def test_without_the_list_too_nobody_knows_and_it_is_asked_again(
    world: World, verifier: ByAlgorithm, person: Party, fault: str
) -> None:
    world.arm("ca", fault)
    world.arm("ca", "down", match="/ca/revoked.crl", times=100)
    verdict = judge(verifier, person.sign(DATA))
    assert (verdict.ok, verdict.retryable) == (False, True)
    assert verdict.reason_code is SignatureFault.REVOCATION_UNAVAILABLE


def test_a_certificate_that_the_responder_does_not_know_is_asked_about_again_whatever_lists_say(
    world: World, verifier: ByAlgorithm, person: Party
) -> None:
    world.arm("ca", "unknown")
    assert judge(verifier, person.sign(DATA)).retryable
    assert judge(verifier, person.sign(DATA)).ok


def test_a_revoked_certificate_does_not_count_from_then_on(
    verifier: ByAlgorithm, person: Party
) -> None:
    signature = person.sign(DATA)
    before = datetime.now(UTC) - timedelta(minutes=1)
    person.revoke()
    verdict = judge(verifier, signature)
    assert (verdict.reason_code, verdict.retryable) == (SignatureFault.REVOKED, False)
    assert judge(verifier, signature, before).ok


def test_a_time_stamp_over_the_signature_is_kept_and_proven(
    verifier: ByAlgorithm, person: Party
) -> None:
    verdict = judge(verifier, person.sign_stamped(DATA))
    assert (verdict.ok, verdict.stamp) == (True, Stamp.GOOD)
    assert verdict.stamped_at is not None
    assert abs(verdict.stamped_at - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("fault", ["other_imprint", "ahead", "wrong_purpose"])
def test_a_bad_time_stamp_spoils_the_signature_and_is_said_to(
    world: World, verifier: ByAlgorithm, person: Party, fault: str
) -> None:
    world.arm("tsa", fault)
    verdict = judge(verifier, person.sign_stamped(DATA))
    assert (verdict.reason_code, verdict.retryable) == (SignatureFault.TIMESTAMP_INVALID, False)
