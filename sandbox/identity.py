"""The identity provider: who somebody is, as a signed token."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Literal, Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel, Field, model_validator

from sandbox.store import Store

AUDIENCE = "ozhb"
# What tells persons of a role apart; a caseworker who changes the authority stays the same.
IDENTITY: dict[str, tuple[str, ...]] = {
    "recipient": ("iin",),
    "supplier": ("iin", "bin"),
    "caseworker": ("iin",),
    "commission": ("iin",),
    "administrator": ("iin",),
    "esobes": (),
    "gateway": ("provider",),
    "treasury": (),
}
CLAIMS: dict[str, tuple[str, ...]] = {
    **IDENTITY,
    "caseworker": ("iin", "authority"),
    "commission": ("iin", "region"),
}
NUMBER = r"^[0-9]{12}$"


class TokenRequest(BaseModel, extra="forbid"):
    """Who the token speaks for; a negative `ttl_seconds` makes one that has expired already."""

    role: Literal[
        "recipient",
        "supplier",
        "caseworker",
        "commission",
        "administrator",
        "esobes",
        "gateway",
        "treasury",
    ]
    iin: str | None = Field(default=None, pattern=NUMBER)
    bin: str | None = Field(default=None, pattern=NUMBER)
    authority: str | None = Field(default=None, pattern=NUMBER)
    region: str | None = Field(default=None, pattern=r"^[0-9]{2,9}$")
    provider: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,40}$")
    name: str | None = None
    ttl_seconds: int = Field(default=8 * 3600, ge=-86_400, le=366 * 86_400)

    @model_validator(mode="after")
    def check_identity(self) -> Self:
        """Refuse a token that would speak for nobody."""
        # Whoever acts for a supplier is a person; one that is no organisation has no BIN.
        needed = ("iin",) if self.role == "supplier" else CLAIMS[self.role]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"the role {self.role} needs {', '.join(missing)}")
        return self


class IdentityProvider:
    """Signs tokens with a key, and names persons with a secret, that outlive the process."""

    def __init__(self, store: Store, issuer: str) -> None:
        self.issuer = issuer
        self._key = RSAKey.import_key(store.secret("identity_key", make_key))
        self._key.ensure_kid()
        self._secret = store.secret("subject_secret", lambda: secrets.token_bytes(32))

    def name_subject(self, request: TokenRequest) -> str:
        """An opaque name, the same for the same role and identity; no IIN can be read from it."""
        who = [request.role, *(getattr(request, name) for name in IDENTITY[request.role])]
        digest = hmac.digest(self._secret, json.dumps(who).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:24]).decode()

    def issue(self, request: TokenRequest, about: Mapping[str, Any] | None = None) -> str:
        """A signed access token (RS256) by the wall clock; with `about` on top an ID token."""
        now = int(time.time())
        claims: dict[str, str | int] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": self.name_subject(request),
            # An expired token was issued before it expired.
            "iat": min(now, now + request.ttl_seconds - 1),
            "exp": now + request.ttl_seconds,
            "role": request.role,
        }
        for name in (*CLAIMS[request.role], "name"):
            value = getattr(request, name)
            if value is not None:
                claims[name] = value
        if "iin" in claims:
            claims["auth_time"] = now
        signed = {**claims, **(about or {})}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, signed, self._key)

    def issue_for_system(self, role: str) -> str:
        """A token with which one of the sandbox's own systems calls the product.

        A gateway is told with its provider: `gateway:sms`.
        """
        role, _, provider = role.partition(":")
        named = {"provider": provider} if provider else {}
        return self.issue(TokenRequest.model_validate({"role": role, "ttl_seconds": 600, **named}))

    def publish(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWKS."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": "RS256"}]}  # type: ignore[dict-item]


def make_key() -> bytes:
    """A new RSA key in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def routes(provider: IdentityProvider) -> APIRouter:
    """Discovery, keys, and tokens for development."""
    router = APIRouter(tags=["identity"])

    @router.get("/.well-known/openid-configuration")
    async def discover() -> dict[str, str | bool | list[str]]:
        return {
            "issuer": provider.issuer,
            "jwks_uri": f"{provider.issuer}/identity/jwks",
            "authorization_endpoint": f"{provider.issuer}/identity/authorize",
            "token_endpoint": f"{provider.issuer}/identity/exchange",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["none"],
            "subject_types_supported": ["public"],
            "response_types_supported": ["code"],
        }

    @router.get("/identity/jwks")
    async def publish() -> dict[str, list[dict[str, str]]]:
        return provider.publish()

    @router.post("/identity/token")
    async def issue(request: TokenRequest) -> dict[str, str | int]:
        return {
            "access_token": provider.issue(request),
            "token_type": "Bearer",
            "expires_in": request.ttl_seconds,
        }

    return router
