"""How people and programs sign in: the provider, and what its tokens are to say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, SecretStr, StringConstraints, model_validator

from settings.kinds import Issuer
from settings.parts import API, FromEnvironment, told

_CLAIMS: Final = ("role", "iin", "bin", "authority", "region", "provider", "name")
_ROLES: Final = (
    *("recipient", "supplier", "caseworker", "commission", "administrator"),
    *("esobes", "gateway", "treasury"),
)


def _pairs(text: str) -> dict[str, str]:
    """`a=b,c=d` → what stands on the left of each. ValueError for what stands there twice."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        left, equals, right = part.partition("=")
        if not (equals and left.strip() and right.strip()):
            raise ValueError(f"{part}: expected NAME=NAME, separated by commas")
        if left.strip() in found:
            raise ValueError(f"{left.strip()} stands twice")
        found[left.strip()] = right.strip()
    return found


def _names_claims(text: str) -> str:
    for name in _pairs(text):
        if name not in _CLAIMS:
            raise ValueError(f"{name} is no claim of ours: {', '.join(_CLAIMS)}")
    return text


def _names_roles(text: str) -> str:
    for role in _pairs(text).values():
        if role not in _ROLES:
            raise ValueError(f"{role} is no role of ours: {', '.join(_ROLES)}")
    return text


ClaimPairs = Annotated[str, AfterValidator(_names_claims)]
RolePairs = Annotated[str, AfterValidator(_names_roles)]


class SigningIn(FromEnvironment):
    """OpenID Connect: whose tokens count, and what they are called there."""

    oidc_issuer: Annotated[
        Issuer,
        told(
            API,
            "https://id.example/realms/portal",
            "Who issues tokens; compared with their `iss` letter by letter.",
        ),
    ]
    token_audience: Annotated[
        str,
        told(API, "ozhb", "For whom access tokens are issued; never `OZHB_OIDC_CLIENT_ID`."),
    ] = "ozhb"
    token_longest_life: Annotated[
        timedelta,
        told(
            API,
            "PT12H",
            "A token that lives longer is refused; a session with a browser ends after as long.",
            ge=timedelta(minutes=1),
        ),
    ] = timedelta(hours=12)
    token_claims: Annotated[
        ClaimPairs | None,
        told(
            API,
            "role=realm_access.roles,iin=person.iin",
            "What the issuer calls our claims (role, iin, bin, authority, region, provider, name):"
            " along dots; of several, apart by blanks, the first that is there. By default by their"
            " own names.",
        ),
    ] = None
    token_roles: Annotated[
        RolePairs | None,
        told(
            API,
            "portal-clerk=caseworker,portal-admin=administrator",
            "What the issuer calls our roles; then no other counts. By default by their own names."
            " A token must name one of them.",
        ),
    ] = None
    oidc_client_id: Annotated[
        str,
        told(
            API,
            "ozhb-pages",
            "As whom the pages send people to the issuer to sign in (authorization code with"
            " PKCE).",
        ),
    ] = "ozhb-pages"
    oidc_client_secret: Annotated[
        SecretStr | None, told(API, "s3cr3t…", "Its secret; a public client has none.")
    ] = None
    oidc_scope: Annotated[
        str,
        StringConstraints(pattern=r"^openid( [!#-\[\]-~]+)*$"),
        told(
            API,
            "openid profile offline_access",
            "What the pages ask for. Where the issuer gives refresh tokens for it, sessions outlive"
            " its access tokens.",
        ),
    ] = "openid profile"
    oidc_resource: Annotated[
        str | None,
        told(
            API,
            "https://portal.example",
            "What access tokens are asked for by name, where the issuer wants that (RFC 8707);"
            " usually `OZHB_TOKEN_AUDIENCE` too.",
        ),
    ] = None
    step_up_acr: Annotated[
        str | None,
        told(
            API,
            "urn:example:smart-card",
            "By which means (`acr`, apart by blanks) people must have signed in for grave acts."
            " By default any, in the last 15 minutes.",
        ),
    ] = None
    session_idle: Annotated[
        timedelta,
        told(
            API,
            "PT30M",
            "A session with a browser ends after so long without use. Who writes in a form uses"
            " it.",
            ge=timedelta(minutes=10),
        ),
    ] = timedelta(minutes=30)

    @model_validator(mode="after")
    def _no_identity_is_a_token_of_the_api(self) -> Self:
        if self.oidc_client_id == self.token_audience:
            raise ValueError("OZHB_OIDC_CLIENT_ID: must differ from OZHB_TOKEN_AUDIENCE")
        return self

    @property
    def claim_paths(self) -> Mapping[str, tuple[str, ...]]:
        """What the issuer calls a claim of ours: the first that is there counts."""
        named = _pairs(self.token_claims or "")
        return {name: tuple(paths.split()) for name, paths in named.items()}

    @property
    def role_names(self) -> Mapping[str, str]:
        """Our roles by what the issuer calls them."""
        return _pairs(self.token_roles or "")
