"""Signing in and out with a browser, and what no other site can do for who is signed in."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.console.house import local
from api.console.provider import SignInProvider
from api.console.visits import SESSION, end_told_of
from api.issuer import ClientProof
from api.tokens import TokenVerifier
from db.sessions import keep_session, lock_session, name_of
from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden, relative
from tests.api.world import World
from tests.sandbox.world import World as Outside

Browsers = Callable[[], Browser]
HOURS = timedelta(hours=12)


async def test_somebody_signs_in_and_comes_to_the_page_that_they_wanted(
    browser: Browsers,
) -> None:
    one = browser()
    asked = await one.http.get("/work", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?back=%2Fwork"
    shown = await one.sign_in(CLERK, back="/work")
    assert (shown.status_code, shown.url.path) == (200, "/work")


async def test_what_the_provider_gave_to_one_browser_signs_no_other_in(browser: Browsers) -> None:
    one, other = browser(), browser()
    back = relative(await one.at_provider(CLERK))
    assert (await other.open(back)).status_code == 400
    assert (await other.http.get("/work", follow_redirects=False)).status_code == 303
    assert (await one.open(back)).status_code == 200
    # A code counts once.
    assert (await one.open(back)).status_code in (400, 403)


async def test_who_has_signed_out_is_signed_in_no_more_with_the_old_cookie_either(
    browser: Browsers,
) -> None:
    one = browser()
    await one.sign_in(CLERK)
    kept = dict(one.http.cookies)
    assert (await one.send("/sign-out")).status_code == 200
    one.http.cookies.update(kept)
    assert (await one.http.get("/work", follow_redirects=False)).status_code == 303


async def test_a_copy_of_the_database_signs_nobody_in(browser: Browsers, world: World) -> None:
    await browser().sign_in(RECIPIENT)
    with world.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, sealed FROM browser_session")).all()
    assert len(rows) == 1
    assert all(b"ey" not in bytes(row.sealed)[:4] and b"token" not in row.sealed for row in rows)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_of_another_site_does_nothing(
    browser: Browsers, world: World, headers: dict[str, str]
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference_of(world, case)}/do/pause"
    form = {"ground": "treatment", "reason": "x"}
    answer = await one.http.post(address, data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == 403


async def test_the_same_form_sent_twice_does_it_once(browser: Browsers, world: World) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/do/decline?period=1"
    form: dict[str, Any] = {**hidden((await one.open(address)).text), "reason": "Керек емес"}
    first, second = await one.send(address, **form), await one.send(address, **form)
    assert (first.status_code, second.status_code) == (303, 303)
    shown = await one.open(first.headers["location"])
    assert shown.status_code == 200
    told = (await world.get(f"/v1/cases/{case}/events", None)).status_code
    assert told == 401
    with world.engine.connect() as connection:
        asked = text("SELECT count(*) FROM event WHERE case_id = :id AND type = 'declined'")
        assert connection.execute(asked, {"id": case}).scalar_one() == 1


async def test_a_form_with_mistakes_comes_back_with_them_and_with_what_was_typed(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/do/contest_deadline?period=1"
    form = hidden((await one.open(address)).text)
    answer = await one.send(address, **form, reason="Қате күн", start="когда-нибудь")
    assert answer.status_code == 422
    assert "Қате күн" in answer.text
    assert "когда-нибудь" in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_what_was_typed_is_not_lost_when_the_session_has_ended(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/do/decline?period=1"
    form = hidden((await one.open(address)).text)
    one.http.cookies.clear()
    answer = await one.send(address, **form, reason="Керек емес")
    assert answer.status_code == 401
    again = hidden(answer.text)
    assert again["reason"] == "Керек емес"
    await one.sign_in(RECIPIENT)
    assert (await one.send(address, **again)).status_code == 303


async def test_a_case_of_others_does_not_exist(browser: Browsers, world: World) -> None:
    case = await world.choosing(2)
    reference = reference_of(world, case)
    one, clerk = browser(), browser()
    await clerk.sign_in(CLERK)
    assert (await clerk.open(f"/cases/{reference}")).status_code == 200
    await one.sign_in(RECIPIENT)
    assert (await one.open(f"/cases/{reference}")).status_code == 404


@pytest.mark.parametrize(
    ("address", "goes"),
    [
        ("/work?assignee=mine", "/work?assignee=mine"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(address: str, goes: str) -> None:
    assert local(address) == goes


def reference_of(world: World, case: str) -> str:
    with world.engine.connect() as connection:
        asked = text("SELECT reference FROM case_head WHERE case_id = :id")
        return str(connection.execute(asked, {"id": case}).scalar_one())


async def test_a_language_chosen_with_one_browser_is_spoken_by_another(
    browser: Browsers, world: World
) -> None:
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    await one.send("/language", language="kk", back="/")
    page = await other.sign_in(CLERK)
    assert page.headers["content-language"] == "kk"
    # What a programme says of its person leaves it as it is.
    await one.sign_in(RECIPIENT)
    await one.send("/language", language="en", back="/")
    world.receive(1)
    assert (await other.sign_in(RECIPIENT)).headers["content-language"] == "en"


def secret_of(one: Browser) -> bytes:
    return base64.urlsafe_b64decode(one.http.cookies[SESSION])


def unused(world: World, one: Browser, minutes: int) -> None:
    """Let this browser not have been used for so long."""
    said = "UPDATE browser_session SET used_at = now() - make_interval(mins => :m) WHERE id = :id"
    with world.engine.begin() as connection:
        connection.execute(text(said), {"m": minutes, "id": name_of(secret_of(one))})


async def test_a_session_that_nobody_uses_ends_and_what_a_page_asks_by_itself_is_no_use(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(CLERK)
    for _ in range(2):
        unused(world, one, 29)
        told = (await one.http.get("/session")).json()
        assert told["left"] > 29 * 60, "whoever writes uses it"
        assert told["at_most"] > 7 * 3600
    unused(world, one, 29)
    assert (await one.http.get("/work", headers={"HX-Request": "true"})).status_code == 200
    assert (await one.http.get("/work", follow_redirects=False)).status_code == 200
    unused(world, one, 31)
    polled = await one.http.get("/work", headers={"HX-Request": "true"})
    assert polled.headers["hx-redirect"] == "/session/over?back=%2Fwork", "nobody is let in unasked"
    assert "/sign-in?back=%2Fwork" in (await one.open(polled.headers["hx-redirect"])).text
    assert (await one.http.get("/work", follow_redirects=False)).status_code == 303
    assert (await one.http.get("/session")).status_code == 401


async def test_a_page_says_for_how_long_the_session_goes_on(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(CLERK)
    unused(world, one, 10)
    polled = (await one.http.get("/work", headers={"HX-Request": "true"})).text
    (left,) = re.findall(r'data-left="(\d+)"', polled)
    assert 19 * 60 <= int(left) <= 20 * 60


async def test_the_next_token_is_asked_for_once_and_without_one_the_session_ends(
    browser: Browsers, world: World, outside: Outside
) -> None:
    one = browser()
    await one.sign_in({**CLERK, "ttl_seconds": 45})
    before = held(world, one)
    pages = await asyncio.gather(*(one.http.get("/work") for _ in range(3)))
    # A refresh token counts once: had each asked by itself, all but one would be out.
    assert [page.status_code for page in pages] == [200, 200, 200]
    after = held(world, one)
    assert after["refresh"] != before["refresh"]
    assert after["signed_in_at"] == before["signed_in_at"], "nobody has signed in anew"
    outside.client.delete("/identity/sessions").raise_for_status()
    assert (await one.http.get("/work", follow_redirects=False)).status_code == 303
    assert (await one.http.get("/session")).status_code == 401


async def test_while_the_provider_is_away_a_token_that_counts_goes_on_and_no_form_is_lost(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(CLERK)
    parts = world.app.state.parts
    away = TokenVerifier("http://127.0.0.1:9", "ozhb", parts.tokens.wire.client, HOURS)
    silent = SignInProvider(away, ClientProof("ozhb-pages"))
    world.app.state.parts = replace(parts, provider=silent)
    change(world, one, refresh="r1", until=time.time() + 30)
    assert (await one.http.get("/work")).status_code == 200
    change(world, one, until=time.time() - 1)
    form = {"name": "Күту"}
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    answer = await one.http.post("/lists/keep", data=form, headers=headers)
    assert answer.status_code == 503
    assert hidden(answer.text)["name"] == "Күту"


def change(world: World, one: Browser, **said: Any) -> None:
    """Let the session of a browser hold something else."""
    content = {**held(world, one), **said}
    with world.engine.begin() as connection:
        keep_session(connection, secret_of(one), json.dumps(content).encode())


async def test_the_provider_ends_a_session_or_all_of_somebody(
    browser: Browsers, world: World, outside: Outside
) -> None:
    outside.client.delete("/identity/sessions").raise_for_status()
    one, other, clerk = browser(), browser(), browser()
    for each in (one, other):
        await each.sign_in(RECIPIENT)
    await clerk.sign_in(CLERK)
    first, *_ = outside.client.delete("/identity/sessions").json()["logout_tokens"]
    for token in ("", "a.b.c", held(world, one)["token"]):
        told = await clerk.http.post("/sign-out/by-provider", data={"logout_token": token})
        assert told.status_code in (400, 422)
    assert await are_in(one, other, clerk) == [True, True, True]
    told = await clerk.http.post("/sign-out/by-provider", data={"logout_token": first})
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert await are_in(one, other, clerk) == [False, True, True]
    await one.sign_in(RECIPIENT)
    assert end_told_of(world.app.state.parts, held(world, one)["subject"], None) == 2
    assert await are_in(one, other, clerk) == [False, False, True]


def held(world: World, one: Browser) -> dict[str, Any]:
    """What the session of a browser holds."""
    with world.engine.begin() as connection:
        found = lock_session(connection, secret_of(one), HOURS)
    assert found is not None
    told: dict[str, Any] = json.loads(found.content)
    return told


async def are_in(*several: Browser) -> list[bool]:
    asked = [await one.http.get("/cases", follow_redirects=False) for one in several]
    return [answer.status_code == 200 for answer in asked]


async def test_somebody_sees_where_they_are_signed_in_and_signs_out_everywhere_else(
    browser: Browsers,
) -> None:
    one, other, clerk = browser(), browser(), browser()
    for each in (one, other):
        await each.sign_in(RECIPIENT)
    await clerk.sign_in(CLERK)
    shown = (await one.open("/sessions")).text
    assert shown.count("<li>") == 2
    assert shown.count("<strong>") == 1, "this one"
    assert (await one.http.post("/sessions/end")).status_code == 403, "a form of another site"
    ended = await one.send("/sessions/end")
    assert (await one.open(ended.headers["location"])).text.count("<li>") == 1
    assert await are_in(one, other, clerk) == [True, False, True]
