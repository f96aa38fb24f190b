"""No page of anybody has a barrier that axe finds, at any place of the way, in three languages."""

import re
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.console.test_plain_words import PEOPLE
from tests.pages.answers import ANSWERS, FILES_AND_WAYS
from tests.pages.conftest import Pages
from tests.pages.desk import PHONE, WIDE, Desk
from tests.support.amount import EVERY_PAGE, SPOKEN
from tests.support.crawl import ELSEWHERE, crawl, routes
from tests.support.standing import standing

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]
EACH = pytest.mark.parametrize("language", SPOKEN)
FILES: Final = ("/offers/sheet", "/sign-in")
SIZES: Final = {"kk": PHONE, "ru": PHONE, "en": WIDE}
BEGINNINGS: Final = ("/", "/help", "/accessibility")


@EACH
async def test_no_page_of_anybody_has_a_barrier(pages: Pages, language: str) -> None:
    """Every page that links lead to, and each form on it as it comes back with nothing said."""
    cases = (await standing(pages.world)).references
    beyond = {"administrator": (f"/stuck/{cases['choosing']}/reset", "/many")}
    found: dict[str, list[str]] = {}
    led_to: set[str] = set()
    for title, claims in PEOPLE.items():
        desk = await pages.new(language, SIZES[language])
        if claims:
            await desk.sign_in(claims)
        looked = partial(look, desk, title, found)
        seen = await crawl(looked, *BEGINNINGS, *beyond.get(title, ()))
        led_to |= {one.route for one in seen}
        for one in seen:
            if asks_for_words(one.answer):
                await desk.page.goto(f"{desk.root}{one.address}")
                await desk.send_empty()
        await desk.close()
    assert found == {}
    shown = {one.path for one in routes() if "GET" in (one.methods or ())}
    assert shown - led_to - ELSEWHERE == set(), "nobody has looked at these"


async def look(desk: Desk, title: str, found: dict[str, list[str]], address: str) -> httpx.Response:
    """A page, once it was looked at; a file is nothing to look at."""
    if urlsplit(address).path in FILES:
        return httpx.Response(200)
    answer = await desk.page.goto(f"{desk.root}{address}")
    assert answer is not None
    if barriers := await desk.barriers():
        found[f"{title} {address}"] = barriers
    return httpx.Response(answer.status, html=await answer.text())


def asks_for_words(answer: httpx.Response) -> bool:
    """Whether there is a form on a page that cannot be sent as it stands."""
    forms = re.findall(r"<form method=\"post\".*?</form>", answer.text, re.DOTALL)
    return any(re.search(r"<(?:input|textarea|select)[^>]* required", one) for one in forms)


@EACH
async def test_no_page_that_answers_a_form_has_a_barrier(
    pages: Pages, tmp_path: Path, language: str
) -> None:
    """What comes of every form, and what comes in place of a page."""
    made = await standing(pages.world)
    answered: set[str] = set()
    for title, play in ANSWERS.items():
        desk = await pages.new(language, SIZES[language])
        if claims := PEOPLE[title]:
            await desk.sign_in(claims)
        await play(desk, made, tmp_path)
        answered |= desk.answered
        await desk.close()
    asked = {one.path for one in routes() if "POST" in (one.methods or ())}
    assert asked - answered - FILES_AND_WAYS == set(), "nobody has looked at what these answer"
