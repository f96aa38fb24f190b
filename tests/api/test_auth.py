"""Tokens: which prove somebody, and what happens while the identity provider is away."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.tokens import ProviderUnavailable, TokenInvalid, TokenVerifier
from tests.api.world import ISSUER, SUPPLIER_BIN, World, provider, token, token_key


def verifier(wire: httpx.AsyncBaseTransport) -> TokenVerifier:
    return TokenVerifier(ISSUER, "ozhb", httpx.AsyncClient(transport=wire))


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
    ],
)
async def test_a_token_that_breaks_a_rule_proves_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        await verifier(provider(token_key())).verify(token("recipient", **claims))


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
    people = TokenVerifier(ISSUER, "ozhb", httpx.AsyncClient(transport=wire), lambda: now[0])
    await people.verify(token("recipient"))
    fresh = token("recipient", token_key("next"))
    wire.target = provider(token_key(), token_key("next"))
    with pytest.raises(TokenInvalid):
        await people.verify(fresh)  # made-up key ids are not asked about at once
    now[0] += 10
    assert (await people.verify(fresh)).role == "recipient"


async def test_known_keys_go_on_while_the_provider_is_away() -> None:
    wire, now = Movable(provider(token_key())), [time.time()]
    people = TokenVerifier(ISSUER, "ozhb", httpx.AsyncClient(transport=wire), lambda: now[0])
    await people.verify(token("recipient"))
    wire.target, now[0] = None, now[0] + 3500
    assert (await people.verify(token("recipient", exp=int(now[0]) + 60))).role == "recipient"
    now[0] += 200
    assert (await people.verify(token("recipient", exp=int(now[0]) + 60))).role == "recipient"


async def test_without_any_key_the_provider_is_unavailable_and_soon_asked_again() -> None:
    wire, now = Movable(None), [time.time()]
    people = TokenVerifier(ISSUER, "ozhb", httpx.AsyncClient(transport=wire), lambda: now[0])
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


async def test_a_role_does_not_do_what_is_anothers(world: World) -> None:
    case = await world.choosing()
    answer = await world.post(f"/v1/cases/{case}/approve", world.recipient())
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"


async def test_the_same_person_is_the_same_in_every_role(world: World) -> None:
    case = await world.reviewed(number=901)
    told = (await world.get("/v1/me", world.clerk)).json()
    whose = (await world.get("/v1/me", world.recipient(901))).json()
    assert told["person"] == whose["person"]
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).status_code == 200
