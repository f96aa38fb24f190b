"""No page of anybody has a barrier that axe finds, at any place of the way, in three languages."""

from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.console.test_plain_words import PEOPLE
from tests.pages.conftest import Pages
from tests.pages.desk import PHONE, WIDE, Desk
from tests.support.amount import EVERY_PAGE, SPOKEN
from tests.support.crawl import crawl
from tests.support.standing import standing

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]
FILES = ("/offers/sheet", "/sign-in")
SIZES = {"kk": PHONE, "ru": PHONE, "en": WIDE}


@pytest.mark.parametrize("language", SPOKEN)
async def test_no_page_of_anybody_has_a_barrier(pages: Pages, language: str) -> None:
    await standing(pages.world)
    found: dict[str, list[str]] = {}
    for title, claims in PEOPLE.items():
        desk = await pages.new(language, SIZES[language])
        if claims:
            await desk.sign_in(claims)
        await crawl(partial(look, desk, title, found), "/", "/help", "/accessibility")
    assert found == {}


async def look(desk: Desk, title: str, found: dict[str, list[str]], address: str) -> httpx.Response:
    """A page, once it was looked at; a file is nothing to look at."""
    if urlsplit(address).path in FILES:
        return httpx.Response(200)
    answer = await desk.page.goto(f"{desk.root}{address}")
    assert answer is not None
    if barriers := await desk.barriers():
        found[f"{title} {address}"] = barriers
    return httpx.Response(answer.status, html=await answer.text())
