"""Have NCANode verify GOST R 34.10-2015, and believe nothing of its answer that it may not know.

What its `valid` leaves open is closed here: it is also true of no signer and of none whose
certificate is missing, of content that stands inside, of a key for signing in, and where nobody was
asked about revocation. Its answers of today say nothing of another day: each is kept as it came.
"""

import base64
import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import httpx
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from integrations.errors import OutsideError, Unavailable
from integrations.http import exchange
from integrations.patience import Patience
from integrations.signatures import gost
from integrations.signatures.anchors import GostAuthority
from integrations.signatures.profile import CertificateClaims, claims_fault, read_claims, told_of
from integrations.signatures.structure import Rejected, Signed, take_apart, unstamped
from integrations.signatures.verdict import (
    STAMP_SKEW,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    Stamp,
)

SYSTEM: Final = "ncanode"
# NCANode itself waits for the authority's responder.
PATIENCE_SECONDS: Final = 3.0
# The version of its OpenAPI document that this was written by.
CONTRACT: Final = "3"
_BAD_REQUEST: Final = 400
_CHECKS: Final = ("OCSP", "CRL")
_IMPRINTS: Final = frozenset({"sha256", "sha384", "sha512"})

log = logging.getLogger(__name__)


class _Told(BaseModel):
    """A part of an answer; what else stands in it is kept and not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Revocation(_Told):
    revoked: StrictBool
    by: Literal["OCSP", "CRL"]
    revocationTime: AwareDatetime | None = None


class _Subject(_Told):
    iin: str | None = None
    bin: str | None = None


class _Certificate(_Told):
    valid: StrictBool
    revocations: tuple[_Revocation, ...] = ()
    keyUsage: str
    serialNumber: str = Field(pattern=r"^[0-9a-fA-F]+$")
    signature: str
    subject: _Subject


class _Stamp(_Told):
    serialNumber: str = Field(pattern=r"^[0-9a-fA-F]+$")
    genTime: AwareDatetime
    hash: str


class _Signer(_Told):
    certificates: tuple[_Certificate, ...]
    tsp: _Stamp | None = None


class _Answer(_Told):
    status: int
    valid: StrictBool
    signers: tuple[_Signer, ...]


class _Refusal(_Told):
    status: int
    message: str


@dataclass(frozen=True)
class NcanodeAnswer:
    """An answer that is about the one signer and certificate in question, with its text."""

    valid: bool
    certificate: _Certificate
    stamp: _Stamp | None
    text: str


class NcanodeVerifier:
    """Verifies the national GOST of 2015; may be called from any thread."""

    name: Final = SYSTEM
    version: Final = CONTRACT

    def __init__(
        self,
        client: httpx.Client,
        authorities: Collection[GostAuthority],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._authorities = authorities
        self._patience = Patience(SYSTEM, patience)

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        """Judge `cms` (BER or DER) over exactly `data` as of the instant `at` (aware).

        What is wrong with NCANode, or with its answer, makes it nobody's fault: `retryable`.
        """
        if at.tzinfo is None:
            raise ValueError("a signature is judged as of an instant with its offset from UTC")
        signed: Signed | None = None
        claims: CertificateClaims | None = None
        try:
            signed = take_apart(cms)
            claims = read_claims(signed.certificate)
            reason = gost.find_fault(signed, data) or claims_fault(claims, at)
            issuer = self._issuer(signed, at)
            stamp = _stamp_of(signed)
        except Rejected as rejected:
            return _verdict(signed, claims, rejected.reason)
        except Exception as error:  # asn1crypto meets garbage with errors of any class
            log.info("a certificate could not be read: %s", type(error).__name__)
            return _verdict(signed, claims, SignatureFault.STRUCTURE_INVALID)
        reason = reason or (None if issuer else SignatureFault.ISSUER_UNTRUSTED)
        reason = reason or _stamp_fault(signed, stamp, at)
        if reason is not None or issuer is None:
            return _verdict(signed, claims, reason)
        try:
            return self._judged(_Case(signed, claims, data, at, issuer, stamp))
        except OutsideError as silence:
            log.info("a signature could not be verified: %s", silence)
            return _verdict(signed, claims, SignatureFault.VERIFIER_UNAVAILABLE)

    def _issuer(self, signed: Signed, at: datetime) -> GostAuthority | None:
        """Who issued the certificate, by name and key, if it is named by the installation.

        That it did so NCANode proves, which has a list of authorities of its own.
        """
        for one in self._authorities:
            own = asn1_x509.Certificate.load(one.certificate.public_bytes(Encoding.DER))
            same = own.subject.dump() == signed.certificate.issuer.dump()
            key = signed.certificate.authority_key_identifier
            if one.counts(at) and same and key is not None and key == own.key_identifier:
                return one
        return None

    def _judged(self, case: "_Case") -> SignatureVerdict:
        """One question where all is well; where not, another that tells whose fault it is."""
        first = self._ask(case, case.signed.content, _CHECKS)
        if first is not None and first.valid and _is_good(first):
            return self._good(case, first)
        if first is not None and (since := _revoked(first)) is not None and since <= case.at:
            return case.verdict(SignatureFault.REVOKED, first)
        bare = self._ask(case, case.signed.content, ())
        if bare is None:
            return self._unreadable(case)
        if not bare.certificate.valid:
            # It looks at today: of what ran out since it came nobody can say more.
            over = datetime.now(UTC) > case.claims.not_after
            reason = SignatureFault.EXPIRED if over else SignatureFault.ISSUER_UNTRUSTED
            return case.verdict(reason, bare)
        if not bare.valid:
            return case.verdict(SignatureFault.DATA_MISMATCH, bare)
        if first is not None and _revoked(first) is not None:
            return self._good(case, first)  # it was revoked after the signature came
        return _verdict(case.signed, case.claims, SignatureFault.REVOCATION_UNAVAILABLE)

    def _good(self, case: "_Case", said: NcanodeAnswer) -> SignatureVerdict:
        """Sound by NCANode; what it only reports is compared."""
        told, own = said.certificate.subject, case.claims
        if told.iin != own.iin or (own.bin is not None and told.bin != own.bin):
            raise Unavailable(SYSTEM, "an answer that names somebody else")
        if said.certificate.keyUsage != "SIGN":
            return case.verdict(SignatureFault.USAGE_WRONG, said)
        if case.stamp is not None and not _is_same(case.stamp, said.stamp):
            return case.verdict(SignatureFault.TIMESTAMP_INVALID, said)
        return case.verdict(None, said)

    def _unreadable(self, case: "_Case") -> SignatureVerdict:
        """NCANode refuses the whole of it: perhaps for the time stamp alone."""
        if case.stamp is not None:
            without = self._ask(case, unstamped(case.signed.content), ())
            if without is not None:
                return _verdict(case.signed, case.claims, SignatureFault.TIMESTAMP_INVALID)
        return _verdict(case.signed, case.claims, SignatureFault.STRUCTURE_INVALID)

    def _ask(self, case: "_Case", content: bytes, checks: Collection[str]) -> NcanodeAnswer | None:
        """What it says of this signer and certificate; None where it refuses to read the CMS.

        Unavailable for silence, and for any answer that is not about them.
        """
        body = {
            "cms": base64.b64encode(content).decode(),
            "data": base64.b64encode(case.data).decode(),
            "revocationCheck": list(checks),
        }
        request = self._client.build_request("POST", "/cms/verify", json=body)
        answer = self._patience.ask(
            SYSTEM, lambda: exchange(self._client, SYSTEM, request, also=(_BAD_REQUEST,))
        )
        try:
            if answer.status == _BAD_REQUEST:
                _Refusal.model_validate(answer.json())
                return None
            told = _Answer.model_validate(answer.json())
        except ValidationError:
            raise Unavailable(SYSTEM, f"{answer.status}, not in its form") from None
        if told.status != httpx.codes.OK or len(told.signers) != 1:
            raise Unavailable(SYSTEM, "an answer about other signers")
        (signer,) = told.signers
        if len(signer.certificates) != 1:
            raise Unavailable(SYSTEM, "an answer about other certificates")
        (certificate,) = signer.certificates
        own = case.signed.certificate
        same = base64.b64encode(own["signature_value"].native).decode() == certificate.signature
        if not same or int(certificate.serialNumber, 16) != own.serial_number:
            raise Unavailable(SYSTEM, "an answer about another certificate")
        return NcanodeAnswer(told.valid, certificate, signer.tsp, answer.body.decode())


@dataclass(frozen=True)
class _Case:
    """What is to be judged, once its form is good."""

    signed: Signed
    claims: CertificateClaims
    data: bytes
    at: datetime
    issuer: GostAuthority
    stamp: Any

    def verdict(self, reason: SignatureFault | None, said: NcanodeAnswer) -> SignatureVerdict:
        """What was found out, with what it rests on."""
        known = {None: Revocation.GOOD, SignatureFault.REVOKED: Revocation.REVOKED}
        stamped = self.stamp is not None and reason is None
        chain = (self.issuer.certificate.public_bytes(Encoding.DER), self.signed.certificate.dump())
        return _verdict(self.signed, self.claims, reason).model_copy(
            update={
                "revocation": known.get(reason, Revocation.UNKNOWN),
                "revocation_source": SYSTEM if reason in known else None,
                "certificates": chain,
                "answered": said.text,
                "stamp": Stamp.UNPROVEN if stamped else None,
                "stamped_at": self.stamp["gen_time"].native if stamped else None,
            }
        )


def _verdict(
    signed: Signed | None, claims: CertificateClaims | None, reason: SignatureFault | None
) -> SignatureVerdict:
    return SignatureVerdict(
        ok=reason is None,
        reason_code=reason,
        retryable=reason
        in (SignatureFault.REVOCATION_UNAVAILABLE, SignatureFault.VERIFIER_UNAVAILABLE),
        **told_of(signed, claims),
        verifier=SYSTEM,
        verifier_version=CONTRACT,
    )


def _is_good(said: NcanodeAnswer) -> bool:
    """Its lists may be empty, and say so of nothing: the responder must have been asked."""
    told = said.certificate.revocations
    asked = any(one.by == "OCSP" for one in told)
    return said.certificate.valid and asked and not any(one.revoked for one in told)


def _revoked(said: NcanodeAnswer) -> datetime | None:
    """Since when it is revoked, at the earliest; of what tells no time, since ever."""
    ever = datetime.min.replace(tzinfo=UTC)
    told = [one.revocationTime or ever for one in said.certificate.revocations if one.revoked]
    return min(told, default=None)


def _stamp_of(signed: Signed) -> Any:
    """What the time stamp says (TSTInfo), None without one."""
    unsigned = signed.signer["unsigned_attrs"]
    if isinstance(unsigned, core.Void):
        return None
    token = cms.ContentInfo.load(unsigned[0]["values"][0].dump())["content"]
    return tsp.TSTInfo.load(token["encap_content_info"]["content"].contents, strict=True)


def _stamp_fault(signed: Signed, stamp: Any, at: datetime) -> SignatureFault | None:
    """Whether the time stamp is over this very signature, and of a time that had come.

    Of a hash that nobody here can compute, such as that of 1995, NCANode alone knows.
    """
    if stamp is None:
        return None
    imprint, signature = stamp["message_imprint"], signed.signer["signature"].native
    oid = imprint["hash_algorithm"]["algorithm"]
    known = oid.native in _IMPRINTS
    found = (
        hashlib.new(oid.native, signature).digest() if known else gost.hashed(oid.dotted, signature)
    )
    other = found is not None and found != imprint["hashed_message"].native
    ahead = stamp["gen_time"].native > at + STAMP_SKEW
    return SignatureFault.TIMESTAMP_INVALID if other or ahead else None


def _is_same(stamp: Any, told: _Stamp | None) -> bool:
    """Whether NCANode speaks of the very token: it leaves out one that it could not read."""
    return (
        told is not None
        and int(told.serialNumber, 16) == stamp["serial_number"].native
        and told.hash.lower() == stamp["message_imprint"]["hashed_message"].native.hex()
        and abs(told.genTime - stamp["gen_time"].native) < timedelta(milliseconds=1)
    )
