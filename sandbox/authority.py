"""The certificate authority: certificates in the layout of the national one, and revocation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from asn1crypto import pem
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

from sandbox import gost
from sandbox.clock import LegalClock
from sandbox.store import Store

# Policies of the national authority: an organisation signs, a person signs, authentication.
POLICY_ORGANISATION = x509.ObjectIdentifier("1.2.398.3.3.2.1")
POLICY_PERSON = x509.ObjectIdentifier("1.2.398.3.3.2.3")
POLICY_AUTHENTICATION = x509.ObjectIdentifier("1.2.398.3.3.2.4")
# What a certificate is for, beside what every certificate says.
Service = Sequence[tuple[x509.ExtensionType, bool]]
LIFE = timedelta(days=365)
ROOT_LIFE = timedelta(days=20 * 365)
# A certificate is valid at once for a verifier whose clock is a little behind.
LEEWAY = timedelta(minutes=5)
# Longer than the legal clock jumps: a list fetched just before a jump still holds after it.
CRL_LIFE = timedelta(days=366)


class CertificateRequest(BaseModel, extra="forbid"):
    """A public key (RSA of 2048 bits or more, P-256, GOST of 512 bits) and whose it is."""

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


@dataclass(frozen=True)
class Issued:
    """A certificate, and since when it is revoked."""

    certificate: x509.Certificate
    revoked: datetime | None


@dataclass(frozen=True)
class Asked:
    """A key that is to be certified. Of GOST is what stands in `gost`, a passing key beside it."""

    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    gost: bytes | None = None


class Authority:
    """Issues under one root of each kind of key, whose keys outlive the process."""

    def __init__(self, store: Store, clock: LegalClock, url: str) -> None:
        self._store = store
        self._clock = clock
        self._url = url
        key = load_pem_private_key(store.secret("root_key", make_key), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        own = store.secret("root_certificate", lambda: make_root(key))
        self.root = x509.load_pem_x509_certificate(own)
        secret = store.secret("gost_key", lambda: str(gost.GostKey.make().secret).encode())
        self._gost = gost.GostKey.of(int(secret))
        held = store.secret("gost_certificate", lambda: make_gost_root(self._gost))
        self.gost_root = x509.load_pem_x509_certificate(held)

    def issue(self, request: CertificateRequest) -> x509.Certificate:
        """A new certificate; raises Refused for a key, an owner type or a span that is no good."""
        asked = read_key(request.public_key_pem)
        root = self.root if asked.gost is None else self.gost_root
        validity = self._span(request)
        certificate = self.certify(
            x509.CertificateBuilder()
            .subject_name(name_subject(request))
            .issuer_name(root.subject)
            .public_key(asked.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(validity.not_before)
            .not_valid_after(validity.not_after),
            *self._place(asked, root),
            *describe_use(request),
        )
        if asked.gost is not None:
            certificate = gost.reissued(certificate, asked.gost, self._gost)
        self._store.run(
            "insert into certificate values (?, ?, null)",
            str(certificate.serial_number),
            certificate.public_bytes(Encoding.PEM).decode(),
        )
        return certificate

    def certify(
        self, builder: x509.CertificateBuilder, *extensions: tuple[x509.ExtensionType, bool]
    ) -> x509.Certificate:
        """What is built, with these extensions, signed by the root's key."""
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())

    def find(self, serial: int) -> Issued | None:
        """A certificate that was issued, and since when it is revoked."""
        row = self._store.row("select * from certificate where serial = ?", str(serial))
        if row is None:
            return None
        since = row["revoked_at"]
        revoked = None if since is None else datetime.fromtimestamp(since, UTC)
        return Issued(x509.load_pem_x509_certificate(row["pem"].encode()), revoked)

    def service(
        self, name: str, use: Service
    ) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Key and certificate of a service of the authority itself."""
        key = load_pem_private_key(self._store.secret(f"{name}_key", make_key), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        make = partial(self._certify_service, name, key.public_key(), use)
        held = x509.load_pem_x509_certificate(self._store.secret(f"{name}_certificate", make))
        return key, held

    def _certify_service(self, name: str, key: ec.EllipticCurvePublicKey, use: Service) -> bytes:
        """Valid as long as the root: its list says where it was revoked."""
        crl = x509.UniformResourceIdentifier(f"{self._url}/ca/revoked.crl")
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = self.certify(
            x509.CertificateBuilder()
            .subject_name(name_service(f"OZHB SANDBOX {name.upper()}"))
            .issuer_name(self.root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.root.not_valid_before_utc)
            .not_valid_after(self.root.not_valid_after_utc),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (make_usage(frozenset({"digital_signature"})), True),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (issuer_key, False),
            (x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), False),
            *use,
        )
        return certificate.public_bytes(Encoding.PEM)

    def _span(self, request: CertificateRequest) -> Validity:
        """A year, valid by the wall clock as well as by the legal one, whichever is ahead."""
        start = request.not_before or min(datetime.now(UTC), self._clock.now()) - LEEWAY
        end = request.not_after or self._clock.now() + LIFE
        if end <= start:
            raise Refused("not_after is not after not_before")
        return Validity(start, end)

    def _place(self, asked: Asked, root: x509.Certificate) -> list[tuple[x509.ExtensionType, bool]]:
        """Who issued it and where its revocation can be looked up."""
        crl = x509.UniformResourceIdentifier(f"{self._url}/ca/revoked.crl")
        ocsp = x509.UniformResourceIdentifier(f"{self._url}/ca/ocsp")
        name = "root.pem" if asked.gost is None else "gost-root.pem"
        above = x509.UniformResourceIdentifier(f"{self._url}/ca/{name}")
        issuer = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, above)
        responder = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp)
        known = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
        own = x509.SubjectKeyIdentifier.from_public_key(asked.key)
        return [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (own, False),
            (issuer_key, False),
            (x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), False),
            (x509.AuthorityInformationAccess([issuer, responder]), False),
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


def name_service(name: str) -> x509.Name:
    """The name of something of the authority."""
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ")
    return x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def make_gost_root(key: gost.GostKey) -> bytes:
    """The root of GOST, signed by itself, in PEM."""
    passing = ec.generate_private_key(ec.SECP256R1())
    shape = x509.load_pem_x509_certificate(make_root(passing, "OZHB SANDBOX ROOT (GOST)"))
    return gost.reissued(shape, key.public_info(), key).public_bytes(Encoding.PEM)


def make_root(key: ec.EllipticCurvePrivateKey, named: str = "OZHB SANDBOX ROOT") -> bytes:
    """The self-signed root certificate in PEM."""
    name = name_service(named)
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


def read_key(text: str) -> Asked:
    """A public key of a kind that is certified; raises Refused."""
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        return _read_gost(text, error)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return Asked(key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return Asked(key)
    raise Refused("public_key_pem is neither RSA of 2048 bits nor P-256 nor GOST of 512 bits")


def _read_gost(text: str, error: Exception) -> Asked:
    try:
        _, _, held = pem.unarmor(text.encode())
        public = gost.public_in(held)
    except (ValueError, TypeError, IndexError):
        public = None
    if public is None:
        raise Refused("public_key_pem is not a public key") from error
    return Asked(ec.generate_private_key(ec.SECP256R1()).public_key(), held)


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
        return _shown(authority.root)

    @router.get("/gost-root.pem")
    async def show_gost_root() -> Response:
        return _shown(authority.gost_root)

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
        told = certificate.public_bytes(Encoding.PEM).decode()
        return {"certificate_pem": told, "serial": str(certificate.serial_number)}

    @router.post("/revocations")
    async def revoke(request: RevocationRequest) -> dict[str, str]:
        if not authority.revoke(request.serial):
            raise HTTPException(404, "unknown certificate")
        return {"serial": request.serial}

    return router


def _shown(certificate: x509.Certificate) -> Response:
    told = certificate.public_bytes(Encoding.PEM)
    return Response(told, media_type="application/x-pem-file")
