"""Proves bearer tokens: RS256 under the issuer's published keys, by the wall clock."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

KEYS_STAY_FRESH_SECONDS: Final = 3600.0
# A stranger with made-up key ids must not turn us into a load on the provider.
PAUSE_SECONDS: Final = 2.0
LEEWAY_SECONDS: Final = 60
MOST_TOKEN_BYTES: Final = 8192

Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
RoleName = Literal[
    "recipient",
    "supplier",
    "caseworker",
    "commission",
    "administrator",
    "esobes",
    "gateway",
    "treasury",
]


class TokenInvalid(Exception):
    """The token proves nothing; the text names the rule, never the content."""


class ProviderUnavailable(Exception):
    """No key of the identity provider is known, and it does not answer."""


class Claims(BaseModel):
    """What a proven token says. `sub` is opaque; the numbers are of persons and organisations."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    iss: str
    aud: str | list[str]
    sub: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    exp: int
    iat: int | None = None
    nbf: int | None = None
    role: RoleName
    iin: Number | None = Field(default=None, repr=False)
    bin: Number | None = Field(default=None, repr=False)
    authority: Number | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{2,9}$")] | None = None
    name: str | None = Field(default=None, repr=False)


class TokenVerifier:
    """Keys of one issuer, fetched when first needed, again for an unknown key id and by the hour.

    While the provider is down, keys once fetched stay in use.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._client = client
        self._clock = clock
        self._keys: dict[str, RSAKey] = {}
        self._fetched = self._tried = 0.0
        self._lock = asyncio.Lock()

    async def verify(self, token: str) -> Claims:
        """The claims of a good token. Raises TokenInvalid, ProviderUnavailable."""
        if len(token) > MOST_TOKEN_BYTES or not token.isascii():
            raise TokenInvalid("not a token")
        key = await self._key(_key_id(token))
        try:
            decoded = jwt.decode(token, key, algorithms=["RS256"])
            claims = Claims.model_validate(decoded.claims)
        except (JoseError, ValidationError, ValueError):
            raise TokenInvalid("signature or claims do not hold") from None
        self._check(claims)
        return claims

    def _check(self, claims: Claims) -> None:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        now = self._clock()
        if claims.iss != self._issuer or self._audience not in audiences:
            raise TokenInvalid("issued by or for somebody else")
        if claims.exp <= now:
            raise TokenInvalid("expired")
        if max(claims.nbf or 0, claims.iat or 0) > now + LEEWAY_SECONDS:
            raise TokenInvalid("not valid yet")

    async def _key(self, key_id: str) -> RSAKey:
        stale = self._clock() - self._fetched > KEYS_STAY_FRESH_SECONDS
        if stale or key_id not in self._keys:
            await self._refresh()
        if not self._keys:
            raise ProviderUnavailable("the identity provider does not answer")
        if key_id not in self._keys:
            raise TokenInvalid("unknown key")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        async with self._lock:
            if self._clock() - self._tried < PAUSE_SECONDS:
                return
            try:
                self._keys = await self._fetch()
                self._fetched = self._clock()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, JoseError):
                # Known keys go on; without any the caller is told that the provider is down.
                pass
            finally:
                self._tried = self._clock()

    async def _fetch(self) -> dict[str, RSAKey]:
        root = self._issuer.rstrip("/")
        found = await self._get(f"{root}/.well-known/openid-configuration")
        if found["issuer"] != self._issuer:
            raise ValueError("the provider names another issuer")
        listed = (await self._get(found["jwks_uri"]))["keys"]
        keys = [RSAKey.import_key(entry) for entry in listed if _may_sign(entry)]
        return {key.kid: key for key in keys if key.kid}

    async def _get(self, url: str) -> Any:
        answer = await self._client.get(url)
        answer.raise_for_status()
        return answer.json()


def _may_sign(entry: dict[str, Any]) -> bool:
    return entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig"


def _key_id(token: str) -> str:
    try:
        found = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise TokenInvalid("not a token") from None
    if not isinstance(found, str):
        raise TokenInvalid("the token names no key")
    return found
