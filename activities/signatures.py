"""Verify signatures, and again those that could not be verified when they came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.orders import EffectKeys, EffectOrder
from activities.outcomes import Result, once
from db.casefile import Look
from db.dispatches import read_effect
from db.documents import read_document, supplier_identifier
from db.persons import read_profile
from db.sealing import Seal
from domain.messages import Role
from integrations.errors import Unavailable
from integrations.signatures import (
    ExpectedSigner,
    Reason,
    SignatureVerifier,
    check_signer,
    expected_signer,
)

UNCHECKED: Final = "unchecked"
# What people are told: `signature.<code>` in definitions/texts.
TOLD: Final[Mapping[Reason, str]] = {
    Reason.STRUCTURE_INVALID: "structure_invalid",
    Reason.NOT_DETACHED: "attached",
    Reason.SIGNER_COUNT: "signer_count",
    Reason.CERTIFICATE_MISSING: "certificate_missing",
    Reason.CERTIFICATE_COUNT: "certificate_count",
    Reason.UNSIGNED_TOO_MUCH: "unsigned_too_much",
    Reason.GOST_UNSUPPORTED: "gost_unsupported",
    Reason.ALGORITHM_UNSUPPORTED: "algorithm_unsupported",
    Reason.DIGEST_WEAK: "digest_weak",
    Reason.KEY_WEAK: "key_weak",
    Reason.ATTRIBUTES_MISSING: "attributes_missing",
    Reason.DATA_MISMATCH: "wrong_document",
    Reason.SIGNATURE_INVALID: "signature_wrong",
    Reason.TIMESTAMP_INVALID: "timestamp_wrong",
    Reason.USAGE_WRONG: "not_for_signing",
    Reason.NOT_YET_VALID: "certificate_not_yet_valid",
    Reason.EXPIRED: "certificate_expired",
    Reason.ISSUER_UNTRUSTED: "certificate_untrusted",
    Reason.REVOKED: "certificate_revoked",
    Reason.REVOCATION_UNAVAILABLE: UNCHECKED,
    Reason.IDENTITY_MISSING: "identity_missing",
    Reason.WRONG_SIGNER: "wrong_signer",
    Reason.NOT_A_PERSONS: "not_a_persons",
    Reason.ORGANISATION_MISSING: "organisation_missing",
    Reason.WRONG_ORGANISATION: "wrong_organisation",
    Reason.NOT_ENTITLED: "not_entitled",
}


@dataclass(frozen=True)
class Signed:
    """A detached signature, the bytes that it is over, and the instant it was handed in."""

    cms: bytes = field(repr=False)
    content: bytes = field(repr=False)
    at: datetime


def judge(verifier: SignatureVerifier, signed: Signed, expected: ExpectedSigner) -> dict[str, Any]:
    """`reason` (null: nothing is wrong; `unchecked`: ask again) and the `certificate`'s hash."""
    verdict = verifier.verify(signed.cms, signed.content, signed.at)
    if verdict.retryable:
        return {"reason": UNCHECKED, "certificate": verdict.cert_sha256}
    wrong = check_signer(verdict, expected)
    reason = None if wrong is None else TOLD[wrong]
    return {"reason": reason, "certificate": verdict.cert_sha256}


def signer_of(
    connection: Connection, sealer: Seal, role: Role, person: str, supplier: str | None
) -> ExpectedSigner:
    """Who is expected to have signed: this very person, for an organisation where it is one."""
    iins = frozenset({read_profile(connection, sealer, UUID(person)).iin})
    if role != Role.SUPPLIER or supplier is None:
        return expected_signer("recipient", iins)
    identifier, kind = supplier_identifier(connection, sealer, supplier)
    return expected_signer("supplier", iins, identifier if kind == "BIN" else None)


@dataclass(frozen=True)
class SignatureActivities:
    """Waits for the certificate authority, so that its silence makes nobody late."""

    engine: Engine
    seal: Seal
    verifier: SignatureVerifier

    @activity.defn(name="verify")
    def verify(self, asked: EffectKeys) -> Look:
        """The verdict on a signature that was taken unchecked."""
        return once(self.engine, asked, self._read, self._verify)

    def _verify(self, order: EffectOrder, asked: tuple[Signed, ExpectedSigner]) -> Result:
        signed, expected = asked
        verdict = judge(self.verifier, signed, expected)
        if verdict["reason"] == UNCHECKED:
            raise Unavailable("ca", "a signature could not be checked yet")
        return Result("signature_checked", Role.SERVICE, {**order.data, **verdict})

    def _read(self, connection: Connection, order: EffectOrder) -> tuple[Signed, ExpectedSigner]:
        """What was signed, by what, and who should have, as the file had it then."""
        case, _, _ = read_effect(connection, order.case_id, order.key)
        period = case.periods[order.period]
        assert period.application is not None
        role, annex = Role(order.data["role"]), order.data.get("account")
        held = period.application.account if annex else period.application.signatures[role]
        assert held is not None, "what is to be verified was kept by this very event"
        signed = annex or period.application.sha256
        content = read_document(connection, self.seal, case.id, signed)
        cms = read_document(connection, self.seal, case.id, held.cms_sha256)
        if content is None or cms is None:
            raise LookupError("a signed document is not on file")
        supplier = period.order.acting if period.order else None
        expected = signer_of(connection, self.seal, role, held.by, supplier)
        return Signed(cms.content, content.content, held.at), expected
