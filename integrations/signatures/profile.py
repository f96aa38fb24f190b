"""What a signature, its key and its certificate must be like, and whom the certificate names."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from asn1crypto import core, x509

from integrations.signatures.structure import Signed
from integrations.signatures.verdict import SignatureFault

_DIGESTS: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_WEAK_DIGESTS: Final = frozenset(
    {"1.2.840.113549.2.2", "1.2.840.113549.2.5", "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.4"}
)  # MD2, MD5, SHA-1, SHA-224
_PSS: Final = "1.2.840.113549.1.1.10"
# The national and the interstate GOST: sound, but only the authority's own libraries verify it.
_GOST: Final = ("1.2.398.3.10.1.", "1.2.643.")
# Signature algorithms and the digest that each one brings.
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_WEAK_SIGNATURES: Final = frozenset(
    {
        "1.2.840.113549.1.1.2",
        "1.2.840.113549.1.1.4",
        "1.2.840.113549.1.1.5",
        "1.2.840.113549.1.1.14",
        "1.2.840.10045.4.1",
        "1.2.840.10045.4.3.1",
    }
)  # RSA and ECDSA with MD2, MD5, SHA-1, SHA-224
_MIN_RSA_BITS: Final = 2048
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
_OWNER_TYPES: Final = "1.2.398.3.3.4."
_COMMON_NAME: Final = "2.5.4.3"
_SERIAL_NUMBER: Final = "2.5.4.5"
_ORGANISATION: Final = "2.5.4.10"
_ORGANISATIONAL_UNIT: Final = "2.5.4.11"
# It holds the patronymic: the authority's oddity.
_GIVEN_NAME: Final = "2.5.4.42"
_LONGEST_NAME: Final = 200
_IIN: Final = re.compile(r"IIN([0-9]{12})")
_BIN: Final = re.compile(r"BIN([0-9]{12})")


@dataclass(frozen=True)
class CertificateClaims:
    """What a certificate says of its owner; `ambiguous` if it names two organisations."""

    iin: str | None
    bin: str | None
    ambiguous: bool
    owner_types: tuple[str, ...]
    serial: str
    sha256: str
    not_before: datetime
    not_after: datetime


def find_fault(signed: Signed, data: bytes) -> SignatureFault | None:
    """The first fault in algorithms, signed attributes, digest of `data`, key and key usage."""
    return (
        _algorithm_fault(signed)
        or attribute_fault(signed.signer, partial(_digest, signed.signer, data))
        or _key_fault(signed.certificate)
        or usage_fault(signed.certificate)
    )


def read_claims(certificate: Any) -> CertificateClaims:
    """The claims of a certificate in the national layout: IIN in SERIALNUMBER, BIN in OU.

    A serial number counts only if it is the only one. Digits are compared, not checked: the
    authority's own test certificates carry wrong control digits.
    """
    serial_numbers = list(_subject_values(certificate, _SERIAL_NUMBER))
    iin = _IIN.fullmatch(serial_numbers[0]) if len(serial_numbers) == 1 else None
    units = _subject_values(certificate, _ORGANISATIONAL_UNIT)
    bins = {found[1] for unit in units if (found := _BIN.fullmatch(unit))}
    validity = certificate["tbs_certificate"]["validity"]
    return CertificateClaims(
        iin=iin[1] if iin else None,
        bin=next(iter(bins)) if len(bins) == 1 else None,
        ambiguous=len(bins) > 1,
        owner_types=tuple(
            sorted(oid for oid in _extended_usages(certificate) if oid.startswith(_OWNER_TYPES))
        ),
        serial=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(certificate.dump()).hexdigest(),
        not_before=validity["not_before"].native,
        not_after=validity["not_after"].native,
    )


def owner_name(certificate: Any) -> str:
    """Whom a certificate names: the person, and after a comma the organisation."""
    person = " ".join(
        value
        for oid in (_COMMON_NAME, _GIVEN_NAME)
        for value in [*_subject_values(certificate, oid)][:1]
    )
    named = [person, *[*_subject_values(certificate, _ORGANISATION)][:1]]
    return ", ".join(one for one in named if one)[:_LONGEST_NAME]


def _algorithm_fault(signed: Signed) -> SignatureFault | None:
    digest = signed.signer["digest_algorithm"]["algorithm"].dotted
    if digest in _WEAK_DIGESTS:
        return SignatureFault.DIGEST_WEAK
    if digest not in _DIGESTS:
        return _not_ours(digest)
    used = _signature_digest(signed.signer["signature_algorithm"])
    if isinstance(used, SignatureFault):
        return used
    if used != _DIGESTS[digest]:
        return SignatureFault.STRUCTURE_INVALID
    for certificate in (signed.certificate, *signed.issuers):
        issued = _signature_digest(certificate["signature_algorithm"])
        if isinstance(issued, SignatureFault):
            return issued
    return None


def _signature_digest(algorithm: Any) -> str | SignatureFault:
    """The digest of a signature algorithm, or why it is not accepted."""
    oid = algorithm["algorithm"].dotted
    if oid in _WEAK_SIGNATURES:
        return SignatureFault.DIGEST_WEAK
    if oid == _PSS:
        # Absent parameters mean SHA-1 (RFC 4055, 3.1); asn1crypto fills that in.
        inner = algorithm["parameters"]["hash_algorithm"]["algorithm"].dotted
        return _DIGESTS.get(inner, SignatureFault.DIGEST_WEAK)
    return _SIGNATURES.get(oid) or _not_ours(oid)


def _not_ours(oid: str) -> SignatureFault:
    gost = oid.startswith(_GOST)
    return SignatureFault.GOST_UNSUPPORTED if gost else SignatureFault.ALGORITHM_UNSUPPORTED


def _digest(signer: Any, data: bytes) -> bytes:
    name = _DIGESTS[signer["digest_algorithm"]["algorithm"].dotted]
    return hashlib.new(name, data).digest()


def attribute_fault(signer: Any, digest: Callable[[], bytes]) -> SignatureFault | None:
    """Whether what is signed is data, and of this very digest."""
    content_types = _attribute_values(signer, _CONTENT_TYPE)
    digests = _attribute_values(signer, _MESSAGE_DIGEST)
    if len(content_types) != 1 or len(digests) != 1:
        return SignatureFault.ATTRIBUTES_MISSING
    if content_types[0] != "data":
        return SignatureFault.STRUCTURE_INVALID
    return None if digests[0] == digest() else SignatureFault.DATA_MISMATCH


def _attribute_values(signer: Any, oid: str) -> list[Any]:
    attributes = signer["signed_attrs"]
    if isinstance(attributes, core.Void):
        return []
    return [
        value.native
        for attribute in attributes
        if attribute["type"].dotted == oid
        for value in attribute["values"]
    ]


def _key_fault(certificate: Any) -> SignatureFault | None:
    key = certificate.public_key
    try:
        kind = key.algorithm
    except KeyError:  # asn1crypto knows no name for this algorithm, such as those of GOST
        return SignatureFault.ALGORITHM_UNSUPPORTED
    if kind == "rsa":
        return None if key.bit_size >= _MIN_RSA_BITS else SignatureFault.KEY_WEAK
    if kind == "ec" and key.curve[0] == "named" and key.curve[1] in _CURVES:
        return None
    return SignatureFault.ALGORITHM_UNSUPPORTED


def claims_fault(claims: CertificateClaims, at: datetime) -> SignatureFault | None:
    """What is wrong with the dates of a certificate, and with whom it names."""
    if at < claims.not_before:
        return SignatureFault.NOT_YET_VALID
    if at > claims.not_after:
        return SignatureFault.EXPIRED
    return SignatureFault.IDENTITY_MISSING if claims.iin is None or claims.ambiguous else None


def usage_fault(certificate: Any) -> SignatureFault | None:
    """Whether a key is for signing, and for nothing that it must not be."""
    usage = certificate.key_usage_value
    granted = usage.native if usage is not None else set()
    constraints = certificate.basic_constraints_value
    sound = (
        {"digital_signature", "non_repudiation"} <= granted
        and _EMAIL_PROTECTION in _extended_usages(certificate)
        and not (constraints is not None and constraints["ca"].native)
    )
    return None if sound else SignatureFault.USAGE_WRONG


def _extended_usages(certificate: Any) -> frozenset[str]:
    usages = certificate.extended_key_usage_value
    return frozenset() if usages is None else frozenset(usage.dotted for usage in usages)


def _subject_values(certificate: x509.Certificate, oid: str) -> Iterator[str]:
    for relative in certificate.subject.chosen:
        for pair in relative:
            if pair["type"].dotted == oid:
                yield str(pair["value"].native)


def told_of(signed: Signed | None, claims: CertificateClaims | None) -> dict[str, Any]:
    """What a verdict says of who signed, and by what: nothing of what could not be read."""
    return {
        "signer_iin": claims.iin if claims else None,
        "signer_bin": claims.bin if claims else None,
        "owner_types": claims.owner_types if claims else (),
        "algorithm": signed.algorithm if signed else None,
        "cert_serial": claims.serial if claims else None,
        "cert_sha256": claims.sha256 if claims else None,
        "not_before": claims.not_before if claims else None,
        "not_after": claims.not_after if claims else None,
    }
