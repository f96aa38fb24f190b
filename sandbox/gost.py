"""GOST R 34.10-2015 with 512 bits, written as the national authority writes it.

For a sandbox alone: how long the arithmetic takes depends on the key.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from gostcrypto import gosthash, gostsignature

SIGNATURE: Final = "1.2.398.3.10.1.1.2.3.2"
KEY: Final = "1.2.398.3.10.1.1.2.2"
CURVE: Final = "1.2.398.3.10.1.1.2.2.1"
DIGEST: Final = "1.2.398.3.10.1.3.3"
HALF: Final = 64
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_DATA: Final = "1.2.840.113549.1.7.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_NUMBERS: Final = gostsignature.CURVES_R_1323565_1_024_2019["id-tc26-gost-3410-12-512-paramSetA"]
_P: Final = _NUMBERS["p"]
_A: Final = _NUMBERS["a"]
_Q: Final = _NUMBERS["q"]
_BASE: Final = (_NUMBERS["x"], _NUMBERS["y"], 1)


class _Parts(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


# In Jacobian coordinates; nowhere is where z is 0.
Point = tuple[int, int, int]


@dataclass(frozen=True)
class GostKey:
    """A private key, and the public one in its two halves, little end first."""

    secret: int = field(repr=False)
    public: bytes

    @staticmethod
    def make() -> "GostKey":
        return GostKey.of(secrets.randbelow(_Q - 1) + 1)

    @staticmethod
    def of(secret: int) -> "GostKey":
        x, y = _flat(_times(secret, _BASE))
        return GostKey(secret, _little(x) + _little(y))

    def sign(self, signed: bytes) -> bytes:
        """Both halves of the signature, little end first."""
        hashed = _hashed(signed)
        while True:
            once = secrets.randbelow(_Q - 1) + 1
            r = _flat(_times(once, _BASE))[0] % _Q
            s = (r * self.secret + once * hashed) % _Q
            if r and s:
                return _little(r) + _little(s)

    def public_info(self) -> bytes:
        """As a certificate holds it (SubjectPublicKeyInfo)."""
        parameters = der(_SEQUENCE, oid(CURVE), oid(DIGEST))
        algorithm = der(_SEQUENCE, oid(KEY), parameters)
        return der(_SEQUENCE, algorithm, bits(core.OctetString(self.public).dump()))


def digest(content: bytes) -> bytes:
    """GOST R 34.11-2015 with 512 bits."""
    return bytes(gosthash.new("streebog512", data=bytearray(content)).digest())


def verifies(public: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether a signature is of this key over exactly these bytes."""
    if len(public) != 2 * HALF or len(signature) != 2 * HALF:
        return False
    r, s = _number(signature[:HALF]), _number(signature[HALF:])
    if not (0 < r < _Q and 0 < s < _Q):
        return False
    inverse = pow(_hashed(signed), -1, _Q)
    key = (_number(public[:HALF]), _number(public[HALF:]), 1)
    found = _plus(_times(s * inverse % _Q, _BASE), _times(-r * inverse % _Q, key))
    return found[2] != 0 and _flat(found)[0] % _Q == r


def public_of(certificate: Any) -> bytes | None:
    """The GOST key of a certificate (asn1crypto), None if it has another kind of key."""
    return public_in(certificate["tbs_certificate"]["subject_public_key_info"].dump())


def public_in(info: bytes) -> bytes | None:
    """The GOST key in a SubjectPublicKeyInfo, None if it is of another kind."""
    algorithm, key = (one.dump() for one in _Parts.load(info))
    if _Parts.load(algorithm)[0].dump() != oid(KEY):
        return None
    held = bytes(core.OctetString.load(core.BitString.load(key).contents[1:]).native)
    return held if len(held) == 2 * HALF else None


def reissued(issued: x509.Certificate, key_info: bytes, issuer: GostKey) -> x509.Certificate:
    """The same certificate with a key of GOST, signed by an authority of GOST."""
    told = asn1_x509.Certificate.load(issued.public_bytes(Encoding.DER))["tbs_certificate"]
    signed = der(
        _SEQUENCE,
        der(0xA0, core.Integer(2).dump()),
        told["serial_number"].dump(),
        _named(SIGNATURE),
        told["issuer"].dump(),
        told["validity"].dump(),
        told["subject"].dump(),
        key_info,
        told["extensions"].dump(),
    )
    return x509.load_der_x509_certificate(
        der(_SEQUENCE, signed, _named(SIGNATURE), bits(issuer.sign(signed)))
    )


def sign_cms(key: GostKey, certificate: x509.Certificate, content: bytes) -> bytes:
    """A detached CMS over the content, as the authority's programs make it."""
    own = certificate.public_bytes(Encoding.DER)
    told = asn1_x509.Certificate.load(own)
    attributes = sorted(
        (
            _attribute(_CONTENT_TYPE, oid(_DATA)),
            _attribute(_MESSAGE_DIGEST, core.OctetString(digest(content)).dump()),
        )
    )
    signature = key.sign(der(_SET, *attributes))
    signer = der(
        _SEQUENCE,
        core.Integer(1).dump(),
        der(_SEQUENCE, told.issuer.dump(), core.Integer(told.serial_number).dump()),
        _named(DIGEST),
        der(0xA0, *attributes),
        _named(SIGNATURE),
        core.OctetString(signature).dump(),
    )
    signed = der(
        _SEQUENCE,
        core.Integer(1).dump(),
        der(_SET, _named(DIGEST)),
        der(_SEQUENCE, oid(_DATA)),
        der(0xA0, own),
        der(_SET, signer),
    )
    return der(_SEQUENCE, oid(_SIGNED_DATA), der(0xA0, signed))


def der(tag: int, *parts: bytes) -> bytes:
    """One element of DER."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def oid(dotted: str) -> bytes:
    """An object identifier in DER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def bits(content: bytes) -> bytes:
    """A bit string of whole bytes."""
    return der(0x03, b"\x00", content)


def _named(dotted: str) -> bytes:
    """An algorithm; its parameters are NULL."""
    return der(_SEQUENCE, oid(dotted), core.Null().dump())


def _attribute(kind: str, value: bytes) -> bytes:
    return der(_SEQUENCE, oid(kind), der(_SET, value))


def _hashed(signed: bytes) -> int:
    return _number(digest(signed)) % _Q or 1


def _number(little: bytes) -> int:
    return int.from_bytes(little, "little")


def _little(number: int) -> bytes:
    return number.to_bytes(HALF, "little")


def _flat(point: Point) -> tuple[int, int]:
    x, y, z = point
    inverse = pow(z, -1, _P)
    return x * inverse**2 % _P, y * inverse**3 % _P


def _times(number: int, point: Point) -> Point:
    found: Point = (1, 1, 0)
    for bit in bin(number)[2:]:
        found = _twice(found)
        if bit == "1":
            found = _plus(found, point)
    return found


def _twice(point: Point) -> Point:
    x, y, z = point
    if not y or not z:
        return (1, 1, 0)
    squared = y * y % _P
    s = 4 * x * squared % _P
    m = (3 * x * x + _A * pow(z, 4, _P)) % _P
    doubled = (m * m - 2 * s) % _P
    return doubled, (m * (s - doubled) - 8 * squared * squared) % _P, 2 * y * z % _P


def _plus(one: Point, other: Point) -> Point:
    if not one[2] or not other[2]:
        return one if one[2] else other
    (x1, y1, z1), (x2, y2, z2) = one, other
    u1, u2 = x1 * z2 * z2 % _P, x2 * z1 * z1 % _P
    s1, s2 = y1 * pow(z2, 3, _P) % _P, y2 * pow(z1, 3, _P) % _P
    if u1 == u2:
        return _twice(one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    x3 = (r * r - h**3 - 2 * u1 * h * h) % _P
    return x3, (r * (u1 * h * h - x3) - s1 * h**3) % _P, h * z1 * z2 % _P
