"""Electronic signatures: the port, an adapter for each kind of key, and what they trust."""

from integrations.signatures.anchors import (
    Anchor,
    GostAuthority,
    Issuer,
    Trust,
    TrustInvalid,
    read_trust,
)
from integrations.signatures.choice import ByAlgorithm, form_fault, make_verifier
from integrations.signatures.forms import kept_form
from integrations.signatures.lists import RevocationLists
from integrations.signatures.names import signed_by
from integrations.signatures.ncanode import NcanodeVerifier
from integrations.signatures.responders import Responders
from integrations.signatures.trust import TrustStore
from integrations.signatures.verdict import (
    ExpectedSigner,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    SignatureVerifier,
    Stamp,
    check_signer,
    expected_signer,
)
from integrations.signatures.verifier import PyhankoVerifier

__all__ = [
    "Anchor",
    "ByAlgorithm",
    "ExpectedSigner",
    "GostAuthority",
    "Issuer",
    "NcanodeVerifier",
    "PyhankoVerifier",
    "Responders",
    "Revocation",
    "RevocationLists",
    "SignatureFault",
    "SignatureVerdict",
    "SignatureVerifier",
    "Stamp",
    "Trust",
    "TrustInvalid",
    "TrustStore",
    "check_signer",
    "expected_signer",
    "form_fault",
    "kept_form",
    "make_verifier",
    "read_trust",
    "signed_by",
]
