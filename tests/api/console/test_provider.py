"""What a provider answers signs somebody in only where it answers this question of this client."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt

from api.claims import TokenInvalid
from api.console.provider import ENDED, Asked, SignInProvider
from api.issuer import ClientProof, ProviderUnavailable
from api.stepping_up import StepUp
from api.tokens import TokenVerifier
from tests.api.world import ISSUER, LONGEST_LIFE, token, token_key

BACK = "https://portal.example/sign-in/done"
Spoil = dict[str, Any]


@dataclass
class Wire:
    """An identity provider that gives what a test has laid ready, and keeps what it was asked."""

    described: Spoil = field(default_factory=dict)
    given: Any = None
    status: int = 200
    forms: list[dict[str, str]] = field(default_factory=list)
    proofs: list[str | None] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                doors = {
                    "jwks_uri": f"{ISSUER}/jwks",
                    "authorization_endpoint": f"{ISSUER}/authorize?tenant=portal",
                    "token_endpoint": f"{ISSUER}/token",
                }
                return httpx.Response(200, json={"issuer": ISSUER, **doors, **self.described})
            case "/jwks":
                keys = [{**token_key().as_dict(private=False), "use": "sig"}]
                return httpx.Response(200, json={"keys": keys})
        said = parse_qs(request.content.decode())
        self.forms.append({name: one for name, (one,) in said.items()})
        self.proofs.append(request.headers.get("authorization"))
        return httpx.Response(self.status, json=self.given)

    def provider(self, secret: str | None = None, means: tuple[str, ...] = ()) -> SignInProvider:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        tokens = TokenVerifier(ISSUER, "ozhb", client, LONGEST_LIFE)
        return SignInProvider(tokens, ClientProof("ozhb-pages", secret), step_up=StepUp(means))

    def give(self, asked: Asked, **spoilt: Any) -> None:
        """A good answer to a question; `spoilt` is what its ID token says otherwise."""
        access = token("recipient", sub="somebody")
        digest = hashlib.sha256(access.encode()).digest()[:16]
        good = {
            "sub": "somebody",
            "aud": "ozhb-pages",
            "nonce": asked.nonce,
            "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "sid": "session 1",
        }
        identity = token("recipient", **{**good, **spoilt})
        self.given = {"access_token": access, "id_token": identity, "refresh_token": "r1"}


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_a_good_answer_signs_somebody_in_with_all_that_is_known_of_the_sign_in(
    wire: Wire,
) -> None:
    asked = Asked.anew("/work", fresh=False)
    signed_in_at = int(time.time()) - 100
    wire.give(asked, auth_time=signed_in_at, acr="card")
    found = await wire.provider().exchange(asked, {"code": "c", "iss": ISSUER}, BACK)
    assert (found.signed_in_at, found.means) == (signed_in_at, "card")
    assert (found.subject, found.session, found.refresh) == ("somebody", "session 1", "r1")
    digest = hashlib.sha256(asked.verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    address = urlsplit(await wire.provider().address(asked, BACK))
    said = parse_qs(address.query)
    assert (said["code_challenge"], said["code_challenge_method"]) == ([challenge], ["S256"])
    assert (said["tenant"], said["max_age"]) == (["portal"], [str(12 * 3600)])
    assert wire.forms[0]["code_verifier"] == asked.verifier


@pytest.mark.parametrize(
    "spoilt",
    [
        {"iss": "https://others.example"},
        {"aud": "another"},
        {"aud": "ozhb"},
        {"aud": ["ozhb-pages", "another"]},
        {"aud": ["ozhb-pages", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "of another question"},
        {"nonce": None},
        {"sub": "somebody else"},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"auth_time": "just now"},
    ],
)
async def test_an_identity_that_breaks_a_rule_signs_nobody_in(wire: Wire, spoilt: Spoil) -> None:
    asked = Asked.anew("/", fresh=False)
    wire.give(asked, **spoilt)
    with pytest.raises(TokenInvalid):
        await wire.provider().exchange(asked, {"code": "c"}, BACK)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": ""},
        {"error": "access_denied"},
        {"code": "c", "error": "access_denied"},
        {"code": "c", "iss": "https://others.example"},
    ],
)
async def test_an_answer_of_another_provider_or_without_a_code_is_not_taken_further(
    wire: Wire, answer: dict[str, str]
) -> None:
    asked = Asked.anew("/", fresh=False)
    wire.give(asked)
    with pytest.raises(TokenInvalid):
        await wire.provider().exchange(asked, answer, BACK)
    assert wire.forms == [], "no code was shown to anybody"


async def test_a_provider_that_says_who_answers_must_say_it(wire: Wire) -> None:
    wire.described = {"authorization_response_iss_parameter_supported": True}
    asked = Asked.anew("/", fresh=False)
    wire.give(asked)
    with pytest.raises(TokenInvalid, match="another provider"):
        await wire.provider().exchange(asked, {"code": "c"}, BACK)
    found = await wire.provider().exchange(asked, {"code": "c", "iss": ISSUER}, BACK)
    assert found.subject == "somebody"


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ({}, True),
        ({"auth_time": 1_700_000_000}, False),
        ({"auth_time": None}, False),
        ({"acr": "password"}, False),
    ],
)
async def test_who_was_to_be_asked_anew_has_signed_in_just_now_and_by_the_wanted_means(
    wire: Wire, told: Spoil, counts: bool
) -> None:
    asked = Asked.anew("/", fresh=True)
    wire.give(asked, **{"acr": "card", **told})
    provider = wire.provider(means=("card",))
    said = parse_qs(urlsplit(await provider.address(asked, BACK)).query)
    assert (said["prompt"], said["max_age"], said["acr_values"]) == (["login"], ["0"], ["card"])
    if counts:
        assert (await provider.exchange(asked, {"code": "c"}, BACK)).means == "card"
    else:
        with pytest.raises(TokenInvalid, match="has not asked"):
            await provider.exchange(asked, {"code": "c"}, BACK)


async def test_without_auth_time_nobody_says_when_it_was(wire: Wire) -> None:
    asked = Asked.anew("/", fresh=False)
    wire.give(asked, auth_time=None)
    assert (await wire.provider().exchange(asked, {"code": "c"}, BACK)).signed_in_at == 0


@pytest.mark.parametrize(
    ("methods", "in_header"),
    [(None, True), (["client_secret_basic", "none"], True), (["client_secret_post"], False)],
)
async def test_a_client_proves_itself_as_the_provider_takes_it(
    wire: Wire, methods: list[str] | None, in_header: bool
) -> None:
    if methods is not None:
        wire.described = {"token_endpoint_auth_methods_supported": methods}
    asked = Asked.anew("/", fresh=False)
    wire.give(asked)
    await wire.provider("a secret: of + us").exchange(asked, {"code": "c"}, BACK)
    proof = base64.b64encode(b"ozhb-pages:a+secret%3A+of+%2B+us").decode()
    assert wire.proofs == [f"Basic {proof}" if in_header else None]
    assert wire.forms[0].get("client_secret") == (None if in_header else "a secret: of + us")


async def test_the_next_token_is_of_the_same_person_in_the_same_role(wire: Wire) -> None:
    asked = Asked.anew("/", fresh=False)
    wire.give(asked)
    provider = wire.provider()
    before = await provider.exchange(asked, {"code": "c"}, BACK)
    wire.given = {"access_token": token("recipient", sub="somebody", exp=time.time() + 600)}
    after = await provider.renew(before)
    assert after.until < before.until
    assert (after.refresh, after.session) == ("r1", "session 1"), "it is the same session"
    assert wire.forms[-1]["refresh_token"] == "r1"
    for other in (
        token("recipient", sub="somebody else"),
        token("administrator", sub="somebody"),
        token("recipient", sub="somebody", aud="another"),
    ):
        wire.given = {"access_token": other}
        with pytest.raises(TokenInvalid):
            await provider.renew(before)


@pytest.mark.parametrize(
    ("status", "given", "raised"),
    [
        (400, {"error": "invalid_grant"}, TokenInvalid),
        (401, "no", TokenInvalid),
        (500, {}, ProviderUnavailable),
        (200, {"access_token": 7}, TokenInvalid),
        (200, ["x"], TokenInvalid),
    ],
)
async def test_a_refusal_is_told_from_silence(
    wire: Wire, status: int, given: Any, raised: type[Exception]
) -> None:
    wire.status, wire.given = status, given
    with pytest.raises(raised):
        await wire.provider().exchange(Asked.anew("/", fresh=False), {"code": "c"}, BACK)


async def test_a_door_in_the_clear_is_no_door(wire: Wire) -> None:
    wire.described = {
        "authorization_endpoint": "http://people.example/authorize",
        "end_session_endpoint": "http://people.example/out",
    }
    with pytest.raises(ProviderUnavailable):
        await wire.provider().address(Asked.anew("/", fresh=False), BACK)
    assert await wire.provider().way_out(BACK) is None


GOOD: Spoil = {"aud": "ozhb-pages", "events": {ENDED: {}}, "sub": "somebody", "sid": "session 1"}


def ending(spoilt: Spoil, kind: str = "logout+jwt") -> str:
    now, key = int(time.time()), token_key()
    claims = {"iss": ISSUER, "iat": now, "exp": now + 120, "jti": "1", **GOOD, **spoilt}
    return jwt.encode({"alg": "RS256", "kid": key.kid, "typ": kind}, claims, key)


async def test_a_provider_says_which_session_has_ended(wire: Wire) -> None:
    assert await wire.provider().read_ending(ending({})) == ("somebody", "session 1")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"events": {}},
        {"events": None},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"aud": "ozhb"},
        {"iss": "https://others.example"},
        {"exp": int(time.time()) - 1},
    ],
)
async def test_what_tells_of_no_end_ends_nothing(wire: Wire, spoilt: Spoil) -> None:
    with pytest.raises(TokenInvalid):
        await wire.provider().read_ending(ending(spoilt))
    with pytest.raises(TokenInvalid, match="another kind"):
        await wire.provider().read_ending(ending({}, "at+jwt"))
