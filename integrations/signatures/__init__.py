"""Electronic signatures: the port, its adapter for RSA and ECDSA, and what they trust."""

from integrations.signatures.anchors import Anchor, Issuer, Trust, TrustInvalid, read_trust
from integrations.signatures.forms import kept_form
from integrations.signatures.lists import RevocationLists
from integrations.signatures.names import signed_by
from integrations.signatures.trust import TrustStore
from integrations.signatures.verdict import (
    ExpectedSigner,
    Revocation,
    SignatureFault,
    SignatureVerdict,
    SignatureVerifier,
    check_signer,
    expected_signer,
)
from integrations.signatures.verifier import PyhankoVerifier

__all__ = [
    "Anchor",
    "ExpectedSigner",
    "Issuer",
    "PyhankoVerifier",
    "Revocation",
    "RevocationLists",
    "SignatureFault",
    "SignatureVerdict",
    "SignatureVerifier",
    "Trust",
    "TrustInvalid",
    "TrustStore",
    "check_signer",
    "expected_signer",
    "kept_form",
    "read_trust",
    "signed_by",
]
