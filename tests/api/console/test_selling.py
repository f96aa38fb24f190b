"""What a supplier finds first, and what it keeps on the portal: offers, and its registration."""

import base64
import re
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from api.console.pricelists import first_of_each_code
from api.console.sheets import MOST_ROWS, SheetRow
from domain.parties.suppliers import REQUIRED
from tests.api.console.conftest import RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.paying import paying, report
from tests.api.test_registration import applied
from tests.api.world import BIC, IBAN, ITEM, SUPPLIER_BIN, World, today
from tests.support.removals import WORDS, take_off
from tests.support.reports import report_xml
from tests.support.samples import jpeg, pdf

Browsers = Callable[[], Browser]
OTHER_IBAN = "KZ45999PO00000020020"


def prices(world: World) -> list[tuple[str, int, bool]]:
    """What is offered, in tiyn, and whether it still is."""
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT item, price, active FROM offer ORDER BY item")
        return [(row.item, row.price, row.active) for row in rows]


async def send_sheet(one: Browser, content: bytes, **fields: str) -> httpx.Response:
    return await one.http.post(
        "/offers/sheet",
        data=fields,
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


async def test_each_row_of_a_sheet_is_answered_and_put_only_after_it_was_checked(
    browser: Browsers, world: World
) -> None:
    world.offer()
    before = prices(world)
    one = browser()
    await one.sign_in(SUPPLIER)
    sheet = f"Код;Цена\n{ITEM};250 000\nNO-SUCH;1\n{ITEM}/../;5\nA;дорого\n"
    answer = await send_sheet(one, sheet.encode("cp1251"))
    told = words(answer.text)
    assert "Можно сохранить строк: 1. С ошибками: 3." in told
    assert "Такого товара или услуги нет в каталоге." in told
    assert "новая цена (было 270 000 ₸)" in told.replace("\u202f", " ").replace("\xa0", " ")
    assert prices(world) == before
    form = hidden(answer.text)
    for _ in range(2):
        done = await one.send("/offers/sheet/put", rows=form["rows"], key=form["key"])
        assert "Сохранено строк: 1. Изменилось предложений: 1." in words(done.text)
    assert prices(world) == [(ITEM, 25_000_000, True)]


async def test_rows_of_the_same_code_are_told_and_none_of_them_is_put(
    browser: Browsers, world: World
) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    answer = await send_sheet(one, f"{ITEM};1\n{ITEM};2\n".encode())
    assert words(answer.text).count("Этот код указан дважды.") == 2
    assert "/offers/sheet/put" not in answer.text


def test_a_code_in_every_row_of_a_sheet_is_compared_with_a_few_of_them() -> None:
    rows = [SheetRow(number, "a", "1") for number in range(1, MOST_ROWS + 1)]
    assert first_of_each_code([*rows, SheetRow(7, "b", "1")]) == {"a": (1, 2, 3, 4), "b": (7,)}
    again = [SheetRow(1, "a", "1")] * MOST_ROWS
    assert first_of_each_code(again) == {"a": (1,)}


async def test_a_file_that_is_no_sheet_is_refused_in_words(browser: Browsers, world: World) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    answer = await send_sheet(one, b"%PDF-1.7")
    assert answer.status_code == 422
    assert "Это не CSV и не XLSX" in words(answer.text)


async def test_five_thousand_rows_are_answered_on_a_page_that_stays_light(
    browser: Browsers, world: World
) -> None:
    world.offer()
    one = browser()
    await one.sign_in(SUPPLIER)
    content = "".join(f"NO-{n};{n}\n" for n in range(1, 5_001)) + f"{ITEM};5\n"
    answer = await send_sheet(one, content.encode())
    assert "С ошибками: 5000." in words(answer.text)
    assert "В файле больше 5000 строк." in words(answer.text)
    assert len(answer.content) < 100_000
    every = await send_sheet(one, content.encode(), act="file")
    assert len(every.content.decode("utf-8-sig").splitlines()) == 5_001


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_sheet_to_fill_in_has_all_that_can_be_offered_and_comes_back_as_it_was(
    browser: Browsers, world: World, form: str
) -> None:
    world.offer()
    before = prices(world)
    one = browser()
    await one.sign_in(SUPPLIER)
    blank = await one.open(f"/offers/sheet?form={form}")
    if form == "csv":
        lines = blank.content.decode("utf-8-sig").splitlines()
        assert f"{ITEM};270000,00;да;Кресло-коляска прогулочная;штука;285000,00" in lines
        assert len(lines) > 20
    answer = await send_sheet(one, blank.content)
    assert "Можно сохранить строк: 1. С ошибками: 0." in words(answer.text)
    assert "без изменений" in words(answer.text)
    assert prices(world) == before


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
    assert "Заявка рассматривается" in page
    assert "Решает комиссия региона: город Астана" in page
    assert "Ваша заявка рассматривается" in words((await one.open("/")).text)


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


async def test_what_lacks_until_the_money_comes_is_named_beforehand(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    reference = reference_of(world, case)
    one = browser()
    await one.sign_in(SUPPLIER)
    page = words((await one.open(f"/cases/{reference}")).text)
    assert "Не хватает: 4." in page
    assert "есть Заказ подтвержден." in page
    assert "не хватает Получатель еще не принял доставленное" in page
    sign = words((await one.open(f"/cases/{reference}/sign/sign?period=1")).text)
    assert f"указана ваша организация ({SUPPLIER_BIN})" in sign
    assert "не хватает Не указан счет для оплаты" in sign


async def test_where_nothing_can_be_signed_the_page_says_why_and_asks_nothing(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.reviewed())
    one = browser()
    await one.sign_in(SUPPLIER)
    page = await one.open(f"/cases/{reference}/sign/sign?period=1")
    assert "Подписать сейчас нельзя" in words(page.text)
    assert "Дальше: прочитать и подписать" not in words(page.text)
    case = words((await one.open(f"/cases/{reference}")).text)
    assert "С вашей стороны все есть." in case


async def test_an_empty_list_says_what_will_be_in_it(browser: Browsers, world: World) -> None:
    world.offer()
    page = words((await browser().sign_in(SUPPLIER)).text)
    assert "Подтвердить (0) Здесь будут новые заказы." in page
    assert "Деньги в пути (0)" in page


async def test_one_click_leads_from_the_first_page_to_the_act(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.ordered())
    one = browser()
    page = (await one.sign_in(SUPPLIER)).text
    assert "осталось:" in words(page)
    (form,) = re.findall(r'href="([^"]+/do/confirm[^"]*)"', page)
    assert form == f"/cases/{reference}/do/confirm?period=1"
    assert (await one.open(form)).status_code == 200


async def test_the_act_of_hand_over_and_photographs_go_with_the_delivery(
    portal: World, browser: Browsers
) -> None:
    case = await portal.ordered()
    await portal.act(case, "confirm", portal.supplier)
    reference = reference_of(portal, case)
    one = browser()
    await one.sign_in(SUPPLIER)
    address = f"/cases/{reference}/do/mark_delivered?period=1"
    form = (await one.open(address)).text
    assert "заводские номера изделий" in words(form)
    said = {**hidden(form), "on": today(), "quantity": "1", "evidence": "Акт № 7, зав. № 00123"}
    files = [
        ("documents", ("акт.pdf", pdf(), "application/pdf")),
        ("documents", ("фото.jpg", jpeg(), "image/jpeg")),
    ]
    sent = await one.http.post(
        address, data=said, files=files, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert sent.status_code == 303, words(sent.text)
    page = words((await one.open(sent.headers["location"])).text)
    assert page.count("Акт передачи") >= 2
    assert "есть Акт передачи или другой документ приложен." in page


async def test_who_was_removed_reads_why_what_is_still_owed_and_when_it_may_come_back(
    browser: Browsers, world: World
) -> None:
    supplier, _ = world.offer()
    take_off(world.engine, UUID(str(supplier)), "commission_conclusion")
    one = browser()
    home = words((await one.sign_in(SUPPLIER)).text)
    assert "Вас нет на портале" in home
    page = words((await one.open("/registration")).text)
    for said in (
        "не на портале",
        "Заключение комиссии.",
        WORDS["reason"],
        f"На основании: {WORDS['evidence']}",
        "Подтвержденные заказы нужно исполнить",
        "Снова он может зарегистрироваться после",
    ):
        assert said in page, said


async def test_a_supplier_reads_and_signs_on_pages_alone(browser: Browsers, world: World) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    delivered = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **delivered)
    await world.act(case, "accept", world.recipient(), quantity=1)
    reference = reference_of(world, case)
    one = browser()
    await one.sign_in(SUPPLIER)
    address = f"/cases/{reference}/sign/sign?period=1"
    page = words((await one.open(address)).text)
    assert "Счет для оплаты Куда платят поставщику." in page
    told = await one.send(address, **{"account.iban": IBAN, "account.bic": BIC})
    application, account = (
        base64.b64decode(x) for x in re.findall(r'data-sign="([^"]+)"', told.text)
    )
    signed = await one.send(
        address,
        **hidden(told.text),
        signature=world.supplier.sign(application),
        account_signature=world.supplier.sign(account),
    )
    assert signed.status_code == 303, words(signed.text)
    assert "Заявление на рассмотрении" in words((await one.open(signed.headers["location"])).text)
    papers = re.findall(
        r'href="([^"]+/papers/[^"?]+)', (await one.open(f"/cases/{reference}")).text
    )
    for paper in papers:
        assert (await one.open(paper)).status_code == 200


async def test_a_payment_that_failed_says_what_to_do_and_a_new_account_that_nothing_is_left(
    browser: Browsers, world: World
) -> None:
    case, key, amount = await paying(world)
    reference = reference_of(world, case)
    await report(
        world, report_xml(key, "RJCT", amount, iban=IBAN, payee=SUPPLIER_BIN, reason="AC04")
    )
    one = browser()
    home = await one.sign_in(SUPPLIER)
    assert "Если счет неверен, укажите новый и подпишите." in words(home.text)
    page = words((await one.open(f"/cases/{reference}")).text)
    assert "Платеж не прошел. Проверьте счет" in page
    assert "Действий не требуется" not in page
    address = f"/cases/{reference}/sign/change_account"
    assert f'href="{address}' in home.text
    told = await one.send(address, **{"account.iban": OTHER_IBAN, "account.bic": BIC})
    (account,) = re.findall(r'data-sign="([^"]+)"', told.text)
    signed = await one.send(
        address,
        **hidden(told.text),
        account_signature=world.supplier.sign(base64.b64decode(account)),
    )
    assert signed.status_code == 303, words(signed.text)
    after = words((await one.open(signed.headers["location"])).text)
    assert "Что дальше: Платеж не прошел, новый счет получен." in after


async def test_what_keeps_the_money_is_told_with_what_to_do_about_it(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    delivered = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **delivered)
    reason = {"reason": "Колесо сломано"}
    await world.act(case, "complain", world.recipient(), known_on=today(), **reason)
    reference = reference_of(world, case)
    known = world.app.state.parts, world.app.state.doorkeeper
    one = browser()
    assert "Дать объяснение комиссии" in words((await one.sign_in(SUPPLIER)).text)
    page = words((await one.open(f"/cases/{reference}")).text)
    assert "Комиссия рассматривает спор, и пока она не решит, деньги не выплачиваются." in page
    world.app.state.parts, world.app.state.doorkeeper = known
    await world.act(case, "order_remedy", world.commission, until=today(20), **reason)
    again = browser()
    await again.sign_in(SUPPLIER)
    page = words((await again.open(f"/cases/{reference}")).text)
    assert "Исправив, отметьте доставку снова." in page


async def test_a_supplier_takes_its_cases_away_as_a_file(browser: Browsers, world: World) -> None:
    reference = reference_of(world, await world.ordered())
    one = browser()
    home = await one.sign_in(SUPPLIER)
    said = hidden(home.text.partition('id="own-file"')[2])
    answer = await one.send("/lists/export", **said, list="closed=false", form="csv")
    assert answer.status_code == 200, words(answer.text)
    assert reference in answer.content.decode("utf-8-sig")
