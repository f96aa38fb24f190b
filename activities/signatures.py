"""Verify again the signatures that could not be verified when they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine
from temporalio import activity

from activities.effects import EffectKeys, EffectOrder
from activities.outcomes import Done, Result, WantedEffect, together
from db.casefile import Look
from db.dispatches import read_effect
from db.documents import Paper, keep, read_document
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
        return together(self.engine, asked, self._read, partial(self._verify, asked.case_id))

    def _verify(
        self, case_id: str, asked: Sequence[tuple[EffectOrder, tuple[SignedBytes, ExpectedSigner]]]
    ) -> Done:
        """What became of each; what it rests on is kept with the outcome."""
        done, papers = Done(), list[Paper]()
        for order, (signed, expected) in asked:
            told, evidence = judge(self.verifier, signed, expected)
            if told["reason"] == UNCHECKED:
                raise Unavailable("ca", "a signature could not be checked yet")
            done.results.append(
                (order, Result("signature_checked", Role.SERVICE, {**order.data, **told}))
            )
            papers += evidence
        done.keep = lambda connection: keep(connection, self.seal, case_id, *papers)
        return done

    def _read(self, asked: WantedEffect) -> tuple[SignedBytes, ExpectedSigner]:
        """What was signed, by what, and who should have, as the file had it then."""
        connection, order = asked.connection, asked.order
        case, _ = read_effect(connection, asked.stands, order.key)
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
