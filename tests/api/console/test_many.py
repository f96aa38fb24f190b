"""One act for many rows: what is chosen stays, is tried first, and each row has its own result."""

import re
from html import unescape

import httpx

from tests.api.console.conftest import CLERK, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import SECOND, Browsers, counted, two_failed
from tests.api.world import World


async def chosen(one: Browser, of: str = "work", filters: str = "", **more: str) -> httpx.Response:
    """All rows of a list, as they stand there."""
    shown = await one.open(f"/{of}?{filters}")
    form = {**hidden(shown.text), "all": "yes", **more}
    return await one.send("/many", **form)


async def tried(one: Browser, page: httpx.Response, act: str, **said: str) -> httpx.Response:
    """What would become of the rows, nothing being done."""
    assert page.status_code == 200, page.text
    return await one.send("/many/try", **{**hidden(page.text), "act": act, **said})


async def done(one: Browser, page: httpx.Response) -> httpx.Response:
    assert page.status_code == 200, page.text
    return await one.send("/many/do", **hidden(page.text))


def states(page: httpx.Response) -> list[str]:
    """The verdict on each row."""
    assert page.status_code == 200, page.text
    return re.findall(r'class="tag state-([a-z_]+)"', page.text)


async def test_many_rows_are_taken_and_a_second_press_takes_nothing_twice(
    browser: Browsers, world: World
) -> None:
    await two_failed(world)
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    page = await chosen(one, filters="assignee=unassigned")
    assert 'value="claim"' in page.text
    seen = await tried(one, page, "claim")
    assert states(seen) == ["would", "would"]
    assert counted(await one.open("/work")) == ["2", "0", "2"], "nothing is done by trying"
    # A third case comes: the choice stays what it was.
    world.fail_notice(world.receive(3))
    assert states(await done(one, seen)) == ["done", "done"]
    assert states(await done(one, seen)) == ["done", "done"]
    assert counted(await one.open("/work")) == ["3", "2", "1"]
    await other.sign_in(SECOND)
    refused = await tried(other, await chosen(other), "claim")
    assert sorted(states(refused)) == ["refused", "refused", "would"]
    assert "Эту работу уже взял другой" in refused.text


async def test_a_row_that_another_took_meanwhile_is_told_and_stops_nobody(
    browser: Browsers, world: World
) -> None:
    await two_failed(world)
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    await other.sign_in(SECOND)
    seen = await tried(one, await chosen(one), "claim")
    task = re.findall(r'action="(/work/[^"]+)"', (await other.open("/work")).text)[0]
    await other.send(task, act="claim")
    result = await done(one, seen)
    assert sorted(states(result)) == ["done", "refused"]
    assert counted(await one.open("/work")) == ["2", "1", "0"]


async def test_a_question_is_put_in_every_ticked_case_with_one_form(
    browser: Browsers, world: World
) -> None:
    cases = [world.receive(number) for number in (1, 2, 3)]
    one = browser()
    await one.sign_in(CLERK)
    listed = await one.open("/cases")
    form = hidden(listed.text)
    ticked = re.findall(r'name="row" value="([^"]+)"', listed.text)[:2]
    page = await one.send("/many", **form, row=ticked)
    assert page.text.count("<li><a href") == 2
    assert 'value="approve"' not in page.text, "grave decisions are made one by one"
    asks = await tried(one, page, "escalate")
    assert 'name="reason"' in asks.text
    to = re.findall(r'name="to" value="([a-z_0-9-]+)"|<option value="([a-z_0-9-]+)"', asks.text)[0]
    wrong = await one.send("/many/try", **hidden(asks.text), to=to[0] or to[1])
    assert wrong.status_code == 422
    said = {"to": to[0] or to[1], "reason": "Нужен совет"}
    seen = await one.send("/many/try", **hidden(asks.text), **said)
    assert states(seen) == ["would", "would"]
    plan = hidden(seen.text)["plan"]
    assert "Нужен" not in plan
    assert states(await done(one, seen)) == ["done", "done"]
    assert states(await done(one, seen)) == ["done", "done"]
    with world.engine.connect() as connection:
        put = connection.exec_driver_sql("SELECT DISTINCT case_id FROM escalation").scalars().all()
    assert {str(case) for case in put} == set(ticked)
    assert len(cases) == 3


async def test_a_case_that_another_changed_after_the_trial_is_left_and_says_so(
    browser: Browsers, world: World
) -> None:
    first, second = await two_failed(world)
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    await other.sign_in(SECOND)
    asks = await tried(one, await chosen(one, "cases"), "escalate")
    to = re.findall(r'<option value="([a-z_0-9-]+)"|name="to" value="([a-z_0-9-]+)"', asks.text)[0]
    said = {"to": to[0] or to[1], "reason": "Нужен совет"}
    seen = await one.send("/many/try", **hidden(asks.text), **said)
    assert states(seen) == ["would", "would"]
    address = f"/cases/{first}/do/escalate"
    form = hidden((await other.open(address)).text)
    assert (await other.send(address, **form, **said)).status_code == 303
    result = await done(one, seen)
    assert sorted(states(result)) == ["changed", "done"]
    assert "Тем временем" in unescape(result.text)
    assert second in result.text


async def test_nothing_chosen_and_what_no_page_carried_do_nothing(
    browser: Browsers, world: World
) -> None:
    reference_of(world, world.receive(1))
    one = browser()
    await one.sign_in(CLERK)
    assert (await one.send("/many", of="work")).status_code == 422
    assert (await one.send("/many/do", plan="AAAA")).status_code == 404
    assert (await one.send("/many/try", kept="AAAA", act="claim")).status_code == 404
