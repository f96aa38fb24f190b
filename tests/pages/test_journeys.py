"""What people do with a browser, from signing in to done."""

import asyncio
from urllib.parse import unquote

import pytest
from playwright.async_api import expect

from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_desks import COMMISSION
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER
from tests.api.world import ADDRESS, World
from tests.pages.conftest import PHONE, Pages
from tests.support.amount import SPOKEN
from tests.support.intake import iin


async def test_a_recipient_orders_with_the_own_key_and_reads_that_it_is_done(pages: Pages) -> None:
    case = await pages.world.choosing()
    pages.world.offer()
    reference = reference_of(pages.world, case)
    desk = await pages.new(PHONE)
    await desk.sign_in({**RECIPIENT, "name": "МЫСАЛ ҮЛГІ"})
    page = desk.page
    await page.click(f"main a[href='/cases/{reference}']")
    await page.click("a[href*='/sign/place_order']")
    assert await desk.barriers() == []
    await page.check("input[name=offer_id]")
    await page.fill("[name=quantity]", "1")
    await page.fill("[name='deliver_to.address']", ADDRESS)
    await page.click("form.form > button")
    assert await desk.barriers() == []
    await page.click("button.signer")
    await expect(page.locator("textarea[name=signature]")).not_to_have_value("")
    await page.click("form.form > button")
    await page.wait_for_selector(".done")
    assert await page.inner_text("#next") == "Заказ оформлен"


async def test_what_another_did_appears_without_a_touch_and_keeps_the_focus(pages: Pages) -> None:
    case = await pages.world.choosing()
    reference = reference_of(pages.world, case)
    clerk, recipient = await pages.new(), await pages.new()
    await clerk.sign_in(CLERK)
    await clerk.open(f"/cases/{reference}")
    await clerk.page.focus(".brand a")
    await recipient.sign_in(RECIPIENT)
    await recipient.open(f"/cases/{reference}/do/decline?period=1")
    await recipient.page.fill("[name=reason]", "Керек емес")
    await recipient.page.click("form.form > button")
    await clerk.page.wait_for_selector("text=Отказ получателя", timeout=5_000)
    assert await clerk.page.evaluate("document.activeElement.textContent") == "ozhb"


@pytest.mark.parametrize("language", SPOKEN)
async def test_no_page_of_an_administrator_has_a_barrier(pages: Pages, language: str) -> None:
    desk = await pages.new(PHONE)
    await desk.open("/")
    await desk.speak(language)
    await desk.sign_in({"role": "administrator", "iin": iin(904)})
    found = {}
    for path in (
        *("/", "/stuck", "/changes", "/operations"),
        *("/overview", "/work", "/desks/treasury_report"),
    ):
        await desk.open(path)
        if barriers := await desk.barriers():
            found[path] = barriers
    assert found == {}


async def test_no_page_of_a_supplier_or_a_recipient_has_a_barrier(
    portal: World, pages: Pages
) -> None:
    case = await portal.choosing()
    portal.offer()
    found = {}
    own = (f"/cases/{reference_of(portal, case)}/notices", "/notices", "/help")
    for claims, paths in (
        (SUPPLIER, ("/", "/offers", "/registration")),
        (RECIPIENT, own),
        (COMMISSION, ("/", "/commission/removals", "/commission/suppliers")),
    ):
        desk = await pages.new(PHONE)
        await desk.sign_in(claims)
        for path in paths:
            await desk.open(path)
            if barriers := await desk.barriers():
                found[path] = barriers
    assert found == {}


@pytest.mark.parametrize("language", SPOKEN)
async def test_no_page_of_a_case_has_a_barrier(pages: Pages, language: str) -> None:
    case = await pages.world.choosing()
    reference = reference_of(pages.world, case)
    desk = await pages.new(PHONE)
    await desk.open("/")
    await desk.speak(language)
    assert await desk.barriers() == []
    await desk.sign_in(CLERK)
    found = {}
    for path in (
        "/",
        "/work",
        "/cases",
        "/search",
        f"/cases/{reference}",
        f"/cases/{reference}/do/begin_representation",
        f"/cases/{reference}/dates/1/choice",
        f"/cases/{reference}/way",
        f"/cases/{reference}/person",
        f"/cases/{reference}/refuse",
        "/overview",
        "/desks/intake",
        "/accessibility",
    ):
        await desk.open(path)
        if barriers := await desk.barriers():
            found[path] = barriers
    await desk.open("/cases")
    await desk.page.click("#many button[name=all]")
    assert await desk.page.locator("input[name=act]").count() > 0
    if barriers := await desk.barriers():
        found["/many"] = barriers
    assert found == {}


async def test_an_order_is_signed_with_a_phone_and_the_page_goes_on_by_itself(
    pages: Pages,
) -> None:
    case = await pages.world.choosing()
    pages.world.offer()
    desk = await pages.new()
    await desk.sign_in(RECIPIENT)
    page = desk.page
    await desk.open(f"/cases/{reference_of(pages.world, case)}/sign/place_order?period=1")
    await page.check("input[name=offer_id]")
    await page.fill("[name=quantity]", "1")
    await page.fill("[name='deliver_to.address']", ADDRESS)
    await page.click("form.form > button")
    await page.click("button[name=with_phone]")
    assert await desk.barriers() == []
    link = await page.get_attribute("a[href*='egov']", "href")
    code = {"code": f"mobileSign:{unquote(link or '')}", "title": "somebody"}
    answer = await asyncio.to_thread(desk.outside.client.post, "/egov-mobile/codes", json=code)
    assert answer.json()["status"] == 200
    await page.wait_for_selector(".done")
    assert await page.inner_text("#next") == "Заказ оформлен"
