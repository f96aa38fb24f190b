"""Signing in: OpenID Connect, the authorization code with PKCE (RFC 6749, RFC 7636, RFC 9207)."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError

from api.claims import Instant, Opaque, SignedClaims, TokenInvalid
from api.issuer import ClientProof, Description
from api.stepping_up import LEEWAY_SECONDS, SignInProof, StepUp
from api.tokens import ANY_TOKEN, TokenVerifier

SCOPE: Final = "openid profile"
# That a session has ended at the provider (OpenID Connect Back-Channel Logout).
ENDED: Final = "http://schemas.openid.net/event/backchannel-logout"
OF_ENDING: Final = frozenset((*ANY_TOKEN, "logout+jwt"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was sent to the provider with, and when; it comes back to `back`.

    `fresh` where the provider was to ask anew who it is.
    """

    state: str
    nonce: str
    verifier: str = field(repr=False)
    back: str
    at: float = 0.0
    fresh: bool = False

    @classmethod
    def anew(cls, back: str, *, fresh: bool) -> "Asked":
        """With secrets that were never used."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, back, time.time(), fresh)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token of the API, in which role, until when it counts, when its person signed in (Unix).

    `subject` and `session` are the provider's names of the person and of its own session; with
    `refresh` it gives another token.
    """

    token: str = field(repr=False)
    role: str
    until: float
    signed_in_at: float
    means: str | None = None
    subject: str = ""
    session: str | None = None
    refresh: str | None = field(default=None, repr=False)

    @property
    def proof(self) -> SignInProof:
        """How its person signed in."""
        return SignInProof(self.signed_in_at, self.means)


class IdentityClaims(SignedClaims):
    """What an ID token says of a sign-in (OpenID Connect Core, 2)."""

    sub: Opaque
    nonce: str | None = None
    azp: str | None = None
    at_hash: str | None = None
    auth_time: Instant | None = None
    acr: str | None = None
    sid: Opaque | None = None


class EndingClaims(SignedClaims):
    """What a provider says of a session that has ended there: whose, or which."""

    sub: Opaque | None = None
    sid: Opaque | None = None
    events: dict[str, Any]


@dataclass(frozen=True)
class SignInProvider:
    """The provider as a client of it sees it.

    `resource` is asked for by name where a provider issues tokens for several (RFC 8707).
    """

    tokens: TokenVerifier
    client: ClientProof
    scope: str = SCOPE
    resource: str | None = None
    step_up: StepUp = field(default_factory=StepUp)

    async def address(self, asked: Asked, returning: str) -> str:
        """Where the browser goes. ProviderUnavailable."""
        digest = hashlib.sha256(asked.verifier.encode()).digest()
        said = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": returning,
            "scope": self.scope,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": _in_base64(digest),
            "code_challenge_method": "S256",
            **self._resource,
            **(self._anew if asked.fresh else self._of_late),
        }
        described = await self.tokens.wire.discover("authorization_endpoint")
        return _with(described.needed("authorization_endpoint"), said)

    async def exchange(self, asked: Asked, answer: Mapping[str, str], returning: str) -> SignedIn:
        """What the provider gives for its answer. Raises TokenInvalid, ProviderUnavailable."""
        described = await self.tokens.wire.discover("token_endpoint")
        _check_sender(described, answer)
        if "error" in answer or not answer.get("code"):
            raise TokenInvalid("the provider has signed nobody in")
        said = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": returning,
            "code_verifier": asked.verifier,
            **self._resource,
        }
        given = await self.tokens.wire.ask_token(self.client, said)
        token, identity = _text(given, "access_token"), _text(given, "id_token")
        claims = await self.tokens.verify(token)
        told = await self._identity(identity, token, claims.sub)
        if told.nonce != asked.nonce:
            raise TokenInvalid("the identity is of another sign-in")
        if asked.fresh:
            self._check_fresh(told, asked)
        return SignedIn(
            token=token,
            role=claims.role,
            until=claims.exp,
            # Without `auth_time` nobody says when it was: it may have been long ago.
            signed_in_at=told.auth_time or 0.0,
            means=told.acr,
            subject=told.sub,
            session=told.sid,
            refresh=given.get("refresh_token"),
        )

    async def renew(self, before: SignedIn) -> SignedIn:
        """The next token of somebody who is signed in. TokenInvalid, ProviderUnavailable."""
        assert before.refresh is not None, "the provider has given none"
        said = {"grant_type": "refresh_token", "refresh_token": before.refresh, **self._resource}
        given = await self.tokens.wire.ask_token(self.client, said)
        token = _text(given, "access_token")
        claims = await self.tokens.verify(token)
        if (claims.sub, claims.role) != (before.subject, before.role):
            raise TokenInvalid("the token is of another person or role")
        return SignedIn(
            token=token,
            role=before.role,
            until=claims.exp,
            signed_in_at=before.signed_in_at,
            means=before.means,
            subject=before.subject,
            session=before.session,
            refresh=given.get("refresh_token", before.refresh),
        )

    async def way_out(self, returning: str) -> str | None:
        """Where somebody signs out at the provider too, if it has such a door. ProviderUnavailable.

        The ID token is not sent along: it would stand in an address.
        """
        described = await self.tokens.wire.discover()
        try:
            door = described.address("end_session_endpoint")
        except ValueError:
            return None
        said = {"client_id": self.client.id, "post_logout_redirect_uri": returning}
        return None if door is None else _with(door, said)

    async def read_ending(self, token: str) -> tuple[str | None, str | None]:
        """Whose session, and which, has ended at the provider. TokenInvalid, ProviderUnavailable.

        OpenID Connect Back-Channel Logout, 2.6.
        """
        read = await self.tokens.read(token, OF_ENDING)
        try:
            told = EndingClaims.model_validate(read)
        except ValidationError:
            raise TokenInvalid("the claims do not hold") from None
        self.tokens.check(told, self.client.id)
        if ENDED not in told.events or "nonce" in read or (told.sub, told.sid) == (None, None):
            raise TokenInvalid("it tells of no end")
        return told.sub, told.sid

    async def _identity(self, token: str, access: str, subject: str) -> IdentityClaims:
        """What an ID token says that belongs to an access token (OpenID Connect Core, 3.1.3.7)."""
        try:
            told = IdentityClaims.model_validate(await self.tokens.read(token))
        except ValidationError:
            raise TokenInvalid("the claims of the identity do not hold") from None
        self.tokens.check(told, self.client.id)
        if told.azp not in (None, self.client.id) or (len(told.audiences) > 1 and not told.azp):
            raise TokenInvalid("the identity is for another client")
        if told.at_hash is not None and told.at_hash != _half_hash(access):
            raise TokenInvalid("the identity is of another token")
        if told.sub != subject:
            raise TokenInvalid("the identity is of another person")
        return told

    def _check_fresh(self, told: IdentityClaims, asked: Asked) -> None:
        """Whether the provider has asked anew, and by the means that are wanted."""
        if told.auth_time is None or told.auth_time < asked.at - LEEWAY_SECONDS:
            raise TokenInvalid("the provider has not asked anew")
        if self.step_up.means and told.acr not in self.step_up.means:
            raise TokenInvalid("the provider has not asked by the means that are wanted")

    @property
    def _resource(self) -> dict[str, str]:
        return {} if self.resource is None else {"resource": self.resource}

    @property
    def _anew(self) -> dict[str, str]:
        means = {"acr_values": " ".join(self.step_up.means)} if self.step_up.means else {}
        return {"prompt": "login", "max_age": "0", **means}

    @property
    def _of_late(self) -> dict[str, str]:
        # Who is asked how old a sign-in may be says in the ID token how old it is.
        return {"max_age": str(int(self.tokens.longest_life))}


def _check_sender(described: Description, answer: Mapping[str, str]) -> None:
    """No other provider's answer is taken for ours (RFC 9207)."""
    sender = answer.get("iss")
    if sender is None and not described.says_who_answers:
        return
    if sender != described.issuer:
        raise TokenInvalid("another provider answers")


def _text(given: Any, name: str) -> str:
    found = given.get(name) if isinstance(given, Mapping) else None
    if not isinstance(found, str):
        raise TokenInvalid(f"the provider gives no {name}")
    return found


def _with(door: str, said: Mapping[str, str]) -> str:
    return f"{door}{'&' if '?' in door else '?'}{urlencode(said)}"


def _in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _half_hash(token: str) -> str:
    """The left half of its SHA-256, by which every algorithm that we take is counted."""
    return _in_base64(hashlib.sha256(token.encode()).digest()[:16])
