"""Signing in: OpenID Connect, the authorization code with PKCE (RFC 6749, RFC 7636)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from api.tokens import TokenInvalid, TokenVerifier

SCOPE: Final = "openid profile"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was sent to the provider with; it comes back to `back`."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    back: str

    @classmethod
    def anew(cls, back: str) -> "Asked":
        """With secrets that were never used."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, back)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token of the API, in which role, until when it counts, when its person signed in (Unix)."""

    token: str = field(repr=False)
    role: str
    until: float
    signed_in_at: float


@dataclass(frozen=True)
class SignInProvider:
    """The provider as a client of it sees it. `secret` is None for a public client."""

    tokens: TokenVerifier
    client_id: str
    secret: str | None = field(default=None, repr=False)

    async def address(self, asked: Asked, returning: str, *, fresh: bool) -> str:
        """Where the browser goes; `fresh` asks who it is anew. ProviderUnavailable."""
        digest = hashlib.sha256(asked.verifier.encode()).digest()
        said = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": returning,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if fresh else {}),
        }
        described = await self.tokens.discover()
        return f"{described['authorization_endpoint']}?{urlencode(said)}"

    async def exchange(self, asked: Asked, code: str, returning: str) -> SignedIn:
        """What the provider gives for a code. Raises TokenInvalid, ProviderUnavailable."""
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": returning,
            "client_id": self.client_id,
            "code_verifier": asked.verifier,
            **({"client_secret": self.secret} if self.secret else {}),
        }
        described = await self.tokens.discover()
        given = await self.tokens.ask(described["token_endpoint"], said)
        try:
            token, identity = str(given["access_token"]), str(given["id_token"])
        except (KeyError, TypeError):
            raise TokenInvalid("the provider gives no tokens") from None
        claims = await self.tokens.verify(token)
        told = await self.tokens.read(identity)
        if not self._is_ours(told, asked, claims.sub):
            raise TokenInvalid("the identity is of another sign-in")
        at = told.get("auth_time", told.get("iat", 0))
        return SignedIn(token, claims.role, claims.exp, float(at))

    def _is_ours(self, told: dict[str, Any], asked: Asked, subject: str) -> bool:
        """Whether an ID token answers this very question (OpenID Connect Core 3.1.3.7)."""
        audience = told.get("aud")
        ours = self.client_id in (audience if isinstance(audience, list) else [audience])
        same = secrets.compare_digest(str(told.get("nonce")), asked.nonce)
        return ours and same and told.get("sub") == subject
