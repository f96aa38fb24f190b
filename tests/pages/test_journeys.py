"""What each of the people around a case does with a browser, from signing in to done."""

from pathlib import Path

import pytest

from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_desks import ADMIN, COMMISSION, OTHER_ADMIN
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER
from tests.api.console.test_work import SECOND
from tests.api.paying import report as treasury_says
from tests.api.paying import send_payment
from tests.api.world import ADDRESS, BIC, IBAN, SUPPLIER_BIN, World, today
from tests.pages.conftest import Pages
from tests.pages.desk import SEND, Desk
from tests.support.amount import SPOKEN
from tests.support.intake import iin
from tests.support.reports import report_xml
from tests.support.samples import jpeg
from tests.support.systems import call

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
GUARDIAN = {"role": "recipient", "iin": iin(2)}
EACH = pytest.mark.parametrize("language", SPOKEN)


async def offer(world: World) -> None:
    """A supplier with a name offers what is asked for."""
    world.offer()
    body = {"bin": SUPPLIER_BIN, "name": "ТОО «Үлгі»", "regions": ["71"]}
    await call(world, "POST", "/v1/suppliers", world.admin.token, body)


async def order(desk: Desk, reference: str, quantity: int = 1) -> None:
    """From the own first page to the signed order."""
    await desk.open("/")
    await desk.follow(f"main a[href='/cases/{reference}']")
    await desk.follow("a[href*='/sign/place_order']")
    await desk.page.check("input[name=offer_id]")
    await desk.fill(quantity=str(quantity), deliver_to__address=ADDRESS)
    await desk.follow(SEND)
    await desk.sign()
    await desk.follow(SEND)
    await desk.sees("ordered")


async def deliver(desk: Desk, case: str, quantity: int = 1) -> None:
    """The supplier hands it over; its first page named the case."""
    await desk.open(case)
    await desk.act("mark_delivered", on=today(), quantity=str(quantity), evidence="Акт № 1")
    await desk.sees("delivered")


async def sign_application(desk: Desk, case: str) -> None:
    """The supplier signs the application, and the account to be paid."""
    await desk.open(case)
    await desk.follow("a[href*='/sign/sign']")
    await desk.fill(account__iban=IBAN, account__bic=BIC)
    await desk.follow(SEND)
    await desk.sign()
    await desk.follow(SEND)
    await desk.sees("under_review")


async def approve(desk: Desk, case: str) -> None:
    """From the work list over the checklist to the decision."""
    await desk.open("/work")
    await desk.follow(f"main a[href^='{case}/review']")
    await desk.follow("a[href*='/do/approve']")
    await desk.follow(SEND)


@EACH
async def test_from_the_choice_to_the_payment(pages: Pages, language: str) -> None:
    """The recipient, the supplier and two caseworkers, each at their own pages."""
    world = pages.world
    await offer(world)
    case = await world.choosing()
    reference = reference_of(world, case)
    place = f"/cases/{reference}"
    recipient = await pages.at(RECIPIENT, language)
    await order(recipient, reference)
    supplier = await pages.at(SUPPLIER, language)
    await supplier.follow(f"main a[href='{place}']")
    await supplier.act("confirm")
    await deliver(supplier, place)
    await recipient.open(place)
    await recipient.act("accept", quantity="1")
    await sign_application(supplier, place)
    first = await pages.at(CLERK, language)
    await approve(first, place)
    second = await pages.at(SECOND, language)
    await approve(second, place)
    async with pages.world_acts():
        send_payment(world, case)
        payment = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["periods"][0]
        (sent,) = payment["payments"]
        said = report_xml(sent["key"], "ACSC", sent["amount"], iban=IBAN, payee=SUPPLIER_BIN)
        assert (await treasury_says(world, said)).is_success
    await recipient.open(place)
    await recipient.sees("paid")


@EACH
async def test_a_guardian_complains_and_the_commission_orders_a_remedy(
    pages: Pages, language: str, tmp_path: Path
) -> None:
    world = pages.world
    await offer(world)
    case = world.receive(1, representative=world.representing(2))
    reference = reference_of(world, case)
    place = f"/cases/{reference}"
    guardian = await pages.at(GUARDIAN, language)
    await guardian.follow(f"main a[href='{place}']")
    await guardian.act("open_case")
    await order(guardian, reference)
    supplier = await pages.at(SUPPLIER, language, place)
    await supplier.act("confirm")
    await deliver(supplier, place)
    photo = tmp_path / "фото.jpg"
    photo.write_bytes(jpeg())
    await guardian.open(place)
    await guardian.follow("a[href*='/do/complain']")
    await guardian.fill(known_on=today(), reason="Дөңгелегі сынды")
    await guardian.page.set_input_files("[name=documents]", photo)
    await guardian.follow(SEND)
    await guardian.sees("disputed")
    await supplier.open(place)
    await supplier.act("state_position", reason="Бүтін тапсырылды")
    commission = await pages.at(COMMISSION, language, "/work")
    await commission.follow(f"main a[href^='{place}']")
    await commission.act("order_remedy", reason="Ақауы расталды", until=today(7))
    await deliver(supplier, place)
    await guardian.open(place)
    await guardian.act("accept", quantity="1")
    await guardian.sees("awaiting_signatures")


@EACH
async def test_an_administrator_mends_what_is_stuck_and_two_announce_a_day_off(
    pages: Pages, language: str
) -> None:
    world = pages.world
    case = world.receive()
    world.fail_notice(case)
    reference = reference_of(world, case)
    one = await pages.at(ADMIN, language)
    await one.open("/stuck")
    if await one.page.locator(f"a[href='/cases/{reference}']").count():
        await one.follow("button[name=kind][value=replay]")
    await one.open("/changes")
    day = "2027-05-18"
    await one.fill(day=day, reason="kurban_ait", source="ҚМДБ хабарламасы")
    await one.follow("form[action='/changes/day'] button")
    await one.follow("form[action='/changes'] button")
    change = one.page.url.removeprefix(one.root)
    approve = "main form:not([action]) button"
    assert await one.page.locator(approve).count() == 0, "who proposed does not approve"
    other = await pages.at(OTHER_ADMIN, language, change)
    await other.follow(approve)
    await other.open("/operations")
