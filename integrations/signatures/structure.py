"""Take a CMS apart, find what is wrong with its build, and put it together again in one form.

Verifiers are lenient where it hurts: they accept attached content in place of the document, CMS
without certificates, anything beside what was signed. What leaves here has one shape only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import algos, cms, core

from integrations.signatures.ber import to_der
from integrations.signatures.verdict import SignatureFault

MAX_CMS_BYTES: Final = 256 * 1024
MOST_CERTIFICATES: Final = 8
MOST_UNSIGNED: Final = 8
MAX_UNSIGNED_BYTES: Final = 32 * 1024

_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
_RSA: Final = "1.2.840.113549.1.1.1"
# RSA is named with its digest or without: the longer name says all.
_RSA_WITH: Final = {
    "2.16.840.1.101.3.4.2.1": "1.2.840.113549.1.1.11",
    "2.16.840.1.101.3.4.2.2": "1.2.840.113549.1.1.12",
    "2.16.840.1.101.3.4.2.3": "1.2.840.113549.1.1.13",
}
_RSA_FAMILY: Final = "1.2.840.113549.1.1."
_ECDSA_FAMILY: Final = "1.2.840.10045.4."
_PSS: Final = "1.2.840.113549.1.1.10"
_GOST: Final = "1.2.398.3.10.1."
_SIGNED: Final = (
    *("version", "sid", "digest_algorithm", "signed_attrs"),
    *("signature_algorithm", "signature"),
)


class Rejected(Exception):
    """The CMS has not the one accepted shape."""

    def __init__(self, reason: SignatureFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Signed:
    """A detached CMS, its one signer and certificate, the algorithm by name or OID.

    `content` is the whole in its one form (DER): the same for every encoding of the same signature.
    """

    content: bytes
    signed_data: Any
    signer: Any
    certificate: Any
    issuers: tuple[Any, ...]
    algorithm: str


def take_apart(content: bytes) -> Signed:
    """Read BER or DER; Rejected unless detached, with one signer and that signer's certificate.

    Beside it only certificates of authorities that issued it or one another may stand.
    """
    try:
        received = _load(content)
        return _read(_put_together(received))
    except Rejected:
        raise
    except Exception as error:  # asn1crypto meets garbage with errors of any class
        raise Rejected(SignatureFault.STRUCTURE_INVALID) from error


def unstamped(content: bytes) -> bytes:
    """A signature in its one form without what stands unsigned in it."""
    signed = _load(content).copy()
    signer = signed["signer_infos"][0]
    kept = {name: one for name in _SIGNED if not isinstance(one := signer[name], core.Void)}
    signed["signer_infos"] = [cms.SignerInfo(kept)]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _load(content: bytes) -> Any:
    """The SignedData of a CMS."""
    if not 0 < len(content) <= MAX_CMS_BYTES:
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    info = cms.ContentInfo.load(to_der(content), strict=True)
    if info["content_type"].native != "signed_data":
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    return info["content"]


def _read(content: bytes) -> Signed:
    """The parts of a CMS in its one form."""
    signed_data = _load(content)
    signer = signed_data["signer_infos"][0]
    own = _own_certificate(signer["sid"], _certificates(signed_data))
    issuers = (one for one in _certificates(signed_data) if one.dump() != own.dump())
    algorithm = str(signer["signature_algorithm"]["algorithm"].native)
    return Signed(content, signed_data, signer, own, tuple(issuers), algorithm)


def _put_together(received: Any) -> bytes:
    """The signature anew from what is signed or needed; the rest could be anybody's addition."""
    enclosed = received["encap_content_info"]
    if not isinstance(enclosed["content"], core.Void):
        raise Rejected(SignatureFault.NOT_DETACHED)
    if enclosed["content_type"].native != "data":
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    if len(received["signer_infos"]) != 1:
        raise Rejected(SignatureFault.SIGNER_COUNT)
    signer = received["signer_infos"][0]
    digest = signer["digest_algorithm"]["algorithm"].dotted
    announced = [item["algorithm"].dotted for item in received["digest_algorithms"]]
    if announced != [digest]:
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    certificates = _certificates(received)
    own = _own_certificate(signer["sid"], certificates)
    kept = [own, *_issuers(own, certificates)]
    algorithm = algos.DigestAlgorithm({"algorithm": digest})
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": sorted(
                (cms.CertificateChoices("certificate", one) for one in kept), key=_dumped
            ),
            "signer_infos": [_put_signer_together(signer, own, algorithm)],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _put_signer_together(signer: Any, own: Any, digest: Any) -> Any:
    """The signer by issuer and number, algorithms by one name, of what is unsigned a timestamp."""
    number = {"issuer": own.issuer, "serial_number": own.serial_number}
    information: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(number)),
        "digest_algorithm": digest,
        "signature_algorithm": _named(signer["signature_algorithm"], digest),
        "signature": signer["signature"].native,
    }
    if not isinstance(signer["signed_attrs"], core.Void):
        information["signed_attrs"] = sorted(signer["signed_attrs"], key=_dumped)
    timestamps = _timestamps(signer["unsigned_attrs"])
    if timestamps:
        information["unsigned_attrs"] = timestamps
    return cms.SignerInfo(information)


def _named(algorithm: Any, digest: Any) -> Any:
    oid = algorithm["algorithm"].dotted
    if oid == _RSA:
        oid = _RSA_WITH.get(digest["algorithm"].dotted, oid)
    if oid != _PSS and oid.startswith(_RSA_FAMILY):
        return algos.SignedDigestAlgorithm({"algorithm": oid, "parameters": core.Null()})
    if oid.startswith(_GOST):
        return algos.SignedDigestAlgorithm({"algorithm": oid, "parameters": core.Null()})
    if oid.startswith(_ECDSA_FAMILY):
        return algos.SignedDigestAlgorithm({"algorithm": oid})
    return algorithm


def _timestamps(unsigned: Any) -> list[Any]:
    """The timestamp over the signature, if there is one; Rejected for more, or for too much."""
    if isinstance(unsigned, core.Void):
        return []
    if len(unsigned) > MOST_UNSIGNED or len(unsigned.dump()) > MAX_UNSIGNED_BYTES:
        raise Rejected(SignatureFault.UNSIGNED_TOO_MUCH)
    found = [one for one in unsigned if one["type"].dotted == _TIMESTAMP]
    if len(found) > 1 or any(len(one["values"]) != 1 for one in found):
        raise Rejected(SignatureFault.TIMESTAMP_INVALID)
    return found


def _certificates(signed_data: Any) -> list[Any]:
    """Every certificate that stands in it, once; Rejected for other things and for too many."""
    choices = signed_data["certificates"]
    if isinstance(choices, core.Void) or len(choices) == 0:
        raise Rejected(SignatureFault.CERTIFICATE_MISSING)
    if len(choices) > MOST_CERTIFICATES:
        raise Rejected(SignatureFault.CERTIFICATE_COUNT)
    if any(one.name != "certificate" for one in choices):
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    found = {one.chosen.dump(): one.chosen for one in choices}
    if not all(map(_is_whole, found.values())):
        raise Rejected(SignatureFault.STRUCTURE_INVALID)
    return list(found.values())


def _is_whole(certificate: Any) -> bool:
    """Whether what the authority did not sign repeats what it signed, and says nothing else."""
    named = certificate["signature_algorithm"].dump()
    bits = certificate["signature_value"].contents
    return bool(named == certificate["tbs_certificate"]["signature"].dump() and bits[:1] == b"\x00")


def _own_certificate(sid: Any, certificates: Sequence[Any]) -> Any:
    own = [one for one in certificates if _identifies(sid, one)]
    if not own:
        raise Rejected(SignatureFault.CERTIFICATE_MISSING)
    if len(own) > 1:
        raise Rejected(SignatureFault.CERTIFICATE_COUNT)
    return own[0]


def _issuers(own: Any, certificates: Iterable[Any]) -> list[Any]:
    """The intermediate authorities; roots are known here, and what issued nothing is a stranger."""
    others = [one for one in certificates if one is not own]
    issued_by = [one.issuer for one in (own, *others)]
    if not all(_is_authority(one) and one.subject in issued_by for one in others):
        raise Rejected(SignatureFault.CERTIFICATE_COUNT)
    return [one for one in others if one.subject != one.issuer]


def _is_authority(certificate: Any) -> bool:
    constraints = certificate.basic_constraints_value
    return constraints is not None and bool(constraints["ca"].native)


def _identifies(sid: Any, certificate: Any) -> bool:
    if sid.name == "issuer_and_serial_number":
        same_number = sid.chosen["serial_number"].native == certificate.serial_number
        named, issuer = sid.chosen["issuer"], certificate.issuer
        # The library compares names letter by letter, as RFC 4518 prepares them.
        return bool(same_number and (named.dump() == issuer.dump() or named == issuer))
    key_identifier = certificate.key_identifier
    return key_identifier is not None and bool(sid.chosen.native == key_identifier)


def _dumped(value: Any) -> bytes:
    return bytes(value.dump())
