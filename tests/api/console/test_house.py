"""Signing in and out with a browser, and what no other site can do for who is signed in."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from api.console.house import local
from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden, relative
from tests.api.world import World

Browsers = Callable[[], Browser]


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
