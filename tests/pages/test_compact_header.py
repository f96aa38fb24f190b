"""What stands above a page is one line on a phone, and its menu needs no script."""

from typing import Any

import pytest
from playwright.async_api import expect

from definitions.wording import LANGUAGES
from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_desks import ADMIN
from tests.pages.conftest import Pages
from tests.pages.desk import WIDE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]
# A link or a button of 44 px with what is around it.
ONE_LINE = 64
LINK = "header a[href='/cases']"


@pytest.mark.parametrize("size", [(390, 844), (320, 640)])
async def test_a_menu_on_a_phone_is_one_line_until_it_is_opened(
    pages: Pages, size: tuple[int, int]
) -> None:
    desk = await pages.at(ADMIN, size=size)
    page = desk.page
    header = await page.locator("header").bounding_box()
    assert header is not None
    assert header["height"] <= ONE_LINE
    await expect(page.locator(LINK)).to_be_hidden()
    await page.click("header summary")
    await expect(page.locator(LINK)).to_be_visible()
    await expect(page.locator("header button[value=ru]")).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0], "nothing is cut, nothing is scrolled to"
    await desk.follow(LINK)
    assert page.url.endswith("/cases")


async def test_a_menu_opens_without_scripts(pages: Pages) -> None:
    desk = await pages.at(RECIPIENT)
    kept = await desk.page.context.storage_state()
    plain = await pages.chromium.new_context(
        storage_state=kept, java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    page = await plain.new_page()
    await page.goto(desk.root)
    await page.click("header summary")
    await page.click(LINK)
    await expect(page).to_have_url(f"{desk.root}/cases")
    await plain.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("claims", [RECIPIENT, CLERK, ADMIN], ids=lambda one: str(one["role"]))
async def test_on_a_wide_screen_all_of_it_stands_there_in_two_lines_without_a_button(
    pages: Pages, claims: dict[str, Any], language: str
) -> None:
    desk = await pages.at(claims, language, size=WIDE)
    await expect(desk.page.locator("header summary")).to_be_hidden()
    await expect(desk.page.locator(LINK)).to_be_visible()
    header = await desk.page.locator("header").bounding_box()
    assert header is not None
    assert header["height"] <= 2 * ONE_LINE
