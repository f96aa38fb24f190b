"""The case page, its forms and its dates, as each of the parties sees them."""

import base64
import re
from collections.abc import Callable
from html import unescape

from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.world import ADDRESS, World, today

Browsers = Callable[[], Browser]


async def test_a_recipient_compares_suppliers_reads_signs_and_has_ordered(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    _, offer = world.offer()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/sign/place_order?period=1"
    asked = await one.open(address)
    assert "ТОО Үлгі" in asked.text
    said = {"offer_id": str(offer), "quantity": "1", "deliver_to.address": ADDRESS}
    shown = await one.send(address, **said)
    assert shown.status_code == 200, shown.text
    (content,) = re.findall(r'data-sign="([^"]+)"', shown.text)
    signature = world.recipient().sign(base64.b64decode(content))
    done = await one.send(address, **hidden(shown.text), signature=signature)
    assert done.status_code == 303, done.text
    page = await one.open(done.headers["location"])
    assert "Заказ оформлен" in unescape(page.text)


async def test_an_order_without_a_place_to_bring_it_comes_back_with_what_was_said(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    _, offer = world.offer()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/sign/place_order?period=1"
    shown = await one.send(address, offer_id=str(offer), quantity="много")
    assert shown.status_code == 422
    assert f'value="{offer}" required checked' in shown.text
    assert 'value="много"' in shown.text


async def test_a_page_that_is_up_to_date_is_not_sent_again(browser: Browsers, world: World) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    reference = reference_of(world, case)
    page = await one.open(f"/cases/{reference}")
    (again,) = re.findall(r'hx-get="([^"]+)"', page.text)
    same = await one.http.get(unescape(again), headers={"HX-Request": "true"})
    assert same.status_code == 204
    await one.send(f"/cases/{reference}/do/report_no_supplier?period=1", reason="Жеткізуші жоқ")
    other = await one.http.get(unescape(again), headers={"HX-Request": "true"})
    assert other.status_code == 200
    assert "<html" not in other.text


async def test_why_a_term_ends_on_its_day_stands_on_a_calendar(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    page = await one.open(f"/cases/{reference_of(world, case)}/dates/1/choice")
    assert page.status_code == 200
    assert page.text.count('class="last"') == 1


async def test_no_page_of_a_case_says_a_number_of_a_person(browser: Browsers, world: World) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    page = await one.open(f"/cases/{reference_of(world, case)}")
    assert RECIPIENT["iin"] not in page.text


async def test_an_official_is_not_told_that_the_own_authority_is_unknown(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    page = await one.open(f"/cases/{reference_of(world, case)}")
    assert "Ход дела" in page.text
    assert "не указано" not in page.text


async def test_who_accepts_finds_how_much_was_brought(browser: Browsers, world: World) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    delivered = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **delivered)
    one = browser()
    await one.sign_in(RECIPIENT)
    page = (await one.open(f"/cases/{reference_of(world, case)}/do/accept?period=1")).text
    (asked,) = re.findall(r'<input type="number"[^>]*name="quantity"[^>]*>', page)
    assert 'value="1"' in asked
