"""No page of anybody has a barrier that axe finds, at any place of the way, in three languages."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest

from api.link import Link
from tests.api.console.test_desks import ADMIN, OTHER_ADMIN
from tests.api.console.test_house import reference_of
from tests.api.console.test_plain_words import PEOPLE, beyond
from tests.pages.answers import ANSWERS, FILES_AND_WAYS
from tests.pages.conftest import Pages
from tests.pages.desk import PHONE, WIDE, Desk
from tests.sandbox.world import World
from tests.support.amount import EVERY_PAGE, SPOKEN
from tests.support.crawl import crawl, routes
from tests.support.host import hosting
from tests.support.outside import Outside
from tests.support.servers import Database
from tests.support.standing import standing

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]
EACH = pytest.mark.parametrize("language", SPOKEN)
OF_EACH = pytest.mark.parametrize("title", PEOPLE)
OF_RUNS: Final = frozenset(("/stuck/restart", "/stuck/{reference}/reset"))
FILES: Final = ("/offers/sheet", "/sign-in", "/my-data/file", "/bundle")
SIZES: Final = {"kk": PHONE, "ru": PHONE, "en": WIDE}
BEGINNINGS: Final = ("/", "/help", "/accessibility")


@EACH
@OF_EACH
async def test_no_page_of_anybody_has_a_barrier(pages: Pages, title: str, language: str) -> None:
    """Every page that links lead to, and each form on it as it comes back with nothing said.

    That nobody's page is forgotten is proven beside it, with the same crawl (test_plain_words).
    """
    cases = (await standing(pages.world)).references
    desk = await looking(pages, title, language)
    seen = await crawl(partial(look, desk), *BEGINNINGS, *beyond(title, cases))
    for one in seen:
        if asks_for_words(one.answer):
            await desk.page.goto(f"{desk.root}{one.address}")
            await desk.send_empty()
    assert not desk.gathered, desk.in_its_way


async def looking(pages: Pages, title: str, language: str) -> Desk:
    """A window of one of the people, who looks at everything before anything is told."""
    desk = await pages.new(language, SIZES[language])
    desk.gathered = {}
    if claims := PEOPLE[title]:
        await desk.sign_in(claims)
    return desk


async def look(desk: Desk, address: str) -> httpx.Response:
    """A page, once it was looked at; a file is nothing to look at."""
    if urlsplit(address).path.endswith(FILES):
        return httpx.Response(200)
    answer = await desk.page.goto(f"{desk.root}{address}")
    assert answer is not None
    await desk.look()
    return httpx.Response(answer.status, html=await answer.text())


def asks_for_words(answer: httpx.Response) -> bool:
    """Whether there is a form on a page that cannot be sent as it stands."""
    forms = re.findall(r"<form method=\"post\".*?</form>", answer.text, re.DOTALL)
    return any(re.search(r"<(?:input|textarea|select)[^>]* required", one) for one in forms)


@EACH
@pytest.mark.parametrize("title", ANSWERS)
async def test_no_page_that_answers_a_form_has_a_barrier(
    pages: Pages, tmp_path: Path, title: str, language: str
) -> None:
    """What comes of every form, and what comes in place of a page."""
    made = await standing(pages.world)
    desk = await looking(pages, title, language)
    await ANSWERS[title].play(desk, made, tmp_path)
    assert not desk.gathered, desk.in_its_way
    assert desk.answered == ANSWERS[title].routes


@EACH
async def test_no_page_of_who_takes_a_run_back_has_a_barrier(
    pages: Pages, outside: World, database: Database, temporal_address: str, language: str
) -> None:
    """On a real Temporal: all runs begin anew, and two take one of them back."""
    place = Outside(outside.url, outside.client)
    async with hosting(temporal_address, database, place) as host, host.working():
        party = await host.begin()
        await host.play(party, "in_fulfilment")
        state = pages.world.app.state
        state.parts = replace(state.parts, link=Link(None, host.cases))
        one, other = [await pages.at(who, language, "/stuck") for who in (ADMIN, OTHER_ADMIN)]
        await one.fill(sure="yes")
        await one.follow("form[action='/stuck/restart'] button")
        back = f"/stuck/{reference_of(pages.world, party.file.id)}/reset"
        await one.open(back)
        await one.follow("button[value=try]")
        await one.follow("button[value=propose]")
        await other.open(back)
        await other.follow("button[value=approve]")
        answered = one.answered | other.answered
    assert answered == OF_RUNS


async def test_no_form_is_forgotten_that_answers_with_a_page() -> None:
    known = frozenset[str]().union(*(one.routes for one in ANSWERS.values()))
    asked = {one.path for one in routes() if "POST" in (one.methods or ())}
    assert asked == known | OF_RUNS | FILES_AND_WAYS
