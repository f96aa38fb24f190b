"""The key under which the heads of the record are signed, and how their signatures are checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ALGORITHM: Final = "RS256"
BITS: Final = 3072


class NoHeadKey(ValueError):
    """A text is no private key that may sign heads. It is not repeated."""


class SignatureInvalid(Exception):
    """A head is not signed by the key that it names, or is no signed head at all."""


@dataclass(frozen=True)
class HeadKey:
    """Signs; `kid` is the thumbprint of the public half (RFC 7638), by which it is known."""

    private: RSAKey = field(repr=False)

    @classmethod
    def read(cls, pem: str) -> Self:
        """From PEM, RSA of 3072 bits or more. NoHeadKey."""
        try:
            found = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError):
            raise NoHeadKey("no private key in PEM stands in it, or one with a password") from None
        if not isinstance(found, RSAPrivateKey) or found.key_size < BITS:
            raise NoHeadKey(f"an RSA key of {BITS} bits or more is needed")
        return cls(RSAKey.import_key(pem))

    @property
    def kid(self) -> str:
        """By which the key is named."""
        return self.private.thumbprint()

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK."""
        return as_public(self.private.as_dict(private=False))

    def sign(self, payload: bytes) -> str:
        """A compact JWS over it."""
        header = {"alg": ALGORITHM, "kid": self.kid}
        return jws.serialize_compact(header, payload, self.private)


def as_public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """A public key as it is published: nothing in it but itself, its name and what it is for."""
    key = {name: jwk[name] for name in ("kty", "n", "e")}
    kid = RSAKey.import_key(key).thumbprint()
    return {**key, "kid": kid, "alg": ALGORITHM, "use": "sig"}


def make_head_key() -> str:
    """A fresh key in PEM."""
    made = generate_private_key(65537, BITS)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.private_bytes(*form).decode()


def signed_by(text: str, public: Mapping[str, Any]) -> bytes:
    """What a compact JWS says, once the key (a JWK) has signed it. SignatureInvalid."""
    try:
        key = RSAKey.import_key({name: public[name] for name in ("kty", "n", "e")})
        found = jws.deserialize_compact(text, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, KeyError, TypeError):
        raise SignatureInvalid("the signature does not hold") from None
    if found.headers().get("kid") != key.thumbprint():
        raise SignatureInvalid("it names another key")
    return found.payload
