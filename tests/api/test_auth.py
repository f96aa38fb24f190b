"""Tokens: which prove somebody, and what happens while the identity provider is away."""

import base64
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from api.claims import ClaimNames, TokenInvalid
from api.issuer import ProviderUnavailable
from api.tokens import KEYS_STAY_FRESH_SECONDS, TokenVerifier
from domain.messages import PERSONS
from tests.api.world import (
    AUTHORITY_BIN,
    ISSUER,
    LONGEST_LIFE,
    SUPPLIER_BIN,
    Person,
    World,
    provider,
    token,
    token_key,
)
from tests.support.intake import iin


def verifier(wire: httpx.AsyncBaseTransport) -> TokenVerifier:
    return TokenVerifier(ISSUER, "ozhb", httpx.AsyncClient(transport=wire), LONGEST_LIFE)


def clocked(wire: httpx.AsyncBaseTransport, now: list[float]) -> TokenVerifier:
    """A verifier by a clock that the test moves."""
    client = httpx.AsyncClient(transport=wire)
    return TokenVerifier(ISSUER, "ozhb", client, LONGEST_LIFE, lambda: now[0])


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Movable(httpx.AsyncBaseTransport):
    """A wire that can be cut, and led elsewhere."""

    def __init__(self, target: httpx.MockTransport | None) -> None:
        self.target = target

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.target is None:
            raise httpx.ConnectError("cut")
        return await self.target.handle_async_request(request)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 1},
        {"iss": "https://others.example"},
        {"aud": "another"},
        {"nbf": int(time.time()) + 3600},
        {"role": "king"},
        {"iin": "12"},
        {"exp": None},
        {"sub": ""},
        {"exp": True},
        {"exp": str(int(time.time()) + 60)},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 10**400},
        {"exp": -1},
        {"exp": [int(time.time()) + 60]},
        {"iat": int(time.time()) + 3600},
        {"iat": True},
        {"nbf": "now"},
        {"aud": []},
        {"aud": ["another", "one more"]},
        {"aud": ["ozhb"] * 1000},
        {"exp": int(time.time()) + 13 * 3600},
        {"iat": None, "exp": int(time.time()) + 13 * 3600},
        {"iat": int(time.time()) - 12 * 3600, "exp": int(time.time()) + 60},
        {"iat": 0},
        {"role": None},
        {"role": ["recipient", "caseworker"]},
        {"role": {"recipient": True}},
    ],
)
async def test_a_token_that_breaks_a_rule_proves_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        await verifier(provider(token_key())).verify(token("recipient", **claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": time.time() + 7200.5},
        {"aud": ["another", "ozhb"]},
        {"nbf": int(time.time()) + 30},
        {"iat": None},
        {"iat": int(time.time()), "exp": int(time.time()) + 12 * 3600},
    ],
)
async def test_a_token_within_the_rules_proves_somebody(claims: dict[str, Any]) -> None:
    found = await verifier(provider(token_key())).verify(token("recipient", **claims))
    assert found.role == "recipient"


KEYCLOAK = ClaimNames(
    {"role": ("realm_access.roles", "scope"), "iin": ("https://id.example/iin", "person.iin")},
    {"portal-clerk": "caseworker", "portal-admin": "administrator", "ozhb.esobes": "esobes"},
)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"realm_access": {"roles": ["offline", "portal-clerk"]}}, "caseworker"),
        ({"realm_access": {"roles": ["portal-clerk"]}, "role": "administrator"}, "caseworker"),
        ({"scope": "profile ozhb.esobes"}, "esobes"),
        ({"realm_access": {"roles": ["offline"]}}, None),
        ({"realm_access": {"roles": ["caseworker"]}}, None),
        ({"realm_access": {"roles": ["portal-clerk", "portal-admin"]}}, None),
        ({"realm_access": "portal-clerk"}, None),
        ({"role": "caseworker"}, None),
        ({"scope": "portal-admin"}, None),
    ],
)
async def test_a_provider_may_call_claims_and_roles_otherwise_and_names_one_that_we_know(
    claims: dict[str, Any], role: str | None
) -> None:
    client = httpx.AsyncClient(transport=provider(token_key()))
    people = TokenVerifier(ISSUER, "ozhb", client, LONGEST_LIFE, names=KEYCLOAK)
    said = token("recipient", **{"role": None, "person": {"iin": iin(3)}, **claims})
    if role is None:
        with pytest.raises(TokenInvalid):
            await people.verify(said)
    else:
        found = await people.verify(said)
        assert (found.role, found.iin) == (role, iin(3))


@pytest.mark.parametrize(
    ("kind", "counts"),
    [("at+jwt", True), ("application/AT+JWT", True), ("JWT", True), ("logout+jwt", False)],
)
async def test_a_token_that_says_it_is_for_something_else_is_no_access_token(
    kind: str, counts: bool
) -> None:
    people, key = verifier(provider(token_key())), token_key()
    claims = jws.extract_compact(token("administrator").encode()).payload
    said = jws.serialize_compact({"alg": "RS256", "kid": key.kid, "typ": kind}, claims, key)
    if counts:
        assert (await people.verify(said)).role == "administrator"
    else:
        with pytest.raises(TokenInvalid, match="another kind"):
            await people.verify(said)


async def test_keys_of_elliptic_curves_count_and_each_signs_by_its_own_algorithm() -> None:
    curve, rsa = ECKey.generate_key("P-256", {"kid": "curve"}), token_key("rsa")
    people = verifier(provider(curve, rsa))
    claims = json.loads(jws.extract_compact(token("administrator").encode()).payload)
    for key, algorithm in ((curve, "ES256"), (rsa, "PS256"), (rsa, "RS256")):
        said = jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, [algorithm])
        assert (await people.verify(said)).role == "administrator"
    longer = jwt.encode({"alg": "RS512", "kid": rsa.kid}, claims, rsa, ["RS512"])
    with pytest.raises(TokenInvalid):
        await people.verify(longer)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://others.example"},
        {"jwks_uri": "http://people.example/jwks"},
        {"jwks_uri": "ftp://people.example/jwks"},
        {"jwks_uri": None},
        {"jwks_uri": 7},
    ],
)
async def test_a_description_that_leads_into_the_clear_or_to_others_is_not_followed(
    told: dict[str, Any],
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/.well-known/openid-configuration", "it was followed"
        said = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **told}
        return httpx.Response(200, json=said)

    with pytest.raises(ProviderUnavailable):
        await verifier(httpx.MockTransport(answer)).verify(token("recipient"))


async def test_a_grave_act_takes_a_token_of_somebody_who_signed_in_just_now(world: World) -> None:
    case = await world.reviewed()
    claims: dict[str, Any] = {"iin": iin(901), "authority": AUTHORITY_BIN}
    for auth_time in (int(time.time()) - 1_000, None, int(time.time()) + 600):
        old = Person(token("caseworker", **claims, auth_time=auth_time), world.clerk.signer)
        answer = await world.ask(case, "approve", old)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_too_old")
        told = answer.headers["www-authenticate"]
        assert told.startswith('Bearer error="insufficient_user_authentication"')
        assert 'max_age="900"' in told
        # What is not grave goes on.
        assert (await world.get(f"/v1/cases/{case}", old)).status_code == 200
    assert (await world.ask(case, "approve", world.clerk)).status_code != 401


async def test_what_is_held_of_somebody_is_neither_given_nor_let_go_by_an_old_sign_in(
    world: World,
) -> None:
    world.receive()
    long_ago = int(time.time()) - 1_000
    mine = Person(token("recipient", iin=iin(1), auth_time=long_ago), world.admin.signer)
    admin = Person(token("administrator", iin=iin(904), auth_time=long_ago), mine.signer)
    wish = {"kind": "lift_legal_hold", "person": str(uuid4())}
    for answer in (
        await world.get("/v1/me/data", mine),
        await world.post("/v1/operations", admin, wish),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_too_old")


async def test_only_the_providers_own_key_counts() -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "current"})
    with pytest.raises(TokenInvalid):
        await verifier(provider(token_key())).verify(token("recipient", stranger))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
async def test_another_algorithm_than_the_agreed_one_is_refused(algorithm: str) -> None:
    _, claims, _ = token("administrator").split(".")
    header = encoded(json.dumps({"alg": algorithm, "kid": "current"}).encode())
    # The classic: the published key taken for a shared secret.
    secret = token_key().as_pem(private=False)
    digest = hmac.digest(secret, f"{header}.{claims}".encode(), "sha256")
    forged = f"{header}.{claims}.{encoded(digest) if algorithm == 'HS256' else ''}"
    with pytest.raises(TokenInvalid):
        await verifier(provider(token_key())).verify(forged)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "." * 50, "e30.e30.e30", "a" * 9000])
async def test_what_is_no_token_proves_nothing(text: str) -> None:
    with pytest.raises(TokenInvalid):
        await verifier(provider(token_key())).verify(text)


async def test_a_new_key_of_the_provider_is_fetched_when_it_is_first_met() -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    people = clocked(wire, now)
    await people.verify(token("recipient"))
    fresh = token("recipient", token_key("next"))
    wire.target = provider(token_key(), token_key("next"))
    with pytest.raises(TokenInvalid):
        await people.verify(fresh)  # made-up key ids are not asked about at once
    now[0] += 10
    assert (await people.verify(fresh)).role == "recipient"


async def test_known_keys_go_on_while_the_provider_is_away() -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    people = clocked(wire, now)
    await people.verify(token("recipient"))
    wire.target, now[0] = None, now[0] + 3500
    assert (await people.verify(token("recipient", exp=int(now[0]) + 60))).role == "recipient"
    now[0] += 200
    assert (await people.verify(token("recipient", exp=int(now[0]) + 60))).role == "recipient"


async def test_a_key_that_left_the_set_no_longer_counts_within_its_cache_time() -> None:
    wire, now = Movable(provider(token_key(), token_key("next"))), [time.time()]
    people = clocked(wire, now)
    old = token("recipient", exp=int(now[0]) + 8 * 3600)
    await people.verify(old)
    wire.target = provider(token_key("next"))
    now[0] += KEYS_STAY_FRESH_SECONDS + 1
    with pytest.raises(TokenInvalid):
        await people.verify(old)
    fresh = token("recipient", token_key("next"), exp=int(now[0]) + 60)
    assert (await people.verify(fresh)).role == "recipient"


async def test_keys_outlive_the_provider_no_longer_than_a_token_may_live() -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    people = clocked(wire, now)
    await people.verify(token("recipient"))
    wire.target, now[0] = None, now[0] + LONGEST_LIFE.total_seconds() + 1
    with pytest.raises(ProviderUnavailable):
        await people.verify(token("recipient", iat=int(now[0]), exp=int(now[0]) + 60))
    wire.target, now[0] = provider(token_key()), now[0] + 10
    lasting = token("recipient", iat=int(now[0]), exp=int(now[0]) + 60)
    assert (await people.verify(lasting)).role == "recipient"


async def test_what_a_key_proved_is_forgotten_with_the_key(world: World) -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    keeper = world.app.state.doorkeeper
    keeper._tokens = clocked(wire, now)
    long_lived = token("administrator", iin=iin(904), exp=int(now[0]) + 8 * 3600)
    admin = Person(long_lived, world.admin.signer)
    assert (await world.get("/v1/me", admin)).status_code == 200
    now[0] += KEYS_STAY_FRESH_SECONDS + 1
    assert (await world.get("/v1/me", admin)).status_code == 200
    wire.target, now[0] = provider(token_key("next")), now[0] + KEYS_STAY_FRESH_SECONDS + 1
    assert (await world.get("/v1/me", admin)).status_code == 401


async def test_another_key_under_the_same_id_proves_nothing_old() -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    people = clocked(wire, now)
    before = await people.keys()
    await people.verify(token("recipient"))
    wire.target = provider(RSAKey.generate_key(2048, {"kid": "current"}))
    now[0] += KEYS_STAY_FRESH_SECONDS + 1
    assert await people.keys() is not before
    with pytest.raises(TokenInvalid):
        await people.verify(token("recipient", exp=int(now[0]) + 60))


async def test_without_any_key_the_provider_is_unavailable_and_soon_asked_again() -> None:
    wire, now = Movable(None), [time.time()]
    people = clocked(wire, now)
    with pytest.raises(ProviderUnavailable):
        await people.verify(token("recipient"))
    wire.target, now[0] = provider(token_key()), now[0] + 10
    assert (await people.verify(token("recipient"))).role == "recipient"


async def test_a_token_is_proven_once(world: World) -> None:
    for _ in range(3):
        assert (await world.get("/v1/me", world.admin)).status_code == 200
    assert len(world.app.state.doorkeeper._known) == 1


async def test_a_token_of_which_the_organisation_is_not_known_yet_is_looked_up_again(
    world: World,
) -> None:
    before = (await world.get("/v1/me", world.supplier)).json()
    world.offer()
    after = (await world.get("/v1/me", world.supplier)).json()
    assert (before["supplier"], after["supplier"]["bin"]) == (None, SUPPLIER_BIN)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer é", "Bearer a b"])
async def test_without_a_token_nobody_is_let_in(world: World, header: str) -> None:
    sent = {b"Authorization": header.encode("latin-1")}
    answer = await world.http.get("/v1/me", headers=sent)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_signed_in"


@pytest.mark.parametrize("role", PERSONS)
async def test_a_token_of_a_persons_role_without_a_person_is_refused_at_the_door(
    world: World, role: str
) -> None:
    claims = {"bin": SUPPLIER_BIN, "authority": AUTHORITY_BIN, "region": "71"}
    nobody = Person(token(role, **claims), world.admin.signer)
    answer = await world.get("/v1/me", nobody)
    assert (answer.status_code, answer.json()["code"]) == (403, "person_missing")
    assert answer.json()["detail"]


async def test_a_role_does_not_do_what_is_anothers(world: World) -> None:
    case = await world.choosing()
    answer = await world.ask(case, "approve", world.recipient())
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"


async def test_the_same_person_is_the_same_in_every_role(world: World) -> None:
    case = await world.reviewed(number=901)
    told = (await world.get("/v1/me", world.clerk)).json()
    whose = (await world.get("/v1/me", world.recipient(901))).json()
    assert told["person"] == whose["person"]
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).status_code == 200
