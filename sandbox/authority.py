"""The certificate authority: certificates in the layout of the national one, and revocation."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from fastapi import APIRouter, HTTPException, Response
from pydantic import AwareDatetime, BaseModel, Field

from sandbox.clock import LegalClock
from sandbox.store import Store

# Policies of the national authority: an organisation signs, a person signs, authentication.
POLICY_ORGANISATION = x509.ObjectIdentifier("1.2.398.3.3.2.1")
POLICY_PERSON = x509.ObjectIdentifier("1.2.398.3.3.2.3")
POLICY_AUTHENTICATION = x509.ObjectIdentifier("1.2.398.3.3.2.4")
LIFE = timedelta(days=365)
ROOT_LIFE = timedelta(days=20 * 365)
# A certificate is valid at once for a verifier whose clock is a little behind.
LEEWAY = timedelta(minutes=5)
# Longer than the legal clock jumps: a list fetched just before a jump still holds after it.
CRL_LIFE = timedelta(days=366)


class CertificateRequest(BaseModel, extra="forbid"):
    """A public key (RSA of 2048 bits or more, or P-256) and the person to whom it belongs."""

    public_key_pem: str
    iin: str = Field(pattern=r"^[0-9]{12}$")
    common_name: str = Field(min_length=1, max_length=64)
    bin: str | None = Field(default=None, pattern=r"^[0-9]{12}$")
    organisation: str | None = Field(default=None, min_length=1, max_length=64)
    owner_types: list[str] = []
    usage: Literal["sign", "auth"]
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None


class RevocationRequest(BaseModel, extra="forbid"):
    """The serial number of a certificate, as it was answered: decimal digits."""

    serial: str


class Refused(Exception):
    """A certificate that cannot be issued."""


@dataclass(frozen=True)
class Validity:
    """From when to when a certificate is valid."""

    not_before: datetime
    not_after: datetime


class Authority:
    """Issues under one root whose key outlives the process."""

    def __init__(self, store: Store, clock: LegalClock, url: str) -> None:
        self._store = store
        self._clock = clock
        self._url = url
        key = load_pem_private_key(store.secret("root_key", make_key), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        pem = store.secret("root_certificate", lambda: make_root(key))
        self.root = x509.load_pem_x509_certificate(pem)

    def issue(self, request: CertificateRequest) -> x509.Certificate:
        """A new certificate; raises Refused for a key, an owner type or a span that is no good."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name_subject(request))
            .issuer_name(self.root.subject)
            .public_key(read_key(request.public_key_pem))
            .serial_number(x509.random_serial_number())
        )
        validity = self._span(request)
        builder = builder.not_valid_before(validity.not_before).not_valid_after(validity.not_after)
        for extension, critical in (*self._place(request), *describe_use(request)):
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(self._key, hashes.SHA256())
        self._store.run(
            "insert into certificate values (?, ?, null)",
            str(certificate.serial_number),
            certificate.public_bytes(Encoding.PEM).decode(),
        )
        return certificate

    def _span(self, request: CertificateRequest) -> Validity:
        """A year, valid by the wall clock as well as by the legal one, whichever is ahead."""
        start = request.not_before or min(datetime.now(UTC), self._clock.now()) - LEEWAY
        end = request.not_after or self._clock.now() + LIFE
        if end <= start:
            raise Refused("not_after is not after not_before")
        return Validity(start, end)

    def _place(self, request: CertificateRequest) -> list[tuple[x509.ExtensionType, bool]]:
        """Who issued it and where its revocation can be looked up."""
        crl = x509.UniformResourceIdentifier(f"{self._url}/ca/revoked.crl")
        root = x509.UniformResourceIdentifier(f"{self._url}/ca/root.pem")
        issuer = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, root)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(read_key(request.public_key_pem)), False),
            (issuer_key, False),
            (x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), False),
            (x509.AuthorityInformationAccess([issuer]), False),
        ]

    def revoke(self, serial: str) -> bool:
        """Put a certificate on the list; False when no such certificate was issued."""
        # By the wall clock: so it is revoked on the legal one too, which is never behind.
        changed = self._store.run(
            "update certificate set revoked_at = coalesce(revoked_at, ?) where serial = ?",
            time.time(),
            serial,
        )
        return changed == 1

    def list_revoked(self) -> bytes:
        """The list as of now, in DER."""
        number = self._store.scalar("select count(*) from certificate where revoked_at is not null")
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(datetime.now(UTC) - LEEWAY)
            .next_update(self._clock.now() + CRL_LIFE)
        )
        for row in self._store.rows("select * from certificate where revoked_at is not null"):
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(row["serial"]))
                .revocation_date(datetime.fromtimestamp(row["revoked_at"], UTC))
                .build()
            )
        key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(key, critical=False)
        builder = builder.add_extension(x509.CRLNumber(number + 1), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)


def make_key() -> bytes:
    """A new P-256 key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_root(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The self-signed root certificate in PEM."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ"),
            x509.NameAttribute(NameOID.COMMON_NAME, "OZHB SANDBOX ROOT"),
        ]
    )
    now = datetime.now(UTC)
    usage = make_usage(frozenset({"key_cert_sign", "crl_sign"}))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Old enough for certificates that are made as expired ones.
        .not_valid_before(now - ROOT_LIFE)
        .not_valid_after(now + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def read_key(pem: str) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """A public key of a kind that is certified; raises Refused."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("public_key_pem is not a public key") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise Refused("public_key_pem is neither RSA of 2048 bits nor P-256")


def name_subject(request: CertificateRequest) -> x509.Name:
    """The name as the national authority writes it: the given-name field holds the patronymic."""
    words = request.common_name.split()
    parts = [
        (NameOID.COMMON_NAME, request.common_name),
        (NameOID.SURNAME, words[0] if words else request.common_name),
        (NameOID.GIVEN_NAME, " ".join(words[2:]) or None),
        (NameOID.SERIAL_NUMBER, f"IIN{request.iin}"),
        (NameOID.COUNTRY_NAME, "KZ"),
        (NameOID.ORGANIZATION_NAME, request.organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{request.bin}" if request.bin else None),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def describe_use(request: CertificateRequest) -> list[tuple[x509.ExtensionType, bool]]:
    """What the key may be used for, and as whom."""
    try:
        owners = [x509.ObjectIdentifier(owner) for owner in request.owner_types]
    except ValueError as error:
        raise Refused("owner_types are object identifiers") from error
    if request.usage == "sign":
        bits = frozenset({"digital_signature", "content_commitment"})
        extended = [ExtendedKeyUsageOID.EMAIL_PROTECTION, *owners]
        policy = POLICY_ORGANISATION if request.bin else POLICY_PERSON
    else:
        bits = frozenset({"digital_signature", "key_encipherment"})
        extended = [ExtendedKeyUsageOID.CLIENT_AUTH, *owners]
        policy = POLICY_AUTHENTICATION
    return [
        (make_usage(bits), True),
        (x509.ExtendedKeyUsage(extended), False),
        (x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), False),
    ]


def make_usage(bits: frozenset[str]) -> x509.KeyUsage:
    """The key usage with these bits set and no others."""
    return x509.KeyUsage(
        digital_signature="digital_signature" in bits,
        content_commitment="content_commitment" in bits,
        key_encipherment="key_encipherment" in bits,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign="key_cert_sign" in bits,
        crl_sign="crl_sign" in bits,
        encipher_only=False,
        decipher_only=False,
    )


def routes(authority: Authority) -> APIRouter:
    """The root, the list of revoked certificates, issuing and revoking."""
    router = APIRouter(prefix="/ca", tags=["certificates"])

    @router.get("/root.pem")
    async def show_root() -> Response:
        pem = authority.root.public_bytes(Encoding.PEM)
        return Response(pem, media_type="application/x-pem-file")

    @router.get("/revoked.crl")
    async def list_revoked() -> Response:
        return Response(
            authority.list_revoked(),
            media_type="application/pkix-crl",
            headers={"Cache-Control": "no-store"},
        )

    @router.post("/certificates")
    async def issue(request: CertificateRequest) -> dict[str, str]:
        try:
            certificate = authority.issue(request)
        except Refused as error:
            raise HTTPException(400, str(error)) from error
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return {"certificate_pem": pem, "serial": str(certificate.serial_number)}

    @router.post("/revocations")
    async def revoke(request: RevocationRequest) -> dict[str, str]:
        if not authority.revoke(request.serial):
            raise HTTPException(404, "unknown certificate")
        return {"serial": request.serial}

    return router
