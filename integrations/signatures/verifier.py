"""Verify detached CMS signatures with RSA and ECDSA by pyHanko, behind our own checks of form."""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import StandardCMSSignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from integrations.errors import OutsideError
from integrations.signatures.lists import RevocationList
from integrations.signatures.profile import (
    CertificateClaims,
    claims_fault,
    find_fault,
    read_claims,
    told_of,
)
from integrations.signatures.responders import OcspAnswer
from integrations.signatures.structure import Rejected, Signed, take_apart
from integrations.signatures.trust import Proof, TrustStore
from integrations.signatures.verdict import (
    STAMP_SKEW,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    Stamp,
)

_T = TypeVar("_T")

log = logging.getLogger(__name__)

# On failure these libraries log the subject of the certificate, with its IIN, and give a traceback.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_WEAK_HASHES: Final = frozenset({"md2", "md5", "sha1", "sha224"})
# Of these settings pyHanko keeps only the two given here, and reads each as “any of”: the whole
# rule is checked in `structure`.
_USAGE: Final = KeyUsageConstraints(
    key_usage={"non_repudiation"}, extd_key_usage={"email_protection"}
)
_REASONS: Final = {
    AdESIndeterminate.REVOKED_NO_POE: SignatureFault.REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: SignatureFault.REVOKED,
    AdESIndeterminate.TRY_LATER: SignatureFault.REVOCATION_UNAVAILABLE,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: SignatureFault.DIGEST_WEAK,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: SignatureFault.DIGEST_WEAK,
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: SignatureFault.USAGE_WRONG,
}


class PyhankoVerifier:
    """Verifies RSA and ECDSA; other algorithms, GOST among them, are `algorithm_unsupported`.

    May be called from any thread, also from one whose event loop is running.
    """

    name: Final = "pyhanko"
    version: Final = version("pyhanko")

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        # asn1crypto parses on first access: a list shared by two threads can be seen half parsed.
        self._lock = threading.Lock()

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        """Judge `cms` (BER or DER) over exactly `data` as of the instant `at` (aware); about 4 ms.

        Whatever is wrong with the signature or its authority becomes a verdict. `at` decides the
        validity of the certificate; a revocation counts from its own date.
        """
        if at.tzinfo is None:
            raise ValueError("a signature is judged as of an instant with its offset from UTC")
        signed: Signed | None = None
        claims: CertificateClaims | None = None
        try:
            signed = take_apart(cms)
            claims = read_claims(signed.certificate)
            reason = find_fault(signed, data) or claims_fault(claims, at)
        except Rejected as rejected:
            reason = rejected.reason
            if rejected.__cause__ is not None:
                kind = type(rejected.__cause__).__name__
                log.info("a signature could not be parsed: %s", kind)
        except Exception as error:  # asn1crypto meets garbage with errors of any class
            log.info("a certificate could not be read: %s", type(error).__name__)
            reason = SignatureFault.STRUCTURE_INVALID
        if reason is not None or signed is None or claims is None:
            return self._verdict(signed, claims, reason or SignatureFault.STRUCTURE_INVALID)
        return self._verify_trust(signed, claims, data, at)

    def _verify_trust(
        self, signed: Signed, claims: CertificateClaims, data: bytes, at: datetime
    ) -> SignatureVerdict:
        """First all that needs no news; then whether anything on the way to a root is revoked."""
        try:
            with self._lock:
                status = _validate(signed, data, self._context(at))
            reason = _fault(status) or _stamp_fault(status, at)
            if reason is not None:
                return self._verdict(signed, claims, reason)
            path = _path(status)
            proofs = self._trust.proofs(path, at)
            if status.timestamp_validity is not None:
                proofs += self._trust.proofs(_path(status.timestamp_validity), at)
            answers = [one for one in proofs if isinstance(one, OcspAnswer)]
            # What responders said was proven when they said it: the library need not look again.
            if len(answers) < len(proofs):
                with self._lock:
                    status = _validate(signed, data, self._context(at, proofs))
            reason = _fault(status) or _revoked(signed, proofs, at)
        except OutsideError:
            return self._verdict(signed, claims, SignatureFault.REVOCATION_UNAVAILABLE)
        except Exception as error:  # the library's errors have no common class
            log.warning("a signature could not be verified: %s", type(error).__name__)
            return self._verdict(signed, claims, SignatureFault.STRUCTURE_INVALID)
        verdict = self._verdict(signed, claims, reason)
        if verdict.retryable or verdict.revocation is Revocation.UNKNOWN:
            return verdict
        stamp = status.timestamp_validity
        return verdict.model_copy(
            update={
                "revocation_source": " ".join(dict.fromkeys(one.source for one in proofs)),
                "certificates": tuple(one.public_bytes(Encoding.DER) for one in path),
                "ocsp": tuple(one.content for one in answers),
                "stamp": None if stamp is None else Stamp.GOOD,
                "stamped_at": None if stamp is None else stamp.timestamp,
            }
        )

    def _context(self, at: datetime, proofs: Sequence[Proof] | None = None) -> ValidationContext:
        """What counts at `at`; without proofs, revocation is left aside."""
        lists = [one for one in proofs or () if isinstance(one, RevocationList)]
        answers = [one for one in proofs or () if isinstance(one, OcspAnswer)]
        return ValidationContext(
            trust_roots=self._trust.anchors(at),
            other_certs=self._trust.intermediates(),
            crls=[one.parsed for one in lists],
            ocsps=[one.parsed() for one in answers],
            revocation_mode="soft-fail" if proofs is None else "require",
            # A list younger than the signature knows all that an older one knew.
            retroactive_revinfo=True,
            weak_hash_algos=_WEAK_HASHES,
            moment=at,
            allow_fetching=False,
        )

    def _verdict(
        self,
        signed: Signed | None,
        claims: CertificateClaims | None,
        reason: SignatureFault | None,
    ) -> SignatureVerdict:
        found = {None: Revocation.GOOD, SignatureFault.REVOKED: Revocation.REVOKED}
        return SignatureVerdict(
            ok=reason is None,
            reason_code=reason,
            retryable=reason is SignatureFault.REVOCATION_UNAVAILABLE,
            **told_of(signed, claims),
            revocation=found.get(reason, Revocation.UNKNOWN),
            verifier=self.name,
            verifier_version=self.version,
        )


def _fault(status: StandardCMSSignatureStatus) -> SignatureFault | None:
    # `valid` alone stays true for tampered data.
    if status.bottom_line:
        return None
    if not status.intact:
        return SignatureFault.DATA_MISMATCH
    if not status.valid:
        return SignatureFault.SIGNATURE_INVALID
    trouble: Any = status.trust_problem_indic
    if trouble is None:
        return SignatureFault.TIMESTAMP_INVALID
    return _REASONS.get(trouble, SignatureFault.ISSUER_UNTRUSTED)


def _path(status: StandardCMSSignatureStatus | TimestampSignatureStatus) -> list[Certificate]:
    """The certificates from the root to the signer."""
    path = status.validation_path
    if path is None:
        raise ValueError("what is trusted has a path")
    return [load_der_x509_certificate(one.dump()) for one in path.iter_certs(include_root=True)]


def _stamp_fault(status: StandardCMSSignatureStatus, at: datetime) -> SignatureFault | None:
    """A time stamp that holds is also not of a time that had not come."""
    stamp = status.timestamp_validity
    ahead = stamp is not None and stamp.timestamp > at + STAMP_SKEW
    return SignatureFault.TIMESTAMP_INVALID if ahead else None


def _revoked(signed: Signed, proofs: Sequence[Proof], at: datetime) -> SignatureFault | None:
    """By the word of the signer's authority itself, whatever the library made of it, and by every
    answer of a responder: each is of one certificate.
    """
    answers = [one.since for one in proofs if isinstance(one, OcspAnswer)]
    own = proofs[0].revoked_at(signed.certificate.serial_number)
    revoked = any(since is not None and since <= at for since in (own, *answers))
    return SignatureFault.REVOKED if revoked else None


def _validate(
    signed: Signed, data: bytes, context: ValidationContext
) -> StandardCMSSignatureStatus:
    return _run(
        async_validate_detached_cms(
            data,
            signed.signed_data,
            signer_validation_context=context,
            key_usage_settings=_USAGE,
        )
    )


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end in a loop of its own, whatever this thread is doing."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, work).result()
