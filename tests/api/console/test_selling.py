"""What a supplier finds first, and what it keeps on the portal: offers, and its registration."""

from collections.abc import Callable

import httpx

from domain.parties.suppliers import REQUIRED
from tests.api.console.conftest import RECIPIENT, Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.test_registration import applied
from tests.api.world import ITEM, World

Browsers = Callable[[], Browser]


def prices(world: World) -> list[tuple[str, int, bool]]:
    """What is offered, in tiyn, and whether it still is."""
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT item, price, active FROM offer ORDER BY item")
        return [(row.item, row.price, row.active) for row in rows]


async def send_sheet(one: Browser, content: bytes) -> httpx.Response:
    return await one.http.post(
        "/offers/sheet",
        files={"rows": ("цены.csv", content, "text/csv")},
        headers={"Sec-Fetch-Site": "same-origin"},
    )


async def test_a_supplier_finds_its_orders_by_what_is_to_be_done(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one = browser()
    page = words((await one.sign_in(SUPPLIER)).text)
    assert f"Подтвердить (1) {reference_of(world, case)}" in page


async def test_a_supplier_finds_where_to_deliver_from_its_first_page(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    page = await browser().sign_in(SUPPLIER)
    assert "Доставить (1)" in words(page.text)
    assert f"/cases/{reference_of(world, case)}/person" in page.text


async def test_a_supplier_changes_a_price_and_withdraws_an_offer(
    browser: Browsers, world: World
) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    changed = await one.send("/offers", item=ITEM, price="265 000,50", act="put")
    assert changed.status_code == 303, changed.text
    assert prices(world) == [(ITEM, 26_500_050, True)]
    assert "Сохранено: Кресло-коляска прогулочная" in words(
        (await one.open(changed.headers["location"])).text
    )
    await one.send("/offers", item=ITEM, price="265 000,50", act="withdraw")
    assert prices(world) == [(ITEM, 26_500_050, False)]


async def test_a_price_that_is_no_price_comes_back_and_changes_nothing(
    browser: Browsers, world: World
) -> None:
    world.offer()
    before = prices(world)
    one = browser()
    await one.sign_in(SUPPLIER)
    for wrong in ("дорого", "Infinity", "1e999999", "0"):
        answer = await one.send("/offers", item=ITEM, price=wrong, act="put")
        assert answer.status_code == 422
        assert f'value="{wrong}"' in answer.text
    assert prices(world) == before


async def test_each_row_of_a_sheet_is_answered_by_itself(browser: Browsers, world: World) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    sheet = f'Код;Цена\n{ITEM}";1\n{ITEM};250 000\nNO-SUCH;1\n{ITEM}/../;5\n{ITEM};дорого\n\0;"1\n'
    answer = await send_sheet(one, sheet.encode("cp1251"))
    assert answer.status_code == 200
    assert "Сохранено строк: 1 из 6." in words(answer.text)
    assert prices(world) == [(ITEM, 25_000_000, True)]


async def test_the_sheet_to_fill_in_has_all_that_can_be_offered_and_comes_back_as_it_was(
    browser: Browsers, world: World
) -> None:
    world.offer()
    before = prices(world)
    one = browser()
    await one.sign_in(SUPPLIER)
    blank = await one.open("/offers/sheet")
    lines = blank.content.decode("utf-8-sig").splitlines()
    assert f"{ITEM};270000,00;yes;Кресло-коляска прогулочная" in lines
    assert len(lines) > 20
    answer = await send_sheet(one, blank.content)
    assert "Сохранено строк: 1 из 1." in words(answer.text)
    assert prices(world) == before


async def test_a_sheet_withdraws_what_it_says_is_no_more(browser: Browsers, world: World) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    await send_sheet(one, f"{ITEM},250000,нет\n".encode())
    assert prices(world) == [(ITEM, 25_000_000, False)]


async def test_who_would_be_a_supplier_applies_and_reads_how_far_that_is(
    browser: Browsers, world: World
) -> None:
    one = browser()
    assert "Подайте заявку на регистрацию" in words((await one.sign_in(SUPPLIER)).text)
    assert (await one.open("/offers")).url.path == "/registration"
    proofs = {f"proof-{name}": "№ 1" for name in REQUIRED}
    said = {"name": "ЖШС «Жаңа»", "regions": "71", "phone": "", **proofs}
    missing = await one.send("/registration", **{**said, "proof-no_debt": ""})
    assert missing.status_code == 422
    assert "ЖШС «Жаңа»" in missing.text
    done = await one.send("/registration", **said)
    assert done.status_code == 303, words(done.text)
    page = words((await one.open("/registration")).text)
    assert "ЖШС «Жаңа» рассматривается" in page


async def test_why_a_registration_was_refused_stands_where_it_was_applied_for(
    browser: Browsers, world: World
) -> None:
    held = await applied(world, world.supplier)
    await world.do(
        f"/v1/tasks/{held['id']}", world.commission, "refuse_registration", {"reason": "Қарыз бар"}
    )
    one = browser()
    await one.sign_in(SUPPLIER)
    page = words((await one.open("/registration")).text)
    assert "отказано" in page
    assert "Қарыз бар" in page


async def test_offers_are_the_suppliers_own_page(browser: Browsers) -> None:
    one = browser()
    await one.sign_in(RECIPIENT)
    assert (await one.open("/offers")).status_code == 404
    assert (await one.open("/registration")).status_code == 404
