"""Electronic signatures: the port, its adapter for RSA and ECDSA, and what they trust."""

from integrations.signatures.trust import TrustStore
from integrations.signatures.verdict import (
    ExpectedSigner,
    Reason,
    Revocation,
    SignatureVerdict,
    SignatureVerifier,
    check_signer,
    expected_signer,
)
from integrations.signatures.verifier import PyhankoVerifier

__all__ = [
    "ExpectedSigner",
    "PyhankoVerifier",
    "Reason",
    "Revocation",
    "SignatureVerdict",
    "SignatureVerifier",
    "TrustStore",
    "check_signer",
    "expected_signer",
]
