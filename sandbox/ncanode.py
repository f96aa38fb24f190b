"""NCANode: says of a CMS what its OpenAPI document says, and lets through what it lets through.

It is lenient as the real one is. A signature without a certificate is valid, content that stands
inside counts in place of the data beside it, whatever a key is for, and nobody is asked about
revocation unless the question says so. Of algorithms it plays GOST R 34.10-2015 alone.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from sandbox import gost
from sandbox.authority import Authority
from sandbox.faults import Faults

USERS: Final = {
    "1.2.398.3.3.4.1.1": "INDIVIDUAL",
    "1.2.398.3.3.4.1.2": "ORGANIZATION",
    "1.2.398.3.3.4.1.2.1": "CEO",
    "1.2.398.3.3.4.1.2.2": "CAN_SIGN",
    "1.2.398.3.3.4.1.2.3": "CAN_SIGN_FINANCIAL",
    "1.2.398.3.3.4.1.2.4": "HR",
    "1.2.398.3.3.4.1.2.5": "EMPLOYEE",
}
NAMES: Final = {
    "2.5.4.3": "commonName",
    "2.5.4.4": "surName",
    "2.5.4.42": "lastName",
    "2.5.4.10": "organization",
    "2.5.4.6": "country",
}
Check = Literal["OCSP", "CRL"]
_STAMP: Final = "1.2.840.113549.1.9.16.2.14"


class VerifyRequest(BaseModel):
    """`CmsVerifyRequest` of the OpenAPI document."""

    cms: str
    data: str | None = None
    revocationCheck: set[Check] = set()


class Unreadable(Exception):
    """What the real one answers with 400."""


@dataclass
class Looked:
    """What was found out about one certificate."""

    dates: bool
    issued: bool
    revocations: list[dict[str, Any]] = field(default_factory=list)
    active: bool = True

    @property
    def valid(self) -> bool:
        return self.dates and self.issued and self.active


class Ncanode:
    """Knows one authority of GOST, and asks it alone about revocation."""

    def __init__(self, authority: Authority, faults: Faults) -> None:
        self._authority, self._faults = authority, faults
        shape = authority.gost_root.public_bytes(Encoding.DER)
        public = gost.public_of(asn1_x509.Certificate.load(shape))
        assert public is not None, "the root of GOST has a key of GOST"
        self._root_key = public

    def verify(self, asked: VerifyRequest) -> Response:
        """The answer, with whatever fault was asked for."""
        fault = self._faults.take_work("ncanode", "/cms/verify")
        name = None if fault is None else fault.name
        if name in _SPOILT:
            status, body = _SPOILT[name]
            return Response(body, status, media_type="application/json")
        try:
            told = self._verify(asked, name)
        except Exception as error:  # as the real one: whatever fails is told to be the caller's
            refused = {"status": 400, "message": str(error)}
            return JSONResponse(refused, 400)
        return JSONResponse(told)

    def _verify(self, asked: VerifyRequest, fault: str | None) -> dict[str, Any]:
        signed = cms.ContentInfo.load(base64.b64decode(asked.cms), strict=True)["content"]
        inside = signed["encap_content_info"]["content"]
        content = None if isinstance(inside, core.Void) else bytes(inside.native)
        if content is None and asked.data is not None:
            content = base64.b64decode(asked.data)
        choices = signed["certificates"]
        held = [] if isinstance(choices, core.Void) else [one.chosen for one in choices]
        valid, signers = True, []
        for signer in () if fault == "no_signers" else signed["signer_infos"]:
            told = []
            for one in () if fault == "no_certificates" else _of(signer["sid"], held):
                looked = self._look(one, asked.revocationCheck, fault)
                valid = valid and _is_signed(signer, one, content) and looked.valid
                told.append(_certificate(one, looked, fault))
            stamp = None if fault == "no_stamp" else _stamp(signer)
            signers.append({"certificates": told, "tsp": stamp})
        return {"status": 200, "message": "OK", "valid": valid, "signers": signers}

    def _look(self, certificate: Any, checks: set[Check], fault: str | None) -> Looked:
        validity, now = certificate["tbs_certificate"]["validity"], datetime.now(UTC)
        held = validity["not_before"].native < now < validity["not_after"].native
        looked = Looked(held, self._issued(certificate))
        if "CRL" in checks:  # as with an empty folder of lists
            looked.revocations.append(_revocation("CRL", None, None))
        if "OCSP" in checks and fault != "no_responders":
            found = self._authority.find(certificate.serial_number)
            known = fault != "unknown" and looked.issued and found is not None
            since = found.revoked if found and known else None
            told = _revocation("OCSP", since, "OK" if known else "Unknown status")
            looked.revocations.append(told)
            looked.active = known and since is None
        return looked

    def _issued(self, certificate: Any) -> bool:
        signed = certificate["tbs_certificate"].dump()
        named = certificate.issuer.dump() == self._authority.gost_root.subject.public_bytes()
        return bool(
            named and gost.verifies(self._root_key, signed, certificate["signature_value"].native)
        )


def _of(sid: Any, certificates: list[Any]) -> Iterator[Any]:
    number = sid.chosen["serial_number"].native
    issuer = sid.chosen["issuer"].dump()
    for one in certificates:
        if one.serial_number == number and one.issuer.dump() == issuer:
            yield one


def _is_signed(signer: Any, certificate: Any, content: bytes | None) -> bool:
    public = gost.public_of(certificate)
    if public is None or content is None:
        raise Unreadable("Can't verify signature")
    attributes = signer["signed_attrs"]
    hashed = [
        one["values"][0].native for one in attributes if one["type"].native == "message_digest"
    ]
    signed = b"\x31" + attributes.dump()[1:]
    own = signer["signature"].native
    return hashed == [gost.digest(content)] and gost.verifies(public, signed, own)


def _stamp(signer: Any) -> dict[str, Any] | None:
    """The token is checked with the certificate that stands in it, and nothing else is."""
    attributes = signer["unsigned_attrs"]
    if isinstance(attributes, core.Void):
        return None
    tokens = [one["values"] for one in attributes if one["type"].dotted == _STAMP]
    if not tokens:
        return None
    token = cms.ContentInfo.load(tokens[0][0].dump())["content"]
    info = tsp.TSTInfo.load(token["encap_content_info"]["content"].contents)
    if not _is_stamped(token, token["encap_content_info"]["content"].contents):
        raise Unreadable("No value present")
    imprint = info["message_imprint"]
    return {
        "serialNumber": f"{info['serial_number'].native:x}",
        "genTime": _date(info["gen_time"].native),
        "policy": info["policy"].dotted,
        "tsa": None,
        "tspHashAlgorithm": imprint["hash_algorithm"]["algorithm"].native.upper(),
        "hash": imprint["hashed_message"].native.hex(),
    }


def _is_stamped(token: Any, info: bytes) -> bool:
    signer = token["signer_infos"][0]
    attributes = signer["signed_attrs"]
    hashed = [
        one["values"][0].native for one in attributes if one["type"].native == "message_digest"
    ]
    own = x509.load_der_x509_certificate(token["certificates"][0].chosen.dump())
    key = own.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        signed = b"\x31" + attributes.dump()[1:]
        key.verify(signer["signature"].native, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return hashed == [hashlib.sha256(info).digest()]


def _certificate(certificate: Any, looked: Looked, fault: str | None) -> dict[str, Any]:
    validity = certificate["tbs_certificate"]["validity"]
    extended = certificate.extended_key_usage_value
    number = certificate.serial_number + (1 if fault == "other_certificate" else 0)
    info = certificate["tbs_certificate"]["subject_public_key_info"].dump()
    return {
        "valid": looked.valid,
        "revocations": looked.revocations,
        "notBefore": _date(validity["not_before"].native),
        "notAfter": _date(validity["not_after"].native),
        "keyUsage": _usage(certificate),
        "serialNumber": f"{number:x}",
        "signAlg": "ECGOST3410-2015-512",
        "keyUser": [USERS[one.dotted] for one in extended or () if one.dotted in USERS],
        "publicKey": base64.b64encode(info).decode(),
        "signature": base64.b64encode(certificate["signature_value"].native).decode(),
        "subject": _name(certificate.subject),
        "issuer": _name(certificate.issuer),
    }


def _usage(certificate: Any) -> str:
    usage = certificate.key_usage_value
    granted = set() if usage is None else usage.native
    if {"digital_signature", "non_repudiation"} <= granted:
        return "SIGN"
    return "AUTH" if {"digital_signature", "key_encipherment"} <= granted else "UNKNOWN"


def _name(name: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for relative in name.chosen:
        for pair in relative:
            kind, value = pair["type"].dotted, str(pair["value"].native)
            if kind in NAMES:
                told[NAMES[kind]] = value
            elif kind == "2.5.4.5":
                known = "bin" if value.startswith("BIN") else "iin"
                told[known] = value.removeprefix("BIN").removeprefix("IIN")
            elif kind == "2.5.4.11":
                told["bin"] = value.removeprefix("BIN")
    return {**told, "dn": name.human_friendly}


def _revocation(by: Check, since: datetime | None, reason: str | None) -> dict[str, Any]:
    told = None if since is None else _date(since)
    return {"revoked": since is not None, "by": by, "revocationTime": told, "reason": reason}


def _date(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


_SPOILT: Final = {
    "error": (500, b'{"status":500,"message":"Cannot load CRL file"}'),
    "refuses": (400, b'{"status":400,"message":"Cannot load CRL file"}'),
    "a_page": (200, b"<html><body>Bad gateway</body></html>"),
    "empty": (200, b"{}"),
    "no_verdict": (200, b'{"status":200,"message":"OK","signers":[]}'),
    "a_word": (200, b'{"status":200,"message":"OK","valid":"true","signers":null}'),
}


def routes(ncanode: Ncanode) -> APIRouter:
    """`POST /cms/verify`."""
    router = APIRouter(tags=["ncanode"])

    @router.post("/cms/verify")
    async def verify(asked: VerifyRequest) -> Response:
        return ncanode.verify(asked)

    return router
