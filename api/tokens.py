"""Proves bearer tokens: RS256 under the issuer's published keys, by the wall clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from integrations.pulse import PULSE

SYSTEM: Final = "identity"
# A key that has left the provider's set proves nothing any more after so long; half of it before
# that the set is fetched again beside the requests, so that none waits for the provider.
KEYS_STAY_FRESH_SECONDS: Final = 3600.0
# A stranger with made-up key ids must not turn us into a load on the provider.
PAUSE_SECONDS: Final = 2.0
LEEWAY_SECONDS: Final = 60
MOST_TOKEN_BYTES: Final = 8192
# Beyond the year 9999 nothing is an instant.
LATEST_INSTANT: Final = 253_402_300_799


def _instant(value: object) -> float:
    """Seconds since 1970 (RFC 7519): a JSON number, whole or not; no truth value, no text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("an instant is a number")
    if not 0 <= value <= LATEST_INSTANT:  # no NaN lies there either
        raise ValueError("an instant lies between 1970 and 9999")
    return float(value)


Instant = Annotated[float, BeforeValidator(_instant)]
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
    aud: str | Annotated[list[str], Field(max_length=20)]
    sub: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    exp: Instant
    iat: Instant | None = None
    nbf: Instant | None = None
    role: RoleName
    iin: Number | None = Field(default=None, repr=False)
    bin: Number | None = Field(default=None, repr=False)
    authority: Number | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{2,9}$")] | None = None
    provider: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    name: str | None = Field(default=None, repr=False)


class TokenVerifier:
    """Keys of one issuer, fetched when first needed, again for an unknown key id and by the hour.

    While the provider is away, keys once fetched go on for as long as a token may live: by then it
    has issued none that still holds. A token that lives longer than `longest_life` is refused.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        client: httpx.AsyncClient,
        longest_life: timedelta,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._client = client
        self._clock = clock
        self._life = longest_life.total_seconds()
        self._keys: Mapping[str, RSAKey] = {}
        self._fetched = self._tried = 0.0
        self._lock = asyncio.Lock()
        self._fetching: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> Claims:
        """The claims of a good token. Raises TokenInvalid, ProviderUnavailable."""
        try:
            claims = Claims.model_validate(await self.read(token))
        except ValidationError:
            raise TokenInvalid("the claims do not hold") from None
        self._check(claims)
        return claims

    async def read(self, token: str) -> dict[str, Any]:
        """What the issuer has signed, whatever it is. TokenInvalid, ProviderUnavailable."""
        if len(token) > MOST_TOKEN_BYTES or not token.isascii():
            raise TokenInvalid("not a token")
        key = await self._key(_key_id(token))
        try:
            return jwt.decode(token, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            raise TokenInvalid("the signature does not hold") from None

    async def discover(self) -> Any:
        """The provider's description of itself (OpenID Connect Discovery). ProviderUnavailable."""
        try:
            found = await self._described()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            raise ProviderUnavailable("the identity provider does not answer") from None
        return found

    async def ask(self, url: str, form: Mapping[str, str]) -> Any:
        """What the provider answers to a form. TokenInvalid for a refusal, ProviderUnavailable."""
        try:
            return await self._answer(self._client.post(url, data=form))
        except httpx.HTTPStatusError as error:
            if error.response.is_client_error:
                raise TokenInvalid("the provider refuses") from None
            raise ProviderUnavailable("the identity provider does not answer") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise ProviderUnavailable("the identity provider does not answer") from None

    async def keys(self) -> Mapping[str, RSAKey]:
        """The keys that count now: the same mapping for as long as they are the same keys.

        Who keeps what a token once proved must let go of it when this is another mapping.
        """
        age = self._clock() - self._fetched
        if age > KEYS_STAY_FRESH_SECONDS:
            await self._refresh()
        elif age > KEYS_STAY_FRESH_SECONDS / 2 and (
            self._fetching is None or self._fetching.done()
        ):
            self._fetching = asyncio.create_task(self._refresh(), name="fetch keys")
        if self._clock() - self._fetched > max(self._life, KEYS_STAY_FRESH_SECONDS):
            raise ProviderUnavailable("the identity provider has long not answered")
        return self._keys

    def _check(self, claims: Claims) -> None:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        now = self._clock()
        if claims.iss != self._issuer or self._audience not in audiences:
            raise TokenInvalid("issued by or for somebody else")
        if claims.exp <= now:
            raise TokenInvalid("expired")
        if max(claims.nbf or 0, claims.iat or 0) > now + LEEWAY_SECONDS:
            raise TokenInvalid("not valid yet")
        issued = now if claims.iat is None else claims.iat
        if max(claims.exp - issued, claims.exp - now - LEEWAY_SECONDS) > self._life:
            raise TokenInvalid("lives longer than a token may")

    async def _key(self, key_id: str) -> RSAKey:
        if key_id not in await self.keys():
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
                keys = await self._fetch()
                if _prints(keys) != _prints(self._keys):
                    self._keys = keys
                self._fetched = self._clock()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, JoseError):
                # Known keys go on; without any the caller is told that the provider is down.
                pass
            finally:
                self._tried = self._clock()

    async def _fetch(self) -> dict[str, RSAKey]:
        listed = (await self._get((await self._described())["jwks_uri"]))["keys"]
        keys = [RSAKey.import_key(entry) for entry in listed if _may_sign(entry)]
        return {key.kid: key for key in keys if key.kid}

    async def _described(self) -> Any:
        root = self._issuer.rstrip("/")
        found = await self._get(f"{root}/.well-known/openid-configuration")
        if found["issuer"] != self._issuer:
            raise ValueError("the provider names another issuer")
        return found

    async def _get(self, url: str) -> Any:
        return await self._answer(self._client.get(url))

    async def _answer(self, asking: Awaitable[httpx.Response]) -> Any:
        """What the provider says; how it went is noted."""
        try:
            answer = await asking
            told = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            _note(error)
            raise
        PULSE.answered(SYSTEM)
        return told


def _note(error: Exception) -> None:
    if not isinstance(error, httpx.HTTPStatusError):
        PULSE.failed(SYSTEM, type(error).__name__)
    elif error.response.is_client_error:
        PULSE.answered(SYSTEM)
    else:
        PULSE.failed(SYSTEM, str(error.response.status_code))


def _prints(keys: Mapping[str, RSAKey]) -> dict[str, str]:
    """Keys by what they are: one may take another's id."""
    return {key_id: key.thumbprint() for key_id, key in keys.items()}


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
