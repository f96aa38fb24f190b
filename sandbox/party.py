"""A person with a real key, for demo, tests and benchmarks: plays from outside, over HTTP alone."""

import base64
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Required, TypedDict, Unpack

import httpx
from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from sandbox import gost, tsa

NATURAL_PERSON = "1.2.398.3.3.4.1.1"
LEGAL_ENTITY = "1.2.398.3.3.4.1.2"
HEAD = "1.2.398.3.3.4.1.2.1"
RIGHT_OF_SIGNATURE = "1.2.398.3.3.4.1.2.2"
# Made once: reading the certificates of the world takes longer than all that a party asks for.
TLS = ssl.create_default_context()


class Identity(TypedDict, total=False):
    """Who the person is, numbers in twelve digits; `authority` is the BIN of a caseworker's one.

    `region` is the beginning of the KATO code that a member of the commission sees to.
    """

    role: Required[str]
    iin: Required[str]
    bin: str | None
    common_name: Required[str]
    organisation: str | None
    owner_types: Sequence[str] | None
    authority: str | None
    region: str | None


Key = ec.EllipticCurvePrivateKey | gost.GostKey


@dataclass(frozen=True)
class Party:
    """One person: a token, a key and a certificate; secrets stay out of its representation."""

    sandbox_url: str
    identity: Identity = field(repr=False)
    token: str = field(repr=False)
    key: Key = field(repr=False)
    certificate: x509.Certificate = field(repr=False)

    @staticmethod
    def enrol(sandbox_url: str, **identity: Unpack[Identity]) -> "Party":
        """Make a P-256 key here; fetch a certificate for it, and a token.

        Without `owner_types` a legal entity's head signs, an employee with the right of signature
        for an authority, and a natural person otherwise. Raises httpx.HTTPError.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = fetch_certificate(sandbox_url, identity, key, "sign")
        return Party(sandbox_url, identity, fetch_token(sandbox_url, identity), key, certificate)

    @property
    def serial(self) -> str:
        """The serial number of the certificate, as the authority writes it."""
        return str(self.certificate.serial_number)

    def sign(self, data: bytes) -> str:
        """A detached CMS signature over the bytes: DER in base64."""
        return base64.b64encode(self._signed(data)).decode()

    def sign_stamped(self, data: bytes) -> str:
        """The same with a time stamp over the signature (CAdES-T)."""
        with connect(self.sandbox_url) as client:

            def ask(question: bytes) -> bytes:
                kind = {"Content-Type": "application/timestamp-query"}
                answer = client.post("/tsa", content=question, headers=kind)
                return answer.raise_for_status().content

            stamped = tsa.stamped(self._signed(data), ask)
        return base64.b64encode(stamped).decode()

    def _signed(self, data: bytes) -> bytes:
        if isinstance(self.key, gost.GostKey):
            return gost.sign_cms(self.key, self.certificate, data)
        return (
            PKCS7SignatureBuilder()
            .set_data(data)
            .add_signer(self.certificate, self.key, hashes.SHA256())
            .sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
        )

    def gost_certificate(self, usage: Literal["sign", "auth"] = "sign") -> "Party":
        """The same person, who signs with GOST R 34.10-2015."""
        key = gost.GostKey.make()
        certificate = fetch_certificate(self.sandbox_url, self.identity, key, usage)
        return replace(self, key=key, certificate=certificate)

    def auth_certificate(self) -> "Party":
        """The same person, who signs with a certificate for authentication."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = fetch_certificate(self.sandbox_url, self.identity, key, "auth")
        return replace(self, key=key, certificate=certificate)

    def expired_certificate(self) -> "Party":
        """The same person, who signs with a certificate that ran out yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = datetime.now(UTC) - timedelta(days=1)
        certificate = fetch_certificate(self.sandbox_url, self.identity, key, "sign", end)
        return replace(self, key=key, certificate=certificate)

    def other_key(self) -> "Party":
        """The same person, whose signature is made with a key that is not the certificate's."""
        if isinstance(self.key, gost.GostKey):
            return replace(self, key=gost.GostKey.make())
        return replace(self, key=ec.generate_private_key(ec.SECP256R1()))

    def revoke(self) -> None:
        """Have the certificate revoked."""
        with connect(self.sandbox_url) as client:
            client.post("/ca/revocations", json={"serial": self.serial}).raise_for_status()


def connect(sandbox_url: str) -> httpx.Client:
    """A connection to the sandbox, whatever proxy the environment names."""
    return httpx.Client(base_url=sandbox_url, timeout=30, trust_env=False, verify=TLS)


def fetch_token(sandbox_url: str, identity: Identity, ttl_seconds: int = 8 * 3600) -> str:
    """An access token of the identity provider."""
    names = ("role", "iin", "bin", "authority", "region")
    body: dict[str, Any] = {name: identity.get(name) for name in names}
    with connect(sandbox_url) as client:
        answer = client.post("/identity/token", json={**body, "ttl_seconds": ttl_seconds})
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def fetch_certificate(
    sandbox_url: str,
    identity: Identity,
    key: Key,
    usage: Literal["sign", "auth"],
    not_after: datetime | None = None,
) -> x509.Certificate:
    """A certificate of the authority; valid for a year up to `not_after` if that is given."""
    body: dict[str, Any] = {
        "public_key_pem": _public(key),
        "iin": identity["iin"],
        "common_name": identity["common_name"],
        # A caseworker's certificate names the authority, as an employee's names the employer.
        "bin": identity.get("bin") or identity.get("authority"),
        "organisation": identity.get("organisation"),
        "owner_types": list(identity.get("owner_types") or owner_types_of(identity)),
        "usage": usage,
    }
    if not_after is not None:
        body["not_before"] = (not_after - timedelta(days=365)).isoformat()
        body["not_after"] = not_after.isoformat()
    with connect(sandbox_url) as client:
        answer = client.post("/ca/certificates", json=body)
    answer.raise_for_status()
    return x509.load_pem_x509_certificate(answer.json()["certificate_pem"].encode())


def _public(key: Key) -> str:
    if isinstance(key, gost.GostKey):
        return str(pem.armor("PUBLIC KEY", key.public_info()), "ascii")
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def owner_types_of(identity: Identity) -> tuple[str, ...]:
    """The owner types that such a person has in the national layout."""
    if identity.get("bin"):
        return (LEGAL_ENTITY, HEAD)
    if identity.get("authority"):
        return (LEGAL_ENTITY, RIGHT_OF_SIGNATURE)
    return (NATURAL_PERSON,)
