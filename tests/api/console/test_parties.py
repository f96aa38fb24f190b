"""What parties read on a case page, and what becomes of what they ask."""

import re
from collections.abc import Callable
from html import unescape

from api.gate import is_upload
from definitions.wording import text
from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.paying import paying
from tests.api.test_esobes import hand_in, revocation
from tests.api.test_notices import SAID
from tests.api.test_receipts import notice_sent, receipt
from tests.api.world import ADDRESS, OTHER_BIN, SUPPLIER_BIN, World, person, today
from tests.support.intake import iin, measure
from tests.support.samples import jpeg, png

Browsers = Callable[[], Browser]
SUPPLIER = {"role": "supplier", "iin": iin(905), "bin": SUPPLIER_BIN}


def words(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_a_recipient_reads_whom_to_call_and_that_the_money_is_under_way(
    portal: World, browser: Browsers
) -> None:
    case, _, _ = await paying(portal)
    one = browser()
    await one.sign_in(RECIPIENT)
    page = words((await one.open(f"/cases/{reference_of(portal, case)}")).text)
    assert "ТОО «Үлгі»" in page
    assert "+77172000011" in page
    assert "Отправлен в казначейство: 270 000 ₸" in page.replace("\u202f", " ").replace("\xa0", " ")


async def test_a_recipient_reads_whom_to_call_before_anything_is_ordered(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    page = words((await one.open(f"/cases/{reference_of(world, case)}")).text)
    assert "Управление занятости и социальной защиты города Астаны +77172000011" in page


async def test_a_notice_stands_on_the_page_with_its_proof_and_on_its_own_with_its_words(
    browser: Browsers, world: World
) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", **SAID)
    await receipt(world)
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}"
    assert "Доказывает, что вас известили." in words((await one.open(address)).text)
    assert "aleumet.egov.kz" in words((await one.open(f"{address}/notices")).text)


async def test_what_was_done_says_what_happens_next_until_when_and_which_number_to_keep(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    reference = reference_of(world, case)
    address = f"/cases/{reference}/do/decline?period=1"
    done = await one.send(address, **hidden((await one.open(address)).text), reason="Керек емес")
    page = (await one.open(done.headers["location"])).text
    (told,) = re.findall(r'<div class="done".*?</div>', page, re.DOTALL)
    assert "Что дальше:" in words(told)
    assert f"Сохраните номер дела: {reference}" in words(told)


async def test_who_comes_late_reads_who_did_what_and_when(browser: Browsers, world: World) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/do/decline?period=1"
    form = hidden((await one.open(address)).text)
    await one.send(address, **form, reason="Керек емес")
    late = await one.send(address, **{**form, "key": "another"}, reason="Керек емес")
    assert late.status_code == 409
    assert re.search(r"Тем временем \(.*, получатель\): Получатель отказался", words(late.text))


async def test_who_is_refused_and_nobody_was_before_them_reads_of_nobody(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    one = browser()
    await one.sign_in(SUPPLIER)
    address = f"/cases/{reference_of(world, case)}/do/mark_delivered?period=1"
    said = {"on": "2020-01-01", "quantity": "1", "evidence": "Акт № 1"}
    refused = await one.send(address, **hidden((await one.open(address)).text), **said)
    assert refused.status_code == 409
    assert text("page.fault.late_kept", "ru") in words(refused.text)
    assert "Тем временем" not in words(refused.text)


async def test_words_sent_again_with_others_are_told_so_and_not_as_programs_are(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference_of(world, case)}/do/escalate?period=1"
    shown = (await one.open(address)).text
    to = re.findall(r'name="to" value="([^"]+)"|<option value="([^"]+)"', shown)[0]
    form = {**hidden(shown), "to": to[0] or to[1]}
    assert (await one.send(address, **form, reason="Нужен совет")).status_code == 303
    other = await one.send(address, **form, reason="Нужен другой совет")
    assert text("page.fault.sent_before", "ru") in words(other.text)
    again = {**form, **hidden(other.text), "reason": "Нужен другой совет"}
    assert (await one.send(address, **again)).status_code == 303


async def test_a_complaint_goes_with_its_photographs(portal: World, browser: Browsers) -> None:
    case = await portal.ordered()
    await portal.act(case, "confirm", portal.supplier)
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(portal, case)}/do/complain?period=1"
    form = {**hidden((await one.open(address)).text), "known_on": today(), "reason": "Сынған"}
    # A phone gives the same name to each.
    photos = [("documents", ("фото.jpg", one, "image/jpeg")) for one in (jpeg(), png())]
    sent = await one.http.post(
        address, data=form, files=photos, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert sent.status_code == 303, words(sent.text)
    page = await one.open(sent.headers["location"])
    (papers,) = re.findall(r'<ul class="papers">.*?</ul>', page.text, re.DOTALL)
    assert papers.count("Приложение к жалобе") == 2


async def test_a_form_that_comes_back_with_mistakes_is_the_same_and_may_bring_another_photograph(
    portal: World, browser: Browsers
) -> None:
    case = await portal.ordered()
    await portal.act(case, "confirm", portal.supplier)
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(portal, case)}/do/complain?period=1"
    form = {**hidden((await one.open(address)).text), "known_on": today()}
    keys = [form["key"]]
    for photo, reason, status in ((jpeg(), "", 422), (png(), "Сынған", 303)):
        sent = await one.http.post(
            address,
            data={**form, "reason": reason},
            files=[("documents", ("фото.jpg", photo, "image/jpeg"))],
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert sent.status_code == status, words(sent.text)
        keys += [hidden(sent.text)["key"]] if status == 422 else []
    assert keys[0] == keys[1]


def test_a_form_with_photographs_may_be_as_large_as_a_document() -> None:
    assert is_upload({"method": "POST", "path": "/cases/OZ000000018/do/complain"})
    assert not is_upload({"method": "POST", "path": "/cases/OZ000000018/sign/sign"})


async def test_a_photograph_that_came_half_is_asked_for_again_and_what_was_written_stays(
    portal: World, browser: Browsers
) -> None:
    case = await portal.ordered()
    await portal.act(case, "confirm", portal.supplier)
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(portal, case)}/do/complain?period=1"
    form = {**hidden((await one.open(address)).text), "known_on": today(), "reason": "Сынған"}
    half = [("documents", ("фото.jpg", jpeg()[:-2], "image/jpeg"))]
    sent = await one.http.post(
        address, data=form, files=half, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert sent.status_code == 422
    assert 'id="f-documents-fault"' in sent.text
    assert "Сынған" in sent.text


async def test_a_supplier_reads_where_to_deliver_once_it_has_confirmed(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    one = browser()
    await one.sign_in(SUPPLIER)
    address = f"/cases/{reference_of(world, case)}"
    (link,) = re.findall(r'href="([^"]+/person[^"]*)"', (await one.open(address)).text)
    assert ADDRESS in words((await one.open(link)).text)
    assert ("supplier", "delivery_read") in world.audit()


async def test_the_words_of_who_acted_stand_under_what_happened(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    await world.act(case, "decline", world.recipient(), reason="Керек емес")
    one = browser()
    await one.sign_in(CLERK)
    page = await one.open(f"/cases/{reference_of(world, case)}")
    assert "<blockquote>Керек емес</blockquote>" in page.text


async def test_a_date_is_contested_from_where_it_is_explained(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    reference = reference_of(world, case)
    page = await one.open(f"/cases/{reference}/dates/1/choice")
    (link,) = re.findall(r'href="([^"]+contest_deadline[^"]+)"', page.text)
    form = (await one.open(unescape(link))).text
    assert re.search(r'value="choice"[^>]*checked', form)


async def test_an_official_reads_the_contacts_of_the_recipient_and_that_is_recorded(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(CLERK)
    page = await one.open(f"/cases/{reference_of(world, case)}/person")
    assert "+77000000001" in words(page.text)
    assert ("caseworker", "person_read") in world.audit()


async def test_who_declined_takes_it_back_and_chooses_again(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}"
    decline = f"{address}/do/decline?period=1"
    await one.send(decline, **hidden((await one.open(decline)).text), reason="Керек емес")
    (link,) = re.findall(r'href="([^"]+take_back_decline[^"]*)"', (await one.open(address)).text)
    form = hidden((await one.open(unescape(link))).text)
    assert (await one.send(unescape(link), **form, reason="Керек")).status_code == 303
    assert "Выбор поставщика" in words((await one.open(address)).text)


async def test_a_representative_finds_for_whom_they_act(browser: Browsers, world: World) -> None:
    case = world.receive(1, representative=world.representing(2))
    one = browser()
    page = await one.sign_in({"role": "recipient", "iin": iin(2)})
    assert "Вы действуете за: Мысал Ү." in words(page.text)
    shown = words((await one.open(f"/cases/{reference_of(world, case)}")).text)
    assert "Представитель Опекун" in shown


async def test_all_that_was_said_to_a_recipient_stands_on_one_page(
    browser: Browsers, world: World
) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", **SAID)
    one = browser()
    await one.sign_in(RECIPIENT)
    page = words((await one.open("/notices")).text)
    assert f"{reference_of(world, case)} · Кресло-коляска прогулочная" in page
    assert "Мероприятия вашей программы поступили на портал Отправлено" in page


async def test_suppliers_are_compared_by_what_the_recipient_asks_for(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    world.offer(SUPPLIER_BIN, 30_000_000)
    world.offer(OTHER_BIN, 27_000_000)
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE supplier SET name = CASE bin WHEN $1 THEN 'А' ELSE 'Я' END", (SUPPLIER_BIN,)
        )
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/sign/place_order?period=1"
    for sort, first in (("own_part", "270 000"), ("price", "270 000"), ("supplier", "300 000")):
        page = words((await one.open(f"{address}&sort={sort}")).text).replace("\u202f", " ")
        prices = re.findall(r"[23]\d0 000", page.replace("\xa0", " "))
        assert prices[0] == first
        assert "город Астана" in page
        assert "пока не известно" in page


async def test_what_runs_beside_the_next_step_is_a_sentence_of_its_own(
    browser: Browsers, world: World
) -> None:
    case = (await hand_in(world, measure())).json()["case_id"]
    await hand_in(world, revocation(effective_on=today(6)))
    one = browser()
    await one.sign_in(CLERK)
    page = words((await one.open(f"/cases/{reference_of(world, case)}")).text)
    assert re.search(r"Последний день: .* Одновременно: .*\. Последний день:", page)


async def test_what_is_open_in_a_case_is_told_in_words(browser: Browsers, world: World) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    await world.act(case, "agree_to_cancel", world.recipient(), reason="Қате")
    one = browser()
    await one.sign_in(SUPPLIER)
    page = words((await one.open(f"/cases/{reference_of(world, case)}")).text)
    assert "Получатель согласен отменить заказ" in page


async def test_who_asks_for_easy_words_reads_short_sentences_until_they_ask_for_the_usual(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}"
    easy = text("easy.act.choice", "ru")
    assert easy not in words((await one.open(address)).text)
    assert (await one.send("/easy", easy="yes", back=address)).headers["location"] == address
    assert easy in words((await one.open(address)).text)
    form = words((await one.open(f"{address}/do/decline?period=1")).text)
    assert text("easy.command.decline", "ru") in form
    assert text("easy.help.reason", "ru") in form
    assert text("help.reason", "ru") not in form
    await one.send("/easy", easy="no", back=address)
    assert easy not in words((await one.open(address)).text)
    usual = words((await one.open(f"{address}/do/decline?period=1")).text)
    assert text("help.reason", "ru") in usual
    assert f"Что будет после этого: {text('status.declined', 'ru')}" in usual


async def test_papers_say_who_signed_and_their_code_and_a_line_says_what_stands_behind_it(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one = browser()
    await one.sign_in(RECIPIENT)
    page = (await one.open(f"/cases/{reference_of(world, case)}")).text
    assert "Подписали: получатель. Портал проверил подписи." in words(page)
    assert "Еще не подписано: поставщик" in words(page)
    (code,) = re.findall(r'href="/check/([^"]+)"', page)
    assert (await one.http.get(f"/check/{code}")).status_code == 200
    (ordered,) = re.findall(
        r"<li><time[^>]*>[^<]*</time> Получатель разместил заказ.*?</details>", page, re.S
    )
    assert f"После этого статус: {text('status.ordered', 'ru')}" in words(ordered)


async def test_what_people_did_and_what_the_system_did_are_told_apart(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one = browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference_of(world, case)}"
    told = {
        level: set(
            re.findall(r"</time> ([^\n<]+)\n", (await one.open(f"{address}?level={level}")).text)
        )
        for level in ("all", "people", "system")
    }
    assert "Получатель разместил заказ." in told["people"]
    assert told["people"].isdisjoint(told["system"])
    assert told["all"] <= told["people"] | told["system"]


async def test_who_opens_a_form_too_late_reads_why_and_what_happened_last(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    await world.act(case, "decline", world.recipient(), reason="Керек емес")
    one = browser()
    await one.sign_in(RECIPIENT)
    page = await one.open(f"/cases/{reference_of(world, case)}/do/decline?period=1")
    assert "Сейчас это сделать нельзя" in words(page.text)
    assert re.search(
        r"Последнее, что произошло \(.*, получатель\): Получатель отказался", words(page.text)
    )
    assert 'class="form"' not in page.text


async def test_a_supplier_is_not_told_to_deliver_what_is_held_for_a_conflict(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    both = person("supplier", 1, bin=SUPPLIER_BIN)
    await world.refused(case, "mark_delivered", both, on=today(), quantity=1, evidence="№ 1")
    one, reference = browser(), reference_of(world, case)
    await one.sign_in(SUPPLIER)
    for address in ("/", f"/cases/{reference}"):
        page = (await one.open(address)).text
        assert reference in page
        assert "mark_delivered" not in page
