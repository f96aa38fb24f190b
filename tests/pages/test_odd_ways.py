"""What happens to people: two press at once, the session ends, no script runs."""

import asyncio

import pytest
from sqlalchemy import text

from api.console.visits import SESSION
from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import SECOND
from tests.api.world import World
from tests.pages.conftest import Pages
from tests.pages.desk import SEND
from tests.support.amount import EVERY_PAGE

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]


def happened(world: World, case: str, kind: str) -> int:
    """How often something happened in a case."""
    with world.engine.connect() as connection:
        asked = text("SELECT count(*) FROM event WHERE case_id = :id AND type = :kind")
        return int(connection.execute(asked, {"id": case, "kind": kind}).scalar_one())


async def test_what_another_did_appears_without_a_touch_and_keeps_the_focus(pages: Pages) -> None:
    case = await pages.world.choosing()
    place = f"/cases/{reference_of(pages.world, case)}"
    clerk = await pages.at(CLERK, "ru", place)
    await clerk.page.focus(".brand a")
    recipient = await pages.at(RECIPIENT, "ru", place)
    await recipient.act("decline", reason="Керек емес")
    await clerk.page.wait_for_selector("text=Отказ получателя", timeout=5_000)
    assert await clerk.page.evaluate("document.activeElement.textContent") == "ozhb"


async def test_of_two_who_press_at_once_one_does_it_and_the_other_reads_who_did(
    pages: Pages,
) -> None:
    case = await pages.world.choosing()
    form = f"/cases/{reference_of(pages.world, case)}/do/report_no_supplier?period=1"
    one, other = await pages.at(CLERK, path=form), await pages.at(SECOND, path=form)
    for desk in (one, other):
        await desk.fill(reason="Жеткізуші жоқ")
    await asyncio.gather(*(desk.follow(SEND) for desk in (one, other)))
    done = [await desk.page.locator(".done").count() for desk in (one, other)]
    told = [await desk.page.locator("#faults").count() for desk in (one, other)]
    assert (sorted(done), sorted(told)) == ([0, 1], [0, 1])
    assert happened(pages.world, case, "asked") == 1


async def test_a_session_that_ends_in_a_form_loses_nothing_of_it(pages: Pages) -> None:
    case = await pages.world.choosing()
    form = f"/cases/{reference_of(pages.world, case)}/do/decline?period=1"
    desk = await pages.at(RECIPIENT, path=form)
    await desk.fill(reason="Қазір керек емес")
    await desk.page.context.clear_cookies(name=SESSION)
    await desk.follow(SEND)
    async with desk.page.context.expect_page() as opened:
        await desk.page.click("main ol a")
    again = await opened.value
    await again.click("button[name=title]")
    await again.wait_for_url(f"{desk.root}/")
    await desk.follow("main ol button")
    await desk.sees("declined")
    assert happened(pages.world, case, "declined") == 1


async def test_a_double_click_does_it_once(pages: Pages) -> None:
    case = await pages.world.choosing()
    desk = await pages.at(
        RECIPIENT, path=f"/cases/{reference_of(pages.world, case)}/do/decline?period=1"
    )
    await desk.fill(reason="Керек емес")
    async with desk.page.expect_navigation():
        await desk.page.dblclick(SEND)
    await desk.page.wait_for_selector(".done")
    assert happened(pages.world, case, "declined") == 1


async def test_without_scripts_the_pages_lead_to_the_same_end(pages: Pages) -> None:
    case = await pages.world.choosing()
    place = f"/cases/{reference_of(pages.world, case)}"
    desk = await pages.at(RECIPIENT, java_script_enabled=False)
    await desk.follow(f"main a[href='{place}']")
    await desk.act("decline", reason="Керек емес")
    await desk.sees("declined")
