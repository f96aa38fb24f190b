"""Which verifier judges a signature: the one place where that is chosen, by its algorithm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from integrations.signatures import gost, profile
from integrations.signatures.anchors import Trust, TrustInvalid
from integrations.signatures.lists import RevocationLists
from integrations.signatures.ncanode import NcanodeVerifier
from integrations.signatures.responders import Responders
from integrations.signatures.structure import take_apart
from integrations.signatures.trust import TrustStore
from integrations.signatures.verdict import SignatureFault, SignatureVerdict, SignatureVerifier
from integrations.signatures.verifier import PyhankoVerifier


@dataclass(frozen=True)
class ByAlgorithm:
    """The national GOST goes to `gost`; where an installation has none, `others` refuses it."""

    others: SignatureVerifier
    gost: SignatureVerifier | None = None

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        """Judge `cms` over exactly `data` as of the instant `at`."""
        chosen = self.gost if self.gost is not None and gost.is_gost(cms) else self.others
        return chosen.verify(cms, data, at)


def make_verifier(
    trust: Trust,
    authorities: httpx.Client,
    ncanode: httpx.Client | None,
    keep: Callable[[str, bytes], None],
) -> ByAlgorithm:
    """A verifier of all that an installation can verify; `keep` keeps lists of revoked ones.

    TrustInvalid if there is a NCANode, and nobody whose keys of GOST would count.
    """
    if ncanode is not None and not trust.gost:
        raise TrustInvalid("names no [[gost]], whose certificates count for what NCANode verifies")
    lists = RevocationLists(authorities, keep=keep)
    others = PyhankoVerifier(TrustStore(trust, lists, Responders(authorities)))
    other = None if ncanode is None else NcanodeVerifier(ncanode, trust.gost)
    return ByAlgorithm(others, other)


def form_fault(cms: bytes, data: bytes) -> SignatureFault | None:
    """What is wrong with a signature over `data` as far as its bytes tell; Rejected for its build.

    Whether this installation can verify it is not looked at.
    """
    find = gost.find_fault if gost.is_gost(cms) else profile.find_fault
    return find(take_apart(cms), data)
