"""Proves tokens: signed under the issuer's published keys, by the wall clock."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from api.claims import ClaimNames, Claims, SignedClaims, TokenInvalid
from api.issuer import UNREADABLE, IssuerWire, ProviderUnavailable

# A key that has left the provider's set proves nothing any more after so long; half of it before
# that the set is fetched again beside the requests, so that none waits for the provider.
KEYS_STAY_FRESH_SECONDS: Final = 3600.0
# A stranger with made-up key ids must not turn us into a load on the provider.
PAUSE_SECONDS: Final = 2.0
LEEWAY_SECONDS: Final = 60
MOST_TOKEN_BYTES: Final = 8192
# By what a key may sign; a key that names one of them signs by no other.
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}
# What a provider may call a token; many say nothing, or `JWT` of each (RFC 8725, 3.11).
ANY_TOKEN: Final = frozenset(("", "jwt"))
ACCESS: Final = frozenset((*ANY_TOKEN, "at+jwt"))
PublicKey = RSAKey | ECKey


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
        names: ClaimNames | None = None,
    ) -> None:
        self.wire = IssuerWire(issuer, client)
        self._audience = audience
        self._clock = clock
        self._names = names or ClaimNames()
        self.longest_life = longest_life.total_seconds()
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched = self._tried = 0.0
        self._lock = asyncio.Lock()
        self._fetching: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> Claims:
        """The claims of a good access token. Raises TokenInvalid, ProviderUnavailable."""
        told = self._names.read(await self.read(token, ACCESS))
        try:
            claims = Claims.model_validate(told)
        except ValidationError:
            raise TokenInvalid("the claims do not hold") from None
        self.check(claims, self._audience)
        now = self._clock()
        issued = now if claims.iat is None else claims.iat
        if max(claims.exp - issued, claims.exp - now - LEEWAY_SECONDS) > self.longest_life:
            raise TokenInvalid("lives longer than a token may")
        return claims

    async def read(self, token: str, kinds: Collection[str] = ANY_TOKEN) -> dict[str, Any]:
        """What the issuer has signed, whatever it is. TokenInvalid, ProviderUnavailable."""
        if len(token) > MOST_TOKEN_BYTES or not token.isascii():
            raise TokenInvalid("not a token")
        headers = _headers(token)
        if _kind(headers) not in kinds:
            raise TokenInvalid("a token of another kind")
        key = await self._key(_key_id(headers))
        try:
            return jwt.decode(token, key, algorithms=ALGORITHMS[key.key_type]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            raise TokenInvalid("the signature does not hold") from None

    def check(self, claims: SignedClaims, audience: str) -> None:
        """Whether it is of our issuer, for this audience, and counts now. TokenInvalid."""
        now = self._clock()
        if claims.iss != self.wire.issuer or audience not in claims.audiences:
            raise TokenInvalid("issued by or for somebody else")
        if claims.exp <= now:
            raise TokenInvalid("expired")
        if max(claims.nbf or 0, claims.iat or 0) > now + LEEWAY_SECONDS:
            raise TokenInvalid("not valid yet")

    async def keys(self) -> Mapping[str, PublicKey]:
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
        if self._clock() - self._fetched > max(self.longest_life, KEYS_STAY_FRESH_SECONDS):
            raise ProviderUnavailable("the identity provider has long not answered")
        return self._keys

    async def _key(self, key_id: str) -> PublicKey:
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
            except (*UNREADABLE, JoseError):
                # Known keys go on; without any the caller is told that the provider is down.
                pass
            finally:
                self._tried = self._clock()

    async def _fetch(self) -> dict[str, PublicKey]:
        described = await self.wire.describe()
        listed = (await self.wire.get(described.needed("jwks_uri")))["keys"]
        keys = [_import(entry) for entry in listed if _may_sign(entry)]
        return {key.kid: key for key in keys if key.kid}


def _prints(keys: Mapping[str, PublicKey]) -> dict[str, str]:
    """Keys by what they are: one may take another's id."""
    return {key_id: key.thumbprint() for key_id, key in keys.items()}


def _import(entry: dict[str, Any]) -> PublicKey:
    return (RSAKey if entry["kty"] == "RSA" else ECKey).import_key(entry)


def _may_sign(entry: dict[str, Any]) -> bool:
    """A set may hold keys for other ends, and of kinds that we do not take: they do no harm."""
    known = ALGORITHMS.get(entry.get("kty", ""), ())
    fits = entry.get("alg") in (None, *known) and entry.get("crv") in (None, "P-256")
    return bool(known) and fits and entry.get("use", "sig") == "sig"


def _headers(token: str) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise TokenInvalid("not a token") from None


def _kind(headers: Mapping[str, Any]) -> str:
    return str(headers.get("typ") or "").lower().removeprefix("application/")


def _key_id(headers: Mapping[str, Any]) -> str:
    found = headers.get("kid")
    if not isinstance(found, str):
        raise TokenInvalid("the token names no key")
    return found
