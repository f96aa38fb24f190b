"""Certificates have the layout of the national authority, and a party signs with them."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.identities import make_bin, make_iin
from sandbox.party import HEAD, LEGAL_ENTITY, NATURAL_PERSON, Party
from tests.sandbox.world import World

DATA = "Өтініш №1\n".encode()


def enrol_recipient(world: World) -> Party:
    """A natural person."""
    name = "АХМЕТОВ АХМЕТ АХМЕТҰЛЫ"
    return Party.enrol(world.url, role="recipient", iin=make_iin(11), common_name=name)


def enrol_supplier(world: World) -> Party:
    """The head of a firm."""
    return Party.enrol(
        world.url,
        role="supplier",
        iin=make_iin(12),
        bin=make_bin(12),
        common_name="ОМАРОВ ОМАР",
        organisation="ЖШС Үлгі",
    )


def subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str | bytes]:
    """The values of one attribute of the name."""
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(oid)]


def verify(party: Party, signature: str, folder: Path, data: bytes = DATA) -> str:
    """What openssl says of a detached signature; empty when it holds."""
    root = folder / "root.pem"
    with (folder / "data").open("wb") as file:
        file.write(data)
    (folder / "signature.der").write_bytes(base64.b64decode(signature))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
    files = ["-in", "signature.der", "-content", "data", "-CAfile", str(root), "-out", "out"]
    ran = subprocess.run(
        [*command, *files], cwd=folder, capture_output=True, check=False, text=True
    )
    return "" if ran.returncode == 0 else ran.stderr


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """A folder with the root certificate in it."""
    (tmp_path / "root.pem").write_bytes(world.client.get("/ca/root.pem").content)
    return tmp_path


def test_a_person_has_an_iin_and_may_sign(world: World) -> None:
    certificate = enrol_recipient(world).certificate
    assert subject(certificate, NameOID.SERIAL_NUMBER) == [f"IIN{make_iin(11)}"]
    assert subject(certificate, NameOID.SURNAME) == ["АХМЕТОВ"]
    assert subject(certificate, NameOID.GIVEN_NAME) == ["АХМЕТҰЛЫ"]
    assert subject(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == []
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_encipherment) == (
        *(True, True),
        False,
    )
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [oid.dotted_string for oid in extended] == [
        ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string,
        NATURAL_PERSON,
    ]


def test_a_firm_has_a_bin_and_its_head_an_owner_type(world: World) -> None:
    certificate = enrol_supplier(world).certificate
    assert subject(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == [f"BIN{make_bin(12)}"]
    assert subject(certificate, NameOID.ORGANIZATION_NAME) == ["ЖШС Үлгі"]
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {LEGAL_ENTITY, HEAD} < {oid.dotted_string for oid in extended}


def test_a_certificate_for_authentication_does_not_bind_to_what_is_signed(world: World) -> None:
    certificate = enrol_recipient(world).auth_certificate().certificate
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_encipherment, usage.content_commitment) == (True, False)
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.CLIENT_AUTH in extended


def test_a_partys_signature_holds_over_its_bytes_and_no_others(world: World, folder: Path) -> None:
    party = enrol_supplier(world)
    signature = party.sign(DATA)
    assert verify(party, signature, folder) == ""
    assert verify(party, signature, folder, DATA + b".") != ""


def test_another_key_and_an_expired_certificate_do_not_verify(world: World, folder: Path) -> None:
    party = enrol_recipient(world)
    other, expired = party.other_key(), party.expired_certificate()
    assert verify(other, other.sign(DATA), folder) != ""
    assert "expired" in verify(expired, expired.sign(DATA), folder)
    assert expired.certificate.not_valid_after_utc < datetime.now(UTC)


def test_a_revoked_certificate_stands_on_the_list_that_the_root_signed(world: World) -> None:
    party, honest = enrol_recipient(world), enrol_recipient(world)
    party.revoke()
    revoked = x509.load_der_x509_crl(world.client.get("/ca/revoked.crl").content)
    root = x509.load_pem_x509_certificate(world.client.get("/ca/root.pem").content)
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert revoked.is_signature_valid(key)
    assert revoked.get_revoked_certificate_by_serial_number(int(party.serial)) is not None
    assert revoked.get_revoked_certificate_by_serial_number(int(honest.serial)) is None
    assert revoked.next_update_utc is not None
    assert revoked.last_update_utc < datetime.now(UTC) < revoked.next_update_utc
    assert world.client.post("/ca/revocations", json={"serial": "1"}).status_code == 404


def certify(world: World, key: Any, **changes: Any) -> int:
    """Ask for a certificate for a key; the status of the answer."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    body = {"public_key_pem": pem, "iin": make_iin(1), "common_name": "А Б", "usage": "sign"}
    return world.client.post("/ca/certificates", json={**body, **changes}).status_code


def test_rsa_and_p256_keys_are_certified_and_weak_ones_refused(world: World) -> None:
    assert certify(world, rsa.generate_private_key(65537, 2048)) == 200
    assert certify(world, ec.generate_private_key(ec.SECP256R1())) == 200
    assert certify(world, rsa.generate_private_key(65537, 1024)) == 400
    assert certify(world, ec.generate_private_key(ec.SECP384R1())) == 400


def test_a_certificate_that_could_never_be_valid_is_refused(world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert certify(world, key, not_after=yesterday) == 400
    assert certify(world, key, owner_types=["head"]) == 400
    assert certify(world, key, public_key_pem="none") == 400
