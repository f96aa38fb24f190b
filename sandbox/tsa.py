"""The authority's time-stamping service (RFC 3161)."""

import hashlib
from datetime import timedelta
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from fastapi import APIRouter, Request, Response

from sandbox import gost
from sandbox.authority import Authority
from sandbox.clock import LegalClock
from sandbox.faults import Faults

POLICY: Final = "1.2.398.3.3.2.6.1"
USE: Final = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]
# The same bits as a signer's without the right purpose (`wrong_purpose`).
OTHER_USE: Final = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)]
_KEPT: Final = (
    *("version", "sid", "digest_algorithm", "signed_attrs"),
    *("signature_algorithm", "signature"),
)


class Stamper:
    """Stamps what it is shown with the legal clock's time."""

    def __init__(self, authority: Authority, clock: LegalClock, faults: Faults) -> None:
        self._authority, self._clock, self._faults = authority, clock, faults

    def answer(self, content: bytes) -> bytes:
        """A response with a token, in DER."""
        try:
            asked = tsp.TimeStampReq.load(content, strict=True)
            imprint, nonce = asked["message_imprint"].dump(), asked["nonce"].native
        except (ValueError, TypeError):
            # Without a token, which the library takes for a mistake.
            return gost.der(0x30, tsp.PKIStatusInfo({"status": "rejection"}).dump())
        token = self._token(tsp.MessageImprint.load(imprint), nonce)
        told = {"status": {"status": "granted"}, "time_stamp_token": token}
        return bytes(tsp.TimeStampResp(told).dump())

    def _token(self, imprint: Any, nonce: int | None) -> Any:
        fault = self._faults.take_work("tsa", "/tsa")
        name = None if fault is None else fault.name
        if name == "other_imprint":
            imprint["hashed_message"] = bytes(len(imprint["hashed_message"].native))
        ahead = timedelta(days=1) if name == "ahead" else timedelta()
        told: dict[str, Any] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": x509.random_serial_number(),
            "gen_time": (self._clock.now() + ahead).replace(microsecond=0),
        }
        if nonce is not None:
            told["nonce"] = nonce
        if name == "wrong_purpose":
            return self._signed(tsp.TSTInfo(told), *self._authority.service("other", OTHER_USE))
        return self._signed(tsp.TSTInfo(told), *self._authority.service("tsa", USE))

    def _signed(self, info: Any, key: ec.EllipticCurvePrivateKey, own: x509.Certificate) -> Any:
        certificate = asn1_x509.Certificate.load(own.public_bytes(Encoding.DER))
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute(
                    {"type": "message_digest", "values": [hashlib.sha256(info.dump()).digest()]}
                ),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [tsp.SigningCertificateV2({"certs": [_named(certificate)]})],
                    }
                ),
            ]
        )
        number = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number", cms.IssuerAndSerialNumber(number)
            ),
            "digest_algorithm": digest,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(info.dump()),
            },
            "certificates": [cms.CertificateChoices("certificate", certificate)],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _named(certificate: Any) -> Any:
    return tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate.dump()).digest()})


def stamped(content: bytes, ask: Any) -> bytes:
    """A CMS with a stamp over its signature: `ask` sends one question and gives back the answer."""
    whole = cms.ContentInfo.load(content)
    signer = whole["content"]["signer_infos"][0]
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": hashlib.sha256(signer["signature"].native).digest(),
    }
    asked = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True})
    answer = tsp.TimeStampResp.load(ask(asked.dump()))
    token = answer["time_stamp_token"]
    kind = {"type": "signature_time_stamp_token", "values": [token]}
    kept = {name: signer[name] for name in _KEPT}
    unsigned = cms.CMSAttributes([cms.CMSAttribute(kind)])
    signed = whole["content"].copy()
    signed["signer_infos"] = [cms.SignerInfo({**kept, "unsigned_attrs": unsigned})]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def routes(stamper: Stamper) -> APIRouter:
    """One question and one answer at a time."""
    router = APIRouter(tags=["certificates"])

    @router.post("/tsa")
    async def answer(request: Request) -> Response:
        told = stamper.answer(await request.body())
        return Response(told, media_type="application/timestamp-reply")

    return router
