"""People and programs sign in by a provider that others made: as providers do it, not our sandbox.

Run by `make verify-oidc`, which fetches the provider; without Node nothing is known.
"""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jws

from api.claims import TokenInvalid
from api.console.visits import SESSION
from api.tokens import TokenVerifier
from db.sessions import read_session
from tests.provider.conftest import AUDIENCE, CARD, NAMES, Portal, RealProvider, Visitor

A_DAY = timedelta(days=1)
GRAVE = f"/v1/changes/{uuid4()}/approve"


async def test_somebody_signs_in_and_their_session_outlives_the_tokens_of_the_provider(
    portal: Portal,
) -> None:
    clerk = portal.browser()
    shown = await clerk.sign_in(login="clerk")
    assert (shown.status_code, shown.url.path) == (200, "/work")
    first = held(portal, clerk)
    assert first["role"] == "caseworker"
    # Tokens of this provider live 45 seconds: each page asks for the next.
    assert (await clerk.go(f"{portal.provider.portal}/cases")).status_code == 200
    second = held(portal, clerk)
    assert second["token"] != first["token"]
    assert second["refresh"] != first["refresh"], "a refresh token counts once"
    assert second["signed_in_at"] == first["signed_in_at"]


async def test_nobody_signs_in_who_refuses_or_has_no_role_of_ours(portal: Portal) -> None:
    for said in ({"login": ""}, {"login": "stranger"}):
        browser = portal.browser()
        assert (await browser.sign_in(**said)).status_code == 403
        assert SESSION not in browser.http.cookies


async def test_a_grave_act_takes_a_fresh_sign_in_on_pages(portal: Portal) -> None:
    admin = portal.browser()
    await admin.sign_in(login="admin", ago="1200")
    assert (await admin.send("/changes", kind="calendar", content="x")).status_code == 401
    # The provider knows them, and asks all the same; who only says so has signed in long ago.
    fresh = "/sign-in?fresh=1&back=/changes"
    assert (await admin.sign_in(fresh, login="admin", ago="1200")).status_code == 403
    assert (await admin.sign_in(fresh, login="admin")).url.path == "/changes"
    assert (await admin.send("/changes", kind="calendar", content="x")).status_code == 422


async def test_a_grave_act_takes_the_means_that_the_installation_asks_for(portal: Portal) -> None:
    portal.wants(CARD)
    admin = portal.browser()
    await admin.sign_in(login="admin", acr="urn:ozhb:password")
    assert (await admin.send("/changes", kind="calendar", content="x")).status_code == 401
    fresh = "/sign-in?fresh=1&back=/changes"
    weak = await admin.sign_in(fresh, login="admin", acr="urn:ozhb:password")
    assert weak.status_code == 403
    await admin.sign_in(fresh, login="admin", acr=CARD)
    assert (await admin.send("/changes", kind="calendar", content="x")).status_code == 422


async def test_a_program_is_told_to_ask_for_a_fresh_sign_in(portal: Portal) -> None:
    portal.wants(CARD)
    admin = portal.browser()
    await admin.sign_in(login="admin", acr=CARD, ago="1200")
    token = held(portal, admin)["token"]
    refused = await asked(portal, token, "POST", GRAVE)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_too_old")
    told = refused.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in told
    assert 'max_age="900"' in told
    assert f'acr_values="{CARD}"' in told
    assert (await asked(portal, token, "GET", "/v1/changes")).status_code == 200, "not grave"
    await admin.sign_in("/sign-in?fresh=1&back=/", login="admin", acr=CARD)
    fresh = held(portal, admin)["token"]
    assert (await asked(portal, fresh, "POST", GRAVE)).status_code == 404


async def test_the_provider_changes_its_keys_and_nobody_notices(portal: Portal) -> None:
    clerk, provider = portal.browser(), portal.provider
    await clerk.sign_in(login="clerk")
    before = held(portal, clerk)["token"]
    provider.change_keys("next")
    # Unknown keys are asked about after a pause.
    portal.now[0] += 3
    assert (await clerk.go(f"{provider.portal}/work")).url.path == "/work"
    after = held(portal, clerk)["token"]
    assert key_of(before) != key_of(after)
    assert (await asked(portal, before, "GET", "/v1/me")).status_code == 200, "still published"
    provider.change_keys("only")
    async with httpx.AsyncClient(trust_env=False) as http:
        begun_anew = TokenVerifier(provider.url, AUDIENCE, http, A_DAY, names=NAMES)
        assert (await begun_anew.verify(after)).role == "caseworker"
        with pytest.raises(TokenInvalid, match="unknown key"):
            await begun_anew.verify(before)


async def test_who_signs_out_is_signed_out_at_the_provider_too(portal: Portal) -> None:
    clerk, provider = portal.browser(), portal.provider
    await clerk.sign_in(login="clerk")
    answer = await clerk.send("/sign-out")
    leads = answer.headers["refresh"].partition("url=")[2]
    assert "id_token" not in leads, "no token stands in an address"
    back = await clerk.leave_provider(leads)
    assert (back.status_code, str(back.url)) == (200, f"{provider.portal}/signed-out")
    # The provider knows them no more: it asks again who it is.
    asks = await clerk.go(f"{provider.portal}/sign-in")
    assert asks.url.path.startswith("/interaction/")


async def test_a_session_ends_with_that_of_the_provider(portal: Portal) -> None:
    clerk, other = portal.browser(), portal.browser()
    for one in (clerk, other):
        await one.sign_in(login="clerk")
    await clerk.leave_provider(f"{portal.provider.url}/session/end")
    assert SESSION in clerk.http.cookies, "the portal was told by the provider alone"
    assert (await clerk.go(f"{portal.provider.portal}/work")).url.path.startswith("/interaction/")
    assert (await other.go(f"{portal.provider.portal}/work")).url.path == "/work"


async def test_programs_ask_with_tokens_of_their_own(portal: Portal) -> None:
    esobes = given(portal.provider, "e-sobes")
    sent = await asked(portal, esobes, "POST", "/v1/esobes/messages")
    assert sent.status_code not in (401, 403), sent.text
    assert (await asked(portal, esobes, "GET", "/v1/me")).status_code == 403
    erp = given(portal.provider, "supplier-erp")
    told = (await asked(portal, erp, "GET", "/v1/me")).json()
    assert (told["role"], told["person"] is not None) == ("supplier", True)
    stranger = given(portal.provider, "a-stranger")
    assert (await asked(portal, stranger, "GET", "/v1/me")).status_code == 401
    refused = portal.provider.token_of("e-sobes", secret="guessed")
    assert refused.status_code == 401


def given(provider: RealProvider, program: str) -> str:
    answer = provider.token_of(program)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def asked(portal: Portal, token: str, method: str, path: str) -> httpx.Response:
    """What the API answers to a program."""
    sent = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": "application/json",
    }
    body = "{}" if method == "POST" else None
    async with httpx.AsyncClient(trust_env=False, base_url=portal.provider.portal) as http:
        return await http.request(method, path, headers=sent, content=body)


def held(portal: Portal, visitor: Visitor) -> dict[str, Any]:
    """What the portal holds for a browser."""
    secret = base64.urlsafe_b64decode(visitor.http.cookies[SESSION])
    with portal.world.engine.connect() as connection:
        found = read_session(connection, secret, A_DAY)
    assert found is not None
    told: dict[str, Any] = json.loads(found.content)
    return told


def key_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])
