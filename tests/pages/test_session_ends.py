"""The end of a session is told before it comes."""

import pytest

from tests.api.console.conftest import RECIPIENT
from tests.api.console.test_house import reference_of
from tests.pages.conftest import Pages

pytestmark = pytest.mark.asyncio(loop_scope="session")
MINUTE = 60 * 1000


async def test_the_end_is_told_before_it_comes_and_one_click_goes_on(pages: Pages) -> None:
    reference = reference_of(pages.world, await pages.world.choosing())
    desk = await pages.new()
    await desk.page.clock.install()
    await desk.sign_in(RECIPIENT)
    await desk.open(f"/cases/{reference}/do/decline?period=1")
    ends = desk.page.locator("#ends")
    await desk.page.clock.fast_forward(24 * MINUTE)
    assert await ends.is_hidden()
    await desk.page.clock.fast_forward(2 * MINUTE)
    assert await ends.is_visible()
    assert await ends.locator("a").is_hidden(), "it takes no new sign-in"
    async with desk.page.expect_response("**/session"):
        await ends.locator("button").click()
    await ends.wait_for(state="hidden")
    # Who writes uses the session: no end comes nearer meanwhile.
    await desk.page.clock.fast_forward(20 * MINUTE)
    async with desk.page.expect_response("**/session"):
        await desk.page.locator("[name=reason]").fill("Маған керек емес")
    await desk.page.clock.fast_forward(20 * MINUTE)
    assert await ends.is_hidden()
