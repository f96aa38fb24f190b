"""What signed tokens say, whatever a provider calls it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain.messages import PERSONS

# Beyond the year 9999 nothing is an instant.
LATEST_INSTANT: Final = 253_402_300_799
# What the claims below are of our own; a provider may call them otherwise (OZHB_TOKEN_CLAIMS).
OWN: Final = ("role", "iin", "bin", "authority", "region", "provider", "name")
# What a client asked for, and nobody has proven: it makes nobody a person's role.
SCOPE: Final = "scope"


def _instant(value: object) -> float:
    """Seconds since 1970 (RFC 7519): a JSON number, whole or not; no truth value, no text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("an instant is a number")
    if not 0 <= value <= LATEST_INSTANT:  # no NaN lies there either
        raise ValueError("an instant lies between 1970 and 9999")
    return float(value)


Instant = Annotated[float, BeforeValidator(_instant)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Opaque = Annotated[str, StringConstraints(min_length=1, max_length=255)]
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
ROLES: Final = frozenset(get_args(RoleName))


class TokenInvalid(Exception):
    """The token proves nothing; the text names the rule, never the content."""


class SignedClaims(BaseModel):
    """What every token of the issuer says: by whom, for whom, from when to when."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    iss: str
    aud: str | Annotated[list[str], Field(max_length=20)]
    exp: Instant
    iat: Instant | None = None
    nbf: Instant | None = None

    @property
    def audiences(self) -> list[str]:
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Claims(SignedClaims):
    """What an access token says. `sub` is opaque; the numbers are of persons and organisations."""

    sub: Opaque
    # When its person signed in, and how (RFC 9068); a token of a program has neither.
    auth_time: Instant | None = None
    acr: str | None = None
    role: RoleName
    iin: Number | None = Field(default=None, repr=False)
    bin: Number | None = Field(default=None, repr=False)
    authority: Number | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{2,9}$")] | None = None
    provider: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    name: str | None = Field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """What a provider calls our claims (`realm_access.roles`, the first that is there), and roles.

    What is not named here has our own name. With `roles` no other role counts.
    """

    paths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def read(self, token: Mapping[str, Any]) -> dict[str, Any]:
        """The token under our own names. TokenInvalid unless it names one role that we know."""
        found = {name: _first(token, self.paths.get(name, (name,))) for name in OWN}
        return {**token, **found, "role": self._role(token)}

    def _role(self, token: Mapping[str, Any]) -> str:
        """The one role of ours among all that a provider says of somebody."""
        paths = self.paths.get("role", ("role",))
        known = {role for path in paths for role in self._roles(path, _at(token, path))}
        if len(known) != 1:
            raise TokenInvalid("the token names no role of ours, or several")
        return known.pop()

    def _roles(self, path: str, said: Any) -> Iterator[str]:
        for one in said.split() if isinstance(said, str) else _texts(said):
            role = self.roles.get(one, "") if self.roles else one
            if role in ROLES and not (path == SCOPE and role in PERSONS):
                yield role


def _texts(said: Any) -> list[str]:
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []


def _first(token: Mapping[str, Any], paths: Sequence[str]) -> Any:
    return next((one for path in paths if (one := _at(token, path)) is not None), None)


def _at(token: Mapping[str, Any], path: str) -> Any:
    """By its whole name (`https://id.example/iin`), else along the dots."""
    if path in token:
        return token[path]
    found: Any = token
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
