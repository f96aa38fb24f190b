"""Ask an authority's responder about one certificate (OCSP: RFC 6960, nonces of RFC 8954)."""

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrations.errors import OutsideError, Unavailable
from integrations.http import exchange
from integrations.patience import Patience
from integrations.signatures.lists import MAX_AGE_SECONDS, PATIENCE_SECONDS, SYSTEM

NONCE_BYTES: Final = 32
# Clocks of others may be off by so much.
SKEW: Final = timedelta(minutes=5)
# An answer that does not say until when it holds is no older than this (as pyHanko takes it).
YOUNG: Final = timedelta(minutes=30)
MOST_KEPT: Final = 10_000


@dataclass(frozen=True)
class OcspAnswer:
    """What a responder said of one certificate, in an answer to this very question.

    `since` is when (UTC) it was revoked, `until` when the responder knows more. `responder` is who
    answered, if its own revocation is still to be looked up.
    """

    content: bytes = field(repr=False)
    since: datetime | None
    until: datetime | None
    responder: x509.Certificate | None
    asked_at: float

    def revoked_at(self, serial: int) -> datetime | None:
        """Since when (UTC) the certificate is revoked, or None; it is of this one alone."""
        return self.since

    def tells(self, at: datetime) -> bool:
        """True if it says all there is to know of a signature given at `at`."""
        later = self.since is not None and self.since > at
        return not later and (self.until is None or at < self.until)

    @property
    def source(self) -> str:
        """The answer by its hash."""
        return f"ocsp:sha256:{hashlib.sha256(self.content).hexdigest()}"

    def parsed(self) -> Any:
        """The answer for asn1crypto, parsed anew: a parsed one is not safe among threads."""
        return asn1_ocsp.OCSPResponse.load(self.content)


class CertificateUnknown(OutsideError):
    """The responder knows no such certificate: nothing is to be believed of it for now."""


class Responders:
    """Asks responders, and keeps what they say for a minute; safe to share between threads."""

    def __init__(
        self,
        client: httpx.Client,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._patience = Patience(SYSTEM, patience, clock)
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, OcspAnswer] = OrderedDict()

    def current(
        self, issuer: x509.Certificate, certificate: x509.Certificate, address: str
    ) -> OcspAnswer:
        """What is said of a certificate; Unavailable for silence and for what proves nothing.

        CertificateUnknown if the responder does not know it. An answer is kept with its own nonce:
        whoever comes within a minute relies on the question of whoever came first.
        """
        key = certificate.fingerprint(hashes.SHA256())
        with self._lock:
            held = self._kept.get(key)
        if held is not None and self._is_fresh(held):
            return held
        asked_at = self._clock()
        nonce = os.urandom(NONCE_BYTES)
        content = self._patience.ask(
            address, lambda: self._ask(issuer, certificate, address, nonce)
        )
        found = _read(content, issuer, certificate, nonce, asked_at)
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _is_fresh(self, held: OcspAnswer) -> bool:
        over = held.until is not None and held.until <= datetime.now(UTC)
        return not over and self._clock() - held.asked_at <= MAX_AGE_SECONDS

    def _ask(
        self, issuer: x509.Certificate, certificate: x509.Certificate, address: str, nonce: bytes
    ) -> bytes:
        question = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(certificate, issuer, hashes.SHA256())
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .build()
        )
        kind = {"Content-Type": "application/ocsp-request"}
        body = question.public_bytes(Encoding.DER)
        request = self._client.build_request("POST", address, content=body, headers=kind)
        return exchange(self._client, SYSTEM, request).body


def _read(
    content: bytes,
    issuer: x509.Certificate,
    certificate: x509.Certificate,
    nonce: bytes,
    asked_at: float,
) -> OcspAnswer:
    """What an answer says, if it is one to this question, by whoever may say so, and fresh."""
    try:
        told = ocsp.load_der_ocsp_response(content)
        if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unavailable(SYSTEM, "the responder gives no answer")
        _is_of(told, issuer, certificate, nonce)
        responder = _signer(told, issuer)
        if told.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise CertificateUnknown(SYSTEM, "the responder knows no such certificate")
        since = told.revocation_time_utc
        revoked = told.certificate_status is ocsp.OCSPCertStatus.REVOKED
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise Unavailable(SYSTEM, "the responder talks nonsense") from None
    if revoked and since is None:
        raise Unavailable(SYSTEM, "the responder talks nonsense")
    since = since if revoked else None
    return OcspAnswer(content, since, told.next_update_utc, responder, asked_at)


def _is_of(
    told: ocsp.OCSPResponse, issuer: x509.Certificate, certificate: x509.Certificate, nonce: bytes
) -> None:
    """Whether it answers this question, and now."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    names = ("serial_number", "issuer_name_hash", "issuer_key_hash")
    if any(getattr(told, one) != getattr(asked, one) for one in names):
        raise Unavailable(SYSTEM, "the responder speaks of another certificate")
    try:
        said = told.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        said = b""
    if said != nonce:
        raise Unavailable(SYSTEM, "the responder answers another question")
    now, until = datetime.now(UTC), told.next_update_utc
    begun = told.this_update_utc
    fresh = now - YOUNG <= begun if until is None else now - SKEW <= until
    if begun > now + SKEW or not fresh:
        raise Unavailable(SYSTEM, "the responder's answer does not hold now")


def _signer(told: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """Who signed: the authority (None), or whom it made its responder.

    Of a responder that is never to be looked up (id-pkix-ocsp-nocheck) it is None too.
    """
    if _is_signed_by(told, issuer):
        return None
    now = datetime.now(UTC)
    for one in told.certificates:
        if _may_answer(one, issuer, now) and _is_signed_by(told, one):
            return None if _has(one, x509.OCSPNoCheck) else one
    raise Unavailable(SYSTEM, "an answer of somebody else")


def _may_answer(one: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    """Whether the authority itself made it its responder (RFC 6960, 4.2.2.2)."""
    try:
        one.verify_directly_issued_by(issuer)
        uses = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    held = one.not_valid_before_utc <= now <= one.not_valid_after_utc
    return held and ExtendedKeyUsageOID.OCSP_SIGNING in uses


def _has(one: x509.Certificate, kind: type[x509.ExtensionType]) -> bool:
    try:
        one.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return False
    return True


def _is_signed_by(told: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    algorithm, key = told.signature_hash_algorithm, signer.public_key()
    if algorithm is None or isinstance(algorithm, hashes.SHA1 | hashes.MD5):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(told.signature, told.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(told.signature, told.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
