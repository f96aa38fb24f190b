"""GOST R 34.10-2015 as far as bytes alone tell: which algorithms, which document, whose key."""

from functools import partial
from typing import Any, Final

from asn1crypto import core
from gostcrypto import gosthash

from integrations.signatures.profile import attribute_fault, usage_fault
from integrations.signatures.structure import Rejected, Signed, take_apart
from integrations.signatures.verdict import SignatureFault

# Every algorithm of the national GOST begins so: 1.2.398.3.10.1.
_MARK: Final = bytes.fromhex("2a830e030a01")
_FAMILY: Final = "1.2.398.3.10.1."
# Signature algorithms and the digest that each one brings.
SIGNATURES: Final = {
    "1.2.398.3.10.1.1.2.3.1": "1.2.398.3.10.1.3.2",
    "1.2.398.3.10.1.1.2.3.2": "1.2.398.3.10.1.3.3",
}
_KEYS: Final = frozenset({"1.2.398.3.10.1.1.2.1", "1.2.398.3.10.1.1.2.2"})
_HASHES: Final = {"1.2.398.3.10.1.3.2": "streebog256", "1.2.398.3.10.1.3.3": "streebog512"}


class _Parts(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


def is_gost(cms: bytes) -> bool:
    """Whether a signature, or its certificate, is of the national GOST. Of garbage it is not."""
    if _MARK not in cms:
        return False
    try:
        signed = take_apart(cms)
    except Rejected:
        return False
    used = (signed.signer["signature_algorithm"], signed.certificate["signature_algorithm"])
    return any(one["algorithm"].dotted.startswith(_FAMILY) for one in used)


def hashed(oid: str, content: bytes) -> bytes | None:
    """GOST R 34.11-2015 of the content; None for another algorithm."""
    name = _HASHES.get(oid)
    return None if name is None else bytes(gosthash.new(name, data=bytearray(content)).digest())


def find_fault(signed: Signed, data: bytes) -> SignatureFault | None:
    """The first fault in algorithms, signed attributes, digest of `data`, key and key usage."""
    signer = signed.signer
    digest = signer["digest_algorithm"]["algorithm"].dotted
    used = signer["signature_algorithm"]["algorithm"].dotted
    issued = [
        one["signature_algorithm"]["algorithm"].dotted
        for one in (signed.certificate, *signed.issuers)
    ]
    if any(one not in SIGNATURES for one in (used, *issued)):
        return SignatureFault.ALGORITHM_UNSUPPORTED
    if SIGNATURES[used] != digest:
        return SignatureFault.STRUCTURE_INVALID
    if _key(signed.certificate) not in _KEYS:
        return SignatureFault.ALGORITHM_UNSUPPORTED
    return attribute_fault(signer, partial(_digest, digest, data)) or usage_fault(
        signed.certificate
    )


def _digest(oid: str, data: bytes) -> bytes:
    found = hashed(oid, data)
    assert found is not None, "the algorithm was looked at before"
    return found


def _key(certificate: Any) -> str:
    """The algorithm of the key: the library knows no name for it, and none of its parts."""
    info = _Parts.load(certificate["tbs_certificate"]["subject_public_key_info"].dump())
    algorithm = _Parts.load(info[0].dump())
    return str(core.ObjectIdentifier.load(algorithm[0].dump()).dotted)
