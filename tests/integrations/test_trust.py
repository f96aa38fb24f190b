"""A signature rests on the authorities that the installation names, in the time it names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrations.signatures import (
    Anchor,
    Issuer,
    SignatureFault,
    SignatureVerdict,
    Trust,
    TrustInvalid,
    make_verifier,
    read_trust,
)
from tests.integrations import ca

DATA = b"the application"
OTHER_LIST = "http://ca/other.crl"
AWAY = timedelta(days=1)


def wire(answers: Mapping[str, bytes | int]) -> httpx.MockTransport:
    """Authorities by the address of their lists."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(str(request.url), 404)
        if isinstance(found, int):
            return httpx.Response(found)
        return httpx.Response(200, content=found)

    return httpx.MockTransport(answer)


def national(use_from: datetime | None = None, use_until: datetime | None = None) -> Anchor:
    """The national root, within other dates than those of its certificate."""
    whole = ca.authority().trust().anchors[0]
    begin, end = use_from or whole.use_from, use_until or whole.use_until
    return replace(whole, use_from=begin, use_until=end)


def judge(trust: Trust, content: bytes, transport: httpx.BaseTransport) -> SignatureVerdict:
    return ca.verifier(trust, transport).verify(content, DATA, ca.NOW)


def test_several_roots_are_trusted_side_by_side() -> None:
    foreign = ca.authority("foreign")
    both = Trust((national(), replace(foreign.trust().anchors[0], crl=OTHER_LIST)))
    answers = {
        ca.LIST: ca.authority().revocation_list({}),
        OTHER_LIST: foreign.revocation_list({}),
    }
    for authority in (ca.authority(), foreign):
        assert judge(both, authority.issue().sign(DATA), wire(answers)).ok


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({}, None),
        ({"use_from": ca.NOW}, None),
        ({"use_from": ca.NOW + timedelta(seconds=1)}, SignatureFault.ISSUER_UNTRUSTED),
        ({"use_until": ca.NOW}, SignatureFault.ISSUER_UNTRUSTED),
        ({"use_until": ca.NOW + timedelta(seconds=1)}, None),
    ],
)
def test_a_root_counts_within_its_dates_alone(
    dates: dict[str, datetime], reason: SignatureFault | None
) -> None:
    verdict = judge(
        Trust((national(**dates),)), ca.authority().issue().sign(DATA), ca.authority().transport()
    )
    assert verdict.reason_code is reason


def stepped(
    revoked: bool = False, brings: bool = True, names_list: str | None = None
) -> tuple[bytes, dict[str, bytes | int]]:
    """A signature under an intermediate authority, and the lists of both."""
    root, between = ca.two_steps()
    mine = between.issue(ca.owner(list_at=names_list))
    content = mine.sign(DATA)
    if brings:
        middle = ca.Signer(between.certificate, between.key)
        content = ca.with_certificate_of(content, mine, middle)
    gone = {between.certificate.serial_number: ca.NOW - AWAY} if revoked else {}
    return content, {
        ca.LIST: root.revocation_list(gone),
        OTHER_LIST: between.revocation_list({}),
    }


def root_alone() -> Trust:
    return ca.two_steps()[0].trust()


def with_intermediate() -> Trust:
    between = ca.two_steps()[1]
    return replace(root_alone(), intermediates=(Issuer(between.certificate, OTHER_LIST),))


def test_an_intermediate_authority_may_come_from_the_settings() -> None:
    content, answers = stepped(brings=False)
    assert judge(with_intermediate(), content, wire(answers)).ok


def test_an_intermediate_authority_may_come_with_the_signature() -> None:
    content, answers = stepped(names_list=OTHER_LIST)
    assert judge(root_alone(), content, wire(answers)).ok


def test_without_the_intermediate_authority_the_chain_is_unknown() -> None:
    content, answers = stepped(brings=False)
    assert (
        judge(root_alone(), content, wire(answers)).reason_code is SignatureFault.ISSUER_UNTRUSTED
    )


def test_a_revoked_intermediate_authority_takes_its_people_with_it() -> None:
    content, answers = stepped(revoked=True)
    assert judge(with_intermediate(), content, wire(answers)).reason_code is SignatureFault.REVOKED


def test_the_list_of_every_authority_on_the_way_is_needed() -> None:
    content, answers = stepped()
    for silent in answers:
        verdict = judge(with_intermediate(), content, wire({**answers, silent: 503}))
        assert verdict.reason_code is SignatureFault.REVOCATION_UNAVAILABLE
        assert verdict.retryable


@pytest.mark.parametrize("address", [None, "http://elsewhere/other.crl", "ldap://ca/other"])
def test_a_list_is_not_looked_for_at_hosts_that_nobody_named(address: str | None) -> None:
    content, answers = stepped(names_list=address)
    verdict = judge(root_alone(), content, wire(answers | {str(address): answers[OTHER_LIST]}))
    assert verdict.reason_code is SignatureFault.REVOCATION_UNAVAILABLE


def test_people_certify_nobody() -> None:
    first = ca.authority().issue(ca.owner(is_ca=True))
    below = ca.Authority(first.certificate, ca.rsa_key("below")).issue()
    content = ca.with_certificate_of(below.sign(DATA), below, first)
    verdict = judge(ca.authority().trust(), content, ca.authority().transport())
    assert verdict.reason_code is SignatureFault.ISSUER_UNTRUSTED


def pem(authority: ca.Authority) -> str:
    return authority.certificate.public_bytes(Encoding.PEM).decode()


def written(folder: Path, text: str) -> Path:
    file = folder / "trust.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_of_trust_names_roots_with_their_dates_and_what_stands_between(
    tmp_path: Path,
) -> None:
    root, between = ca.two_steps()
    (tmp_path / "root.pem").write_text(pem(ca.authority()))
    (tmp_path / "between.cer").write_bytes(between.certificate.public_bytes(Encoding.DER))
    trust = read_trust(
        written(
            tmp_path,
            f'''
            [[anchor]]
            certificate = "root.pem"
            crl = "{ca.LIST}"
            use_from = 2026-01-01
            use_until = 2027-01-01T00:00:00+05:00

            [[anchor]]
            certificate = """{pem(root)}"""
            crl = "{OTHER_LIST}"

            [[intermediate]]
            certificate = "between.cer"
            crl = "{OTHER_LIST}"
            ''',
        )
    )
    first, second = trust.anchors
    assert (first.certificate, second.certificate) == (
        ca.authority().certificate,
        root.certificate,
    )
    assert first.use_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert first.use_until == datetime(2026, 12, 31, 19, tzinfo=UTC)
    assert second.use_until == root.certificate.not_valid_after_utc
    assert trust.intermediates == (Issuer(between.certificate, OTHER_LIST),)


def test_every_mistake_in_a_file_of_trust_is_named_at_once(tmp_path: Path) -> None:
    person = ca.authority().issue().certificate.public_bytes(Encoding.PEM).decode()
    file = written(
        tmp_path,
        f'''
        [[root]]
        [[anchor]]
        certificate = "nowhere.pem"
        crl = "ftp://ca/list"
        until = 2027-01-01
        [[anchor]]
        certificate = """{person}"""
        crl = "{ca.LIST}"
        [[anchor]]
        certificate = """{pem(ca.authority())}"""
        crl = "{ca.LIST}"
        use_from = "2026-01-01"
        use_until = 2001-01-01
        ''',
    )
    with pytest.raises(TrustInvalid) as refused:
        read_trust(file)
    told = str(refused.value)
    for mistake in (
        "root: is neither",
        "anchor 1: until is not known",
        "anchor 1: certificate nowhere.pem cannot be read",
        "anchor 1: crl is the http(s) address",
        "anchor 2: certificate is not that of an authority",
        "anchor 3: use_from is a day",
        "anchor 3: is never used",
        "names no [[anchor]]",
    ):
        assert mistake in told


@pytest.mark.parametrize("text", ["", "[[anchor", "anchor = 1", "[anchor]\ncrl = 1"])
def test_an_installation_that_trusts_nobody_does_not_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(TrustInvalid):
        read_trust(written(tmp_path, text))
    with pytest.raises(TrustInvalid, match="cannot be read"):
        read_trust(tmp_path / "absent.toml")


def test_authorities_of_gost_and_responders_stand_in_the_same_file(tmp_path: Path) -> None:
    trust = read_trust(
        written(
            tmp_path,
            f'''
            [[anchor]]
            certificate = """{pem(ca.authority())}"""
            crl = "{ca.LIST}"
            ocsp = "http://ca/ocsp"
            [[gost]]
            certificate = """{pem(ca.authority("other"))}"""
            use_from = 2026-01-01
            use_until = 2026-12-01
            ''',
        )
    )
    assert [one.ocsp for one in trust.anchors] == ["http://ca/ocsp"]
    (gost,) = trust.gost
    assert gost.counts(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert not gost.counts(datetime(2026, 12, 1, tzinfo=UTC))
    assert not trust.certifies(ca.authority("other").issue().certificate, ca.NOW)


def test_a_ncanode_without_an_authority_of_gost_is_a_mistake() -> None:
    with httpx.Client() as client, pytest.raises(TrustInvalid, match="gost"):
        make_verifier(ca.authority().trust(), client, client, lambda *_: None)
