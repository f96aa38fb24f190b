"""What happens to people: two press at once, the session ends, they go back, the line breaks."""

import asyncio
import re

import pytest
from playwright.async_api import Error, Route
from sqlalchemy import text

from api.console.visits import SESSION
from definitions.wording import text as words
from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import SECOND
from tests.api.world import World
from tests.pages.conftest import Pages
from tests.pages.desk import SEND, Desk
from tests.pages.test_journeys import order
from tests.support.amount import EVERY_PAGE
from tests.support.polling import soon

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


async def ask_for_advice(desk: Desk, why: str) -> None:
    """What may be asked for again and again."""
    await desk.choose_first("to")
    await desk.fill(reason=why)
    await desk.follow(SEND)


async def lose(route: Route) -> None:
    """It arrives and is answered, and the answer comes nowhere."""
    await route.fetch(max_redirects=0)
    await route.abort("connectionreset")


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
    late = (one, other)[told.index(1)]
    read = await late.page.inner_text("#faults")
    assert re.search(r"\d\d:\d\d", read), "when"
    assert words("happened.asked", "kk") in read, "what"
    assert happened(pages.world, case, "asked") == 1


async def test_who_goes_back_after_an_act_finds_no_form_but_who_did_it_and_when(
    pages: Pages,
) -> None:
    case = await pages.world.choosing()
    form = f"/cases/{reference_of(pages.world, case)}/do/decline?period=1"
    desk = await pages.at(RECIPIENT, "ru", form)
    await desk.fill(reason="Керек емес")
    await desk.follow(SEND)
    await desk.back()
    assert await desk.page.locator("main form").count() == 0
    told = await desk.page.inner_text("main [role=alert]")
    assert told.startswith(words("page.fault.gone", "ru"))
    assert words("happened.declined", "ru") in told
    assert re.search(r"\d\d:\d\d", told)
    assert happened(pages.world, case, "declined") == 1


async def test_a_form_to_which_somebody_goes_back_is_still_the_same_and_acts_once(
    pages: Pages,
) -> None:
    case = await pages.world.choosing()
    desk = await pages.at(
        CLERK, "ru", f"/cases/{reference_of(pages.world, case)}/do/escalate?period=1"
    )
    await ask_for_advice(desk, "Нужен совет")
    await desk.back()
    await ask_for_advice(desk, "Нужен совет")
    assert await desk.page.locator(".done").count() == 1
    assert happened(pages.world, case, "escalated") == 1
    await desk.back()
    await ask_for_advice(desk, "Нужен другой совет")
    told = await desk.page.inner_text("#faults")
    assert told.startswith(words("page.fault.sent_before", "ru"))
    await desk.follow(SEND)
    assert happened(pages.world, case, "escalated") == 2


async def test_who_goes_back_after_an_order_orders_nothing_twice(pages: Pages) -> None:
    pages.world.offer()
    case = await pages.world.choosing()
    desk = await pages.at(RECIPIENT)
    await order(desk, reference_of(pages.world, case))
    # What was signed was the answer to a form: browsers keep no such page.
    async with desk.page.expect_navigation():
        await desk.page.evaluate("history.go(-2)")
    await desk.look()
    assert await desk.page.locator("main form").count() == 0
    assert words("happened.ordered", "kk") in await desk.page.inner_text("main")
    assert happened(pages.world, case, "ordered") == 1


async def test_a_form_that_reaches_nobody_says_so_keeps_its_words_and_acts_once(
    pages: Pages,
) -> None:
    case = await pages.world.choosing()
    form = f"/cases/{reference_of(pages.world, case)}/do/decline?period=1"
    desk = await pages.at(RECIPIENT, "kk", form)
    await desk.fill(reason="Қазір керек емес")
    async with pages.nobody_answers():
        for _ in range(2):
            await desk.page.click(SEND)
            await desk.page.wait_for_selector("#unreachable:focus")
        assert await desk.page.inner_text("#unreachable") == words("page.fault.unreachable", "kk")
        assert await desk.page.input_value("[name=reason]") == "Қазір керек емес"
        await desk.look()
    await desk.follow(SEND)
    await desk.sees("declined")
    assert happened(pages.world, case, "declined") == 1


async def test_of_an_act_whose_answer_is_lost_nothing_is_done_twice(pages: Pages) -> None:
    case = await pages.world.choosing()
    form = f"/cases/{reference_of(pages.world, case)}/do/escalate?period=1"
    desk = await pages.at(CLERK, path=form)
    await desk.page.route("**/do/**", lose, times=1)
    await desk.choose_first("to")
    await desk.fill(reason="Кеңес керек")
    with pytest.raises(Error, match="ERR_CONNECTION_RESET"):
        await desk.follow(SEND)
    await soon(lambda: desk.page.url, lambda address: address.startswith("chrome-error:"))
    assert happened(pages.world, case, "escalated") == 1
    await desk.open(form)
    assert await desk.page.input_value("[name=reason]") == "Кеңес керек"
    await desk.follow(SEND)
    assert await desk.page.locator(".done").count() == 1
    assert happened(pages.world, case, "escalated") == 1


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
