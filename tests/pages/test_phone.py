"""Who has no key on the computer signs with the phone, and the page goes on by itself."""

import asyncio
from urllib.parse import unquote

import pytest

from tests.api.console.conftest import RECIPIENT
from tests.api.console.test_house import reference_of
from tests.api.world import ADDRESS
from tests.pages.conftest import Pages
from tests.pages.desk import SEND
from tests.support.amount import EVERY_PAGE

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]


async def test_an_order_is_signed_with_a_phone(pages: Pages) -> None:
    case = await pages.world.choosing()
    pages.world.offer()
    form = f"/cases/{reference_of(pages.world, case)}/sign/place_order?period=1"
    desk = await pages.at(RECIPIENT, path=form)
    page = desk.page
    await page.check("input[name=offer_id]")
    await desk.fill(quantity="1", deliver_to__address=ADDRESS)
    await desk.follow(SEND)
    await desk.follow("button[name=with_phone]")
    link = await page.get_attribute("a[href*='egov']", "href")
    title = next(iter(desk.personas))
    code = {"code": f"mobileSign:{unquote(link or '')}", "title": title}
    answer = await asyncio.to_thread(desk.outside.client.post, "/egov-mobile/codes", json=code)
    assert answer.json()["status"] == 200
    await page.wait_for_selector(".done")
    await desk.sees("ordered")
