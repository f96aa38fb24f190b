"""The identity provider as its description says where to ask it (OpenID Connect Discovery)."""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx

from api.claims import TokenInvalid
from integrations.pulse import PULSE

SYSTEM: Final = "identity"
BASIC: Final = "client_secret_basic"
_WHY: Final = re.compile(r"^[a-z_]{1,40}$")


class ProviderUnavailable(Exception):
    """No key of the identity provider is known, or it does not answer."""


@dataclass(frozen=True, slots=True)
class ClientProof:
    """By what we are known to the provider. `secret` is None for a public client."""

    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Description:
    """What an issuer says of itself."""

    issuer: str
    told: Mapping[str, Any]

    def address(self, name: str) -> str | None:
        """Where one of its doors is; None if it has none. ValueError for one in the clear.

        Where the issuer is one that may be spoken to without TLS, so are doors at the same place.
        """
        found = self.told.get(name)
        if found is None:
            return None
        parts, own = urlsplit(str(found)), urlsplit(self.issuer)
        at_home = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        if not parts.hostname or not (parts.scheme == "https" or at_home):
            raise ValueError(f"{name} is spoken to in the clear")
        return str(found)

    def needed(self, name: str) -> str:
        """The same of one that must be there. ValueError, KeyError."""
        found = self.address(name)
        if found is None:
            raise KeyError(name)
        return found

    @property
    def says_who_answers(self) -> bool:
        """Whether its answers to browsers name it (RFC 9207)."""
        return self.told.get("authorization_response_iss_parameter_supported") is True

    @property
    def takes_basic(self) -> bool:
        """Whether a client proves itself in a header, as holds where nothing is said."""
        return BASIC in self.told.get("token_endpoint_auth_methods_supported", (BASIC,))


# What goes wrong when what a provider says is no description, or no set of keys.
UNREADABLE: Final = (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class IssuerWire:
    """Questions to one issuer; how it answers is noted."""

    issuer: str
    client: httpx.AsyncClient

    async def describe(self) -> Description:
        """Its description. Raises UNREADABLE; ValueError where it calls itself otherwise."""
        found = await self.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found["issuer"] != self.issuer:
            raise ValueError("the provider names another issuer")
        return Description(self.issuer, found)

    async def discover(self, *needed: str) -> Description:
        """The same with these doors. ProviderUnavailable."""
        try:
            found = await self.describe()
            for one in needed:
                found.needed(one)
        except UNREADABLE:
            raise ProviderUnavailable("the identity provider does not answer") from None
        return found

    async def ask_token(self, client: ClientProof, form: Mapping[str, str]) -> Any:
        """What its token endpoint gives. TokenInvalid for a refusal, ProviderUnavailable."""
        described = await self.discover("token_endpoint")
        said, proof = {**form, "client_id": client.id}, httpx.Auth()
        if client.secret is not None and described.takes_basic:
            # Each is encoded by itself before (RFC 6749, 2.3.1).
            proof = httpx.BasicAuth(quote_plus(client.id), quote_plus(client.secret))
        elif client.secret is not None:
            said["client_secret"] = client.secret
        asking = self.client.post(described.needed("token_endpoint"), data=said, auth=proof)
        try:
            return await self._answer(asking)
        except httpx.HTTPStatusError as error:
            if error.response.is_client_error:
                raise TokenInvalid(f"the provider refuses: {_why(error.response)}") from None
            raise ProviderUnavailable("the identity provider does not answer") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise ProviderUnavailable("the identity provider does not answer") from None

    async def get(self, url: str) -> Any:
        """What is published at an address. Raises UNREADABLE."""
        return await self._answer(self.client.get(url))

    async def _answer(self, asking: Awaitable[httpx.Response]) -> Any:
        try:
            answer = await asking
            told = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            _note(error)
            raise
        PULSE.answered(SYSTEM)
        return told


def _why(answer: httpx.Response) -> str:
    """The code of a refusal (RFC 6749, 5.2); nothing else of it is told."""
    try:
        told = answer.json().get("error")
    except (ValueError, AttributeError):
        told = None
    return told if isinstance(told, str) and _WHY.match(told) else str(answer.status_code)


def _note(error: Exception) -> None:
    if not isinstance(error, httpx.HTTPStatusError):
        PULSE.failed(SYSTEM, type(error).__name__)
    elif error.response.is_client_error:
        PULSE.answered(SYSTEM)
    else:
        PULSE.failed(SYSTEM, str(error.response.status_code))
