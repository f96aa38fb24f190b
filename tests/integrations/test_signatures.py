"""A signature counts only if it is the expected person's, over these bytes, at that moment."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from integrations.signatures import (
    ExpectedSigner,
    PyhankoVerifier,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    check_signer,
    expected_signer,
    kept_form,
)
from tests.integrations import ca

DATA = b'{"application":"A-1","sum":12500000}'


def verifier(transport: httpx.BaseTransport | None = None) -> PyhankoVerifier:
    national = ca.authority()
    return ca.verifier(national.trust(), transport or national.transport())


def signer(**changes: object) -> ca.Signer:
    return ca.authority().issue(ca.owner(**changes))


def rsa_signer() -> ca.Signer:
    return signer(key=ca.rsa_key("owner"))


def judge(content: bytes, data: bytes = DATA) -> SignatureVerdict:
    return verifier().verify(content, data, ca.NOW)


@pytest.mark.parametrize("key", [ca.rsa_key("owner"), ca.ec_key("owner")], ids=["RSA", "ECDSA"])
def test_a_sound_signature_is_accepted_with_all_that_the_case_file_keeps(key: ca.Key) -> None:
    company = ca.authority().issue(replace(ca.COMPANY, key=key))
    verdict = judge(company.sign(DATA))
    assert verdict.ok
    assert verdict.reason_code is None
    assert (verdict.signer_iin, verdict.signer_bin) == (ca.IIN, ca.BIN)
    assert verdict.owner_types == (ca.HEAD,)
    assert verdict.revocation is Revocation.GOOD
    assert verdict.revocation_source is not None
    assert verdict.revocation_source.startswith("crl:sha256:")
    assert verdict.cert_serial == f"{company.certificate.serial_number:x}"
    assert verdict.verifier == "pyhanko"
    assert SignatureVerdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_signature_made_attribute_by_attribute_is_as_good_as_a_programs() -> None:
    assert judge(ca.signed_by_hand(rsa_signer(), DATA)).ok


NOT_SOUND: dict[str, tuple[SignatureFault, Callable[[], bytes]]] = {
    "empty": (SignatureFault.STRUCTURE_INVALID, lambda: b""),
    "garbage": (SignatureFault.STRUCTURE_INVALID, lambda: b"\x30\x82garbage"),
    "text": (SignatureFault.STRUCTURE_INVALID, lambda: "Мен қол қоямын".encode()),
    "cut off": (SignatureFault.STRUCTURE_INVALID, lambda: signer().sign(DATA)[:-7]),
    "something after it": (SignatureFault.STRUCTURE_INVALID, lambda: signer().sign(DATA) + b"\x00"),
    "too long": (SignatureFault.STRUCTURE_INVALID, lambda: b"\x30" * (256 * 1024 + 1)),
    "a certificate": (
        SignatureFault.STRUCTURE_INVALID,
        lambda: bytes(signer().asn1().dump()),
    ),
    "attached": (SignatureFault.NOT_DETACHED, lambda: ca.attached(signer(), DATA)),
    "attached to other data": (
        SignatureFault.NOT_DETACHED,
        lambda: ca.attached(signer(), b"other"),
    ),
    "two signers": (SignatureFault.SIGNER_COUNT, lambda: ca.by_two(signer(), rsa_signer(), DATA)),
    "no signer": (SignatureFault.SIGNER_COUNT, lambda: ca.without_signers(signer().sign(DATA))),
    "no certificate": (
        SignatureFault.CERTIFICATE_MISSING,
        lambda: ca.without_certificates(signer(), DATA),
    ),
    "another's certificate": (
        SignatureFault.CERTIFICATE_MISSING,
        lambda: ca.with_certificate_of(signer().sign(DATA), signer(iin=ca.OTHER_IIN)),
    ),
    "two certificates": (
        SignatureFault.CERTIFICATE_COUNT,
        lambda: ca.with_certificate_of(
            (mine := signer()).sign(DATA), mine, signer(iin=ca.OTHER_IIN)
        ),
    ),
    "no signed attributes": (
        SignatureFault.ATTRIBUTES_MISSING,
        lambda: ca.without_attributes(signer(), DATA),
    ),
    "SHA-1": (SignatureFault.DIGEST_WEAK, lambda: ca.signed_by_hand(rsa_signer(), DATA, "sha1")),
    "MD5": (SignatureFault.DIGEST_WEAK, lambda: ca.signed_by_hand(rsa_signer(), DATA, "md5")),
    "short key": (
        SignatureFault.KEY_WEAK,
        lambda: signer(key=ca.rsa_key("short", 1024)).sign(DATA),
    ),
    "GOST": (
        SignatureFault.GOST_UNSUPPORTED,
        lambda: ca.in_gost_words(rsa_signer().sign(DATA)),
    ),
    "GOST certificate": (
        SignatureFault.GOST_UNSUPPORTED,
        lambda: ca.in_gost_words(rsa_signer().sign(DATA), ["signature"]),
    ),
    "GOST key": (
        SignatureFault.GOST_UNSUPPORTED,
        lambda: ca.in_gost_words(signer().sign(DATA), ["signature"]),
    ),
    "other data": (SignatureFault.DATA_MISMATCH, lambda: signer().sign(b"other")),
    "claims the digest": (
        SignatureFault.DATA_MISMATCH,
        lambda: ca.signed_by_hand(rsa_signer(), DATA, claimed=b"other"),
    ),
    "certificate for logging in": (
        SignatureFault.USAGE_WRONG,
        lambda: ca.authority().issue(ca.FOR_LOGGING_IN).sign(DATA),
    ),
    "no signing of mail": (SignatureFault.USAGE_WRONG, lambda: signer(extended=()).sign(DATA)),
    "no non-repudiation": (
        SignatureFault.USAGE_WRONG,
        lambda: signer(usages=frozenset({"digital_signature"})).sign(DATA),
    ),
    "non-repudiation alone": (
        SignatureFault.USAGE_WRONG,
        lambda: signer(usages=frozenset({"content_commitment"})).sign(DATA),
    ),
    "an authority's certificate": (
        SignatureFault.USAGE_WRONG,
        lambda: signer(is_ca=True).sign(DATA),
    ),
    "not yet valid": (
        SignatureFault.NOT_YET_VALID,
        lambda: signer(not_before=ca.NOW + timedelta(seconds=1)).sign(DATA),
    ),
    "expired": (
        SignatureFault.EXPIRED,
        lambda: signer(not_after=ca.NOW - timedelta(seconds=1)).sign(DATA),
    ),
    "another authority": (
        SignatureFault.ISSUER_UNTRUSTED,
        lambda: ca.authority("foreign").issue().sign(DATA),
    ),
    "no IIN": (SignatureFault.IDENTITY_MISSING, lambda: signer(iin=None).sign(DATA)),
    "IIN of letters": (
        SignatureFault.IDENTITY_MISSING,
        lambda: signer(iin="00010150001O").sign(DATA),
    ),
    "two BIN": (
        SignatureFault.IDENTITY_MISSING,
        lambda: signer(bin=ca.BIN, other_units=("BIN200140000024",)).sign(DATA),
    ),
}


@pytest.mark.parametrize(("reason", "make"), NOT_SOUND.values(), ids=NOT_SOUND.keys())
def test_what_is_not_a_sound_signature_becomes_a_verdict(
    reason: SignatureFault, make: Callable[[], bytes]
) -> None:
    verdict = judge(make())
    assert not verdict.ok
    assert verdict.reason_code is reason
    assert not verdict.retryable
    assert verdict.revocation is not Revocation.GOOD


def test_a_signature_whose_value_was_changed_is_invalid() -> None:
    content = bytearray(ca.signed_by_hand(rsa_signer(), DATA))
    content[-1] ^= 1
    assert judge(bytes(content)).reason_code is SignatureFault.SIGNATURE_INVALID


def test_one_changed_byte_of_the_document_voids_the_signature() -> None:
    content = signer().sign(DATA)
    verdict = judge(content, DATA.replace(b"12500000", b"92500000"))
    assert verdict.reason_code is SignatureFault.DATA_MISMATCH


def test_damage_to_any_byte_voids_the_signature_or_changes_nothing_that_is_kept() -> None:
    shared, content = verifier(), signer().sign(DATA)
    sound, kept = shared.verify(content, DATA, ca.NOW), kept_form(content)
    voided = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        verdict = shared.verify(bytes(damaged), DATA, ca.NOW)
        assert not verdict.retryable
        assert not verdict.ok or (verdict, kept_form(bytes(damaged))) == (sound, kept), place
        voided += not verdict.ok
    # Version numbers and empty parameters are signed by nobody.
    assert voided >= len(content) - 10


def test_a_revoked_certificate_does_not_sign() -> None:
    mine = signer()
    wire = ca.authority().transport({mine.certificate.serial_number: ca.NOW - timedelta(days=1)})
    verdict = verifier(wire).verify(mine.sign(DATA), DATA, ca.NOW)
    assert verdict.reason_code is SignatureFault.REVOKED
    assert verdict.revocation is Revocation.REVOKED
    assert not verdict.retryable


def test_a_revocation_counts_from_its_very_moment_and_not_before() -> None:
    mine = signer()
    judge_then = verifier(ca.authority().transport({mine.certificate.serial_number: ca.NOW}))
    content = mine.sign(DATA)
    assert judge_then.verify(content, DATA, ca.NOW - timedelta(seconds=1)).ok
    assert judge_then.verify(content, DATA, ca.NOW).reason_code is SignatureFault.REVOKED


def test_an_authority_out_of_reach_says_nothing_about_the_signature() -> None:
    silent = verifier(httpx.MockTransport(lambda request: httpx.Response(503)))
    verdict = silent.verify(signer().sign(DATA), DATA, ca.NOW)
    assert not verdict.ok
    assert verdict.reason_code is SignatureFault.REVOCATION_UNAVAILABLE
    assert verdict.retryable
    assert verdict.revocation is Revocation.UNKNOWN


def test_garbage_is_refused_even_while_the_authority_is_out_of_reach() -> None:
    silent = verifier(httpx.MockTransport(lambda request: httpx.Response(503)))
    assert silent.verify(b"garbage", DATA, ca.NOW).reason_code is SignatureFault.STRUCTURE_INVALID


def test_no_personal_data_reaches_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    mine = signer()
    wire = ca.authority().transport({mine.certificate.serial_number: ca.NOW - timedelta(days=1)})
    with caplog.at_level(logging.DEBUG):
        assert not verifier(wire).verify(mine.sign(DATA), DATA, ca.NOW).ok
        assert not judge(ca.authority("foreign").issue().sign(DATA)).ok
        assert not judge(signer().sign(DATA)[:-9]).ok
    assert ca.IIN not in caplog.text
    assert "ТЕСТОВА" not in caplog.text
    assert "could not be parsed" in caplog.text


def test_a_verdict_and_an_expectation_do_not_show_whom_they_concern() -> None:
    company = ca.authority().issue(ca.COMPANY)
    expected = expected_signer("supplier", frozenset({ca.IIN}), ca.BIN)
    shown = repr(judge(company.sign(DATA))) + repr(expected)
    assert ca.IIN not in shown
    assert ca.BIN not in shown


def test_threads_and_running_loops_may_verify_at_the_same_time() -> None:
    shared, content = verifier(), signer().sign(DATA)

    async def in_a_running_loop() -> bool:
        return shared.verify(content, DATA, ca.NOW).ok

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: shared.verify(content, DATA, ca.NOW).ok, range(40)))
    assert all(verdicts)
    assert asyncio.run(in_a_running_loop())


def test_a_moment_without_its_offset_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        verifier().verify(signer().sign(DATA), DATA, ca.NOW.replace(tzinfo=None))


RECIPIENT = expected_signer("recipient", frozenset({ca.IIN}))
SUPPLIER = expected_signer("supplier", frozenset({ca.IIN}), ca.BIN)
PROPRIETOR = expected_signer("supplier", frozenset({ca.IIN}))
CASEWORKER = expected_signer("caseworker", frozenset({ca.IIN}), ca.BIN)
EMPLOYEE = replace(ca.COMPANY, owner_types=(ca.EMPLOYEE,))


@pytest.mark.parametrize(
    ("owner", "expected", "reason"),
    [
        (ca.Owner(), RECIPIENT, None),
        (ca.Owner(), PROPRIETOR, None),
        (ca.COMPANY, SUPPLIER, None),
        (EMPLOYEE, CASEWORKER, None),
        (ca.owner(iin=ca.OTHER_IIN), RECIPIENT, SignatureFault.WRONG_SIGNER),
        (replace(ca.COMPANY, iin=ca.OTHER_IIN), SUPPLIER, SignatureFault.WRONG_SIGNER),
        (ca.Owner(), expected_signer("recipient", frozenset()), SignatureFault.WRONG_SIGNER),
        (ca.COMPANY, RECIPIENT, SignatureFault.NOT_A_PERSONS),
        (ca.Owner(), SUPPLIER, SignatureFault.ORGANISATION_MISSING),
        (replace(ca.COMPANY, bin="200140000024"), SUPPLIER, SignatureFault.WRONG_ORGANISATION),
        (EMPLOYEE, SUPPLIER, SignatureFault.NOT_ENTITLED),
        (ca.owner(owner_types=()), RECIPIENT, SignatureFault.NOT_A_PERSONS),
        (ca.FOR_LOGGING_IN, RECIPIENT, SignatureFault.USAGE_WRONG),
    ],
)
def test_only_the_expected_person_in_the_right_capacity_signs(
    owner: ca.Owner, expected: ExpectedSigner, reason: SignatureFault | None
) -> None:
    verdict = judge(ca.authority().issue(owner).sign(DATA))
    assert check_signer(verdict, expected) is reason


def test_a_certificate_without_extensions_is_of_no_use() -> None:
    mine = signer()
    bare = (
        x509.CertificateBuilder()
        .subject_name(mine.certificate.subject)
        .issuer_name(ca.authority().certificate.subject)
        .public_key(mine.key.public_key())
        .serial_number(7)
        .not_valid_before(ca.NOW - ca.YEAR)
        .not_valid_after(ca.NOW + ca.YEAR)
        .sign(ca.authority().key, hashes.SHA256())
    )
    assert judge(ca.Signer(bare, mine.key).sign(DATA)).reason_code is SignatureFault.USAGE_WRONG
