"""The authority's responder (RFC 6960, 8954): whether one certificate is revoked right now."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from fastapi import APIRouter, Request, Response

from sandbox.authority import CRL_LIFE, LEEWAY, Authority
from sandbox.clock import LegalClock
from sandbox.faults import Faults

# It is asked about in place of the one in question (`other_serial`).
OTHER: Final = 1
USE: Final = [
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
    (x509.OCSPNoCheck(), False),
]


class Responder:
    """Answers under a certificate of its own, which the root issued for that."""

    def __init__(self, authority: Authority, clock: LegalClock, faults: Faults) -> None:
        self._authority, self._clock, self._faults = authority, clock, faults
        self._key, self._certificate = authority.service("ocsp", USE)

    def answer(self, content: bytes) -> bytes:
        """The answer to one question, in DER."""
        try:
            asked = ocsp.load_der_ocsp_request(content)
        except ValueError:
            return _refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        fault = self._faults.take_work("ca", "/ca/ocsp")
        name = None if fault is None else fault.name
        if name == "try_later":
            return _refused(ocsp.OCSPResponseStatus.TRY_LATER)
        builder = self._said(asked, name).responder_id(
            ocsp.OCSPResponderEncoding.HASH, self._certificate
        )
        nonce = _nonce(asked)
        if nonce is not None and name != "no_nonce":
            told = bytes(len(nonce)) if name == "wrong_nonce" else nonce
            builder = builder.add_extension(x509.OCSPNonce(told), critical=False)
        answer = builder.certificates([self._certificate]).sign(self._key, hashes.SHA256())
        content = answer.public_bytes(Encoding.DER)
        if name == "unsigned":
            own = answer.signature
            return content.replace(own, own[:-1] + bytes([own[-1] ^ 1]))
        return content

    def _said(self, asked: ocsp.OCSPRequest, fault: str | None) -> ocsp.OCSPResponseBuilder:
        found = self._authority.find(asked.serial_number)
        status, revoked = ocsp.OCSPCertStatus.GOOD, None
        if found is None or fault == "unknown":
            status = ocsp.OCSPCertStatus.UNKNOWN
        elif found.revoked is not None:
            status, revoked = ocsp.OCSPCertStatus.REVOKED, found.revoked
        now = datetime.now(UTC)
        stale = fault == "stale"
        return ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=OTHER if fault == "other_serial" else asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=status,
            this_update=now - (timedelta(days=2) if stale else LEEWAY),
            next_update=now - timedelta(days=1) if stale else self._clock.now() + CRL_LIFE,
            revocation_time=revoked,
            revocation_reason=None,
        )


def _nonce(asked: ocsp.OCSPRequest) -> bytes | None:
    try:
        return asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _refused(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def routes(responder: Responder) -> APIRouter:
    """One question and one answer at a time."""
    router = APIRouter(tags=["certificates"])

    @router.post("/ca/ocsp")
    async def answer(request: Request) -> Response:
        told = responder.answer(await request.body())
        return Response(told, media_type="application/ocsp-response")

    return router
