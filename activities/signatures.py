"""Verify again the signatures that could not be verified when they came."""

from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.effects import EffectKeys, EffectOrder
from activities.outcomes import Result, WantedEffect, once
from db.casefile import Look
from db.dispatches import read_effect
from db.documents import read_document
from db.sealing import Seal
from db.signers import UNCHECKED, SignedBytes, judge, signer_of
from domain.messages import Role
from integrations.errors import Unavailable
from integrations.signatures import ExpectedSigner, SignatureVerifier


@dataclass(frozen=True)
class SignatureActivities:
    """Waits for the certificate authority, so that its silence makes nobody late."""

    engine: Engine
    seal: Seal
    verifier: SignatureVerifier

    @activity.defn(name="verify", no_thread_cancel_exception=True)
    def verify(self, asked: EffectKeys) -> Look:
        """The verdict on a signature that was taken unchecked."""
        return once(self.engine, asked, self._read, self._verify)

    def _verify(self, order: EffectOrder, asked: tuple[SignedBytes, ExpectedSigner]) -> Result:
        signed, expected = asked
        verdict = judge(self.verifier, signed, expected)
        if verdict["reason"] == UNCHECKED:
            raise Unavailable("ca", "a signature could not be checked yet")
        return Result("signature_checked", Role.SERVICE, {**order.data, **verdict})

    def _read(self, asked: WantedEffect) -> tuple[SignedBytes, ExpectedSigner]:
        """What was signed, by what, and who should have, as the file had it then."""
        connection, order = asked.connection, asked.order
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
        return SignedBytes(cms.content, content.content, held.at), expected
