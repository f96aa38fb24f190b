"""Who should have signed, and the verdict on who did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from db.documents import Paper, supplier_identifier
from db.evidence import evidence_paper
from db.persons import read_profile
from db.sealing import Seal
from domain.messages import Role
from integrations.signatures import (
    ExpectedSigner,
    SignatureFault,
    SignatureVerifier,
    check_signer,
    expected_signer,
)

UNCHECKED: Final = "unchecked"
# What people are told: `signature.<code>` in definitions/texts.
TOLD: Final[Mapping[SignatureFault, str]] = {
    SignatureFault.STRUCTURE_INVALID: "structure_invalid",
    SignatureFault.NOT_DETACHED: "attached",
    SignatureFault.SIGNER_COUNT: "signer_count",
    SignatureFault.CERTIFICATE_MISSING: "certificate_missing",
    SignatureFault.CERTIFICATE_COUNT: "certificate_count",
    SignatureFault.UNSIGNED_TOO_MUCH: "unsigned_too_much",
    SignatureFault.GOST_UNSUPPORTED: "gost_unsupported",
    SignatureFault.ALGORITHM_UNSUPPORTED: "algorithm_unsupported",
    SignatureFault.DIGEST_WEAK: "digest_weak",
    SignatureFault.KEY_WEAK: "key_weak",
    SignatureFault.ATTRIBUTES_MISSING: "attributes_missing",
    SignatureFault.DATA_MISMATCH: "wrong_document",
    SignatureFault.SIGNATURE_INVALID: "signature_wrong",
    SignatureFault.TIMESTAMP_INVALID: "timestamp_wrong",
    SignatureFault.USAGE_WRONG: "not_for_signing",
    SignatureFault.NOT_YET_VALID: "certificate_not_yet_valid",
    SignatureFault.EXPIRED: "certificate_expired",
    SignatureFault.ISSUER_UNTRUSTED: "certificate_untrusted",
    SignatureFault.REVOKED: "certificate_revoked",
    SignatureFault.REVOCATION_UNAVAILABLE: UNCHECKED,
    SignatureFault.VERIFIER_UNAVAILABLE: UNCHECKED,
    SignatureFault.IDENTITY_MISSING: "identity_missing",
    SignatureFault.WRONG_SIGNER: "wrong_signer",
    SignatureFault.NOT_A_PERSONS: "not_a_persons",
    SignatureFault.ORGANISATION_MISSING: "organisation_missing",
    SignatureFault.WRONG_ORGANISATION: "wrong_organisation",
    SignatureFault.NOT_ENTITLED: "not_entitled",
}


@dataclass(frozen=True)
class SignedBytes:
    """A detached signature, the bytes that it is over, and the instant it was handed in."""

    cms: bytes = field(repr=False)
    content: bytes = field(repr=False)
    at: datetime


class Opinion(NamedTuple):
    """What a case is told of a signature, and what that rests on, to be kept with the case."""

    told: dict[str, Any]
    evidence: tuple[Paper, ...] = ()


def judge(verifier: SignatureVerifier, signed: SignedBytes, expected: ExpectedSigner) -> Opinion:
    """`reason` (null: nothing is wrong; `unchecked`: ask again) and the `certificate`'s hash."""
    verdict = verifier.verify(signed.cms, signed.content, signed.at)
    if verdict.retryable:
        return Opinion({"reason": UNCHECKED, "certificate": verdict.cert_sha256})
    wrong = check_signer(verdict, expected)
    reason = None if wrong is None else TOLD[wrong]
    evidence = evidence_paper(signed.cms, signed.content, signed.at, verdict)
    return Opinion({"reason": reason, "certificate": verdict.cert_sha256}, (evidence,))


def signer_of(
    connection: Connection, sealer: Seal, role: Role, person: str, supplier: str | None
) -> ExpectedSigner:
    """Who is expected to have signed: this very person, for an organisation where it is one."""
    iins = frozenset({read_profile(connection, sealer, UUID(person)).iin})
    if role != Role.SUPPLIER or supplier is None:
        return expected_signer("recipient", iins)
    identifier, kind = supplier_identifier(connection, sealer, supplier)
    return expected_signer("supplier", iins, identifier if kind == "BIN" else None)
