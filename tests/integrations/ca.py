"""A small certificate authority with the layout of the national one, and signatures to judge."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import httpx
from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

from integrations.signatures import Anchor, PyhankoVerifier, RevocationLists, Trust, TrustStore

NOW: Final = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
YEAR: Final = timedelta(days=365)
IIN: Final = "000101500011"
OTHER_IIN: Final = "000101500021"
BIN: Final = "200140000014"
PERSON: Final = "1.2.398.3.3.4.1.1"
HEAD: Final = "1.2.398.3.3.4.1.2.1"
EMPLOYEE: Final = "1.2.398.3.3.4.1.2.5"
LIST: Final = "http://ca/revoked.crl"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key of that name, made once: making one is slow."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Owner:
    """Whom a certificate is for, and what it may be used for."""

    iin: str | None = IIN
    bin: str | None = None
    other_units: tuple[str, ...] = ()
    owner_types: tuple[str, ...] = (PERSON,)
    extended: tuple[x509.ObjectIdentifier, ...] = (Eku.EMAIL_PROTECTION,)
    usages: frozenset[str] = frozenset({"digital_signature", "content_commitment"})
    not_before: datetime = NOW - YEAR
    not_after: datetime = NOW + YEAR
    key: Key = field(default_factory=lambda: ec_key("owner"))
    is_ca: bool = False
    list_at: str | None = None


FOR_LOGGING_IN: Final = Owner(
    extended=(Eku.CLIENT_AUTH,), usages=frozenset({"digital_signature", "key_encipherment"})
)
COMPANY: Final = Owner(bin=BIN, owner_types=(HEAD,))


@dataclass(frozen=True)
class Signer:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Key

    def sign(self, data: bytes) -> bytes:
        """A detached CMS over the data: what a citizen's signing program makes."""
        return _builder(data, self).sign(
            Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
        )

    def asn1(self) -> Any:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))


@dataclass(frozen=True)
class Authority:
    """A root that issues and revokes."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def issue(self, owner: Owner = Owner()) -> Signer:
        extended = [*owner.extended, *(x509.ObjectIdentifier(oid) for oid in owner.owner_types)]
        public = owner.key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(owner))
            .issuer_name(self.certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(owner.not_before)
            .not_valid_after(owner.not_after)
            .add_extension(x509.BasicConstraints(owner.is_ca, None), critical=True)
            .add_extension(_key_usage(owner.usages), critical=True)
            .add_extension(x509.ExtendedKeyUsage(extended), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        if owner.list_at is not None:
            place = [x509.UniformResourceIdentifier(owner.list_at)]
            points = [x509.DistributionPoint(place, None, None, None)]
            builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
        return Signer(builder.sign(self.key, hashes.SHA256()), owner.key)

    def revocation_list(
        self, revoked: Mapping[int, datetime], since: datetime = NOW - timedelta(hours=1)
    ) -> bytes:
        """The list in DER; good for a week."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(since)
            .next_update(since + timedelta(days=7))
        )
        for serial, moment in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def root_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def trust(self, crl: str = LIST) -> Trust:
        """A trust in this root alone, for as long as its certificate says."""
        certificate = self.certificate
        span = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        return Trust((Anchor(certificate, crl, *span),))

    def transport(
        self, revoked: Mapping[int, datetime] | None = None, calls: list[str] | None = None
    ) -> httpx.MockTransport:
        """The wire to this authority; the paths asked for are added to `calls`."""
        content = self.revocation_list(revoked or {})

        def answer(request: httpx.Request) -> httpx.Response:
            if calls is not None:
                calls.append(request.url.path)
            return httpx.Response(200, content=content)

        return httpx.MockTransport(answer)


@cache
def authority(name: str = "national") -> Authority:
    """The authority of that name; any two with different names do not trust each other."""
    key = rsa_key(f"root {name}")
    subject = _authority_name("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)")
    certificate = _authority_builder(subject, subject, key, 0).sign(key, hashes.SHA256())
    return Authority(certificate, key)


@cache
def two_steps(name: str = "two steps") -> tuple[Authority, Authority]:
    """A root, and an authority under it that certifies people."""
    key, between = rsa_key(f"root {name}"), rsa_key(f"between {name}")
    subject, under = _authority_name(f"ROOT {name}"), _authority_name(f"UNDER {name}")
    root = _authority_builder(subject, subject, key, 1).sign(key, hashes.SHA256())
    middle = _authority_builder(under, subject, between, 0).sign(key, hashes.SHA256())
    return Authority(root, key), Authority(middle, between)


def _authority_name(name: str) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ")
    return x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _authority_builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, below: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 5 * YEAR)
        .not_valid_after(NOW + 15 * YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_key_usage(frozenset({"key_cert_sign", "crl_sign"})), critical=True)
    )


def verifier(
    trust: Trust,
    transport: httpx.BaseTransport,
    keep: Callable[[str, bytes], None] = lambda *_: None,
) -> PyhankoVerifier:
    """A verifier with that trust, whose authorities answer over the transport."""
    lists = RevocationLists(httpx.Client(transport=transport), keep=keep)
    return PyhankoVerifier(TrustStore(trust, lists))


def attached(signer: Signer, data: bytes) -> bytes:
    """A CMS that carries the data inside."""
    return _builder(data, signer).sign(Encoding.DER, [PKCS7Options.Binary])


def without_certificates(signer: Signer, data: bytes) -> bytes:
    options = [PKCS7Options.DetachedSignature, PKCS7Options.Binary, PKCS7Options.NoCerts]
    return _builder(data, signer).sign(Encoding.DER, options)


def without_attributes(signer: Signer, data: bytes) -> bytes:
    options = [PKCS7Options.DetachedSignature, PKCS7Options.Binary, PKCS7Options.NoAttributes]
    return _builder(data, signer).sign(Encoding.DER, options)


def by_two(first: Signer, second: Signer, data: bytes) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(data)
    for signer in (first, second):
        builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


def with_certificate_of(content: bytes, *signers: Signer) -> bytes:
    """The same signature with other certificates beside it."""
    info = cms.ContentInfo.load(content)
    signed = info["content"].copy()
    signed["certificates"] = [
        cms.CertificateChoices("certificate", signer.asn1()) for signer in signers
    ]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def without_signers(content: bytes) -> bytes:
    info = cms.ContentInfo.load(content)
    signed = info["content"].copy()
    signed["signer_infos"] = []
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def signed_by_hand(
    signer: Signer, data: bytes, digest: str = "sha256", claimed: bytes | None = None
) -> bytes:
    """A CMS with any digest, and (`claimed`) with a signed digest of other data."""
    hashed = hashes.Hash(_hash(digest))
    hashed.update(data if claimed is None else claimed)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashed.finalize()]}),
        ]
    )
    assert isinstance(signer.key, rsa.RSAPrivateKey)
    signature = signer.key.sign(attributes.dump(), padding.PKCS1v15(), _hash(digest))
    certificate = signer.asn1()
    algorithm = algos.DigestAlgorithm({"algorithm": digest})
    information = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                ),
            ),
            "digest_algorithm": algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"}),
            "signature": signature,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices("certificate", certificate)],
            "signer_infos": [information],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def in_gost_words(content: bytes, parts: Iterable[str] = ("key", "signature", "digest")) -> bytes:
    """The same bytes with the algorithm numbers of GOST, which happen to be as long."""
    numbers = {
        "key": ("2a864886f70d010101", "2a830e030a01010202"),
        "signature": ("2a864886f70d01010b", "2a830e030a01010102"),
        "digest": ("608648016503040201", "2a830e030a01030101"),
    }
    for part in parts:
        old, new = (bytes.fromhex(number) for number in numbers[part])
        assert old in content
        content = content.replace(old, new)
    return content


def owner(**changes: Any) -> Owner:
    return replace(Owner(), **changes)


def _builder(data: bytes, signer: Signer) -> PKCS7SignatureBuilder:
    return (
        PKCS7SignatureBuilder()
        .set_data(data)
        .add_signer(signer.certificate, signer.key, hashes.SHA256())
    )


def _hash(name: str) -> hashes.HashAlgorithm:
    known = {"sha1": hashes.SHA1(), "md5": hashes.MD5(), "sha256": hashes.SHA256()}
    return known[name]


def _subject(owner: Owner) -> x509.Name:
    """GIVENNAME holds the patronymic: the authority's oddity."""
    pairs = [
        (NameOID.COMMON_NAME, "ТЕСТОВА ӘЙГЕРІМ"),
        (NameOID.SURNAME, "ТЕСТОВА"),
        (NameOID.GIVEN_NAME, "ҚАЙРАТҚЫЗЫ"),
        (NameOID.COUNTRY_NAME, "KZ"),
    ]
    if owner.iin is not None:
        pairs.append((NameOID.SERIAL_NUMBER, f"IIN{owner.iin}"))
    if owner.bin is not None:
        pairs.append((NameOID.ORGANIZATION_NAME, "ЖШС «Өнім»"))
        pairs.append((NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{owner.bin}"))
    pairs.extend((NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in owner.other_units)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _key_usage(granted: frozenset[str]) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    flags = {name: name in granted for name in names}
    return x509.KeyUsage(**flags, encipher_only=False, decipher_only=False)
