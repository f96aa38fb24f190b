"""Desks beside cases, the overview, and what administrators do with a browser."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx
from fastapi.concurrency import run_in_threadpool

from db.silences import note_silences
from definitions.wording import text
from domain.parties.suppliers import REQUIRED
from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.paying import paying, report
from tests.api.test_authorities import bring_in
from tests.api.test_notices import SAID
from tests.api.test_receipts import notice_sent
from tests.api.test_registration import applied
from tests.api.world import World
from tests.support.authorities import sample_authorities
from tests.support.casework import move_clock
from tests.support.intake import iin, measure
from tests.support.intake_desk import RIGHT, WRONG_CONTACTS, rejected
from tests.support.servers import Database
from tests.support.statements import Movement, statement_xml

Browsers = Callable[[], Browser]
ADMIN: dict[str, Any] = {"role": "administrator", "iin": iin(904)}
OTHER_ADMIN: dict[str, Any] = {"role": "administrator", "iin": iin(908)}
COMMISSION: dict[str, Any] = {"role": "commission", "iin": iin(907), "region": "71"}


def words_of(shown: httpx.Response) -> str:
    """What a page says, once it is found; it says no code and no shape of data."""
    assert shown.status_code == 200, shown.text
    said = unescape(re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]*>", " ", shown.text, flags=re.S))
    assert re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|[{}]|\bNone\b", said) == []
    return " ".join(said.split())


async def test_a_caseworker_corrects_the_contacts_of_a_rejected_message(
    browser: Browsers, world: World
) -> None:
    await rejected(world, measure(**WRONG_CONTACTS))
    one = browser()
    await one.sign_in(CLERK)
    listed = await one.open("/desks/intake")
    words_of(listed)
    (address,) = set(re.findall(r'href="(/desks/tasks/[^"]+)"', listed.text))
    shown = await one.open(address)
    words_of(shown)
    wrong = {**hidden(shown.text), "act": "correct_contacts", "phone": "сорок два"}
    again = await one.send(address, **wrong)
    assert (again.status_code, 'value="сорок два"' in again.text) == (422, True)
    right = {"phone": RIGHT["phone"], "phone_confirmed": "yes"}
    done = await one.send(address, **hidden(again.text), act="correct_contacts", **right)
    assert done.status_code == 303, done.text
    assert "Сделано" in words_of(await one.open(done.headers["location"]))
    assert "Сейчас ничего нет" in words_of(await one.open("/desks/intake"))


async def test_the_commission_registers_a_supplier_who_applied(
    browser: Browsers, world: World
) -> None:
    proofs = [{"condition": one, "evidence": "Справка № 1"} for one in REQUIRED]
    await applied(world, world.supplier, proofs=proofs)
    one = browser()
    await one.sign_in(COMMISSION)
    listed = await one.open("/desks/registration")
    assert "ЖШС «Жаңа»" in words_of(listed)
    (address,) = re.findall(r'href="(/desks/tasks/[^"]+)"', listed.text)
    shown = await one.open(address)
    words_of(shown)
    done = await one.send(address, **hidden(shown.text), act="register")
    assert "Зарегистрирован" in words_of(await one.open(done.headers["location"]))


async def test_an_administrator_closes_a_report_that_nobody_understood(
    browser: Browsers, world: World
) -> None:
    _, key, _ = await paying(world)
    await report(world, statement_xml(Movement(f"{key[:-1]}9", 5)))
    one = browser()
    await one.sign_in(ADMIN)
    listed = await one.open("/desks/treasury_report")
    (address,) = re.findall(r'href="(/desks/tasks/[^"]+)"', listed.text)
    shown = await one.open(address)
    said = {**hidden(shown.text), "act": "close_report", "done": "Звонок в казначейство"}
    done = await one.send(address, **said)
    assert done.status_code == 303, done.text
    assert "Звонок в казначейство" in words_of(await one.open(done.headers["location"]))


async def test_each_number_of_the_overview_leads_to_as_many_cases(
    browser: Browsers, world: World
) -> None:
    cases = [*[await world.choosing(number) for number in (1, 2, 3)], world.receive(4)]
    ends = [await last_day(world, case) for case in cases]
    one = browser()
    await one.sign_in(ADMIN)
    shown = await one.open("/overview")
    words_of(shown)
    links = re.findall(r'<a href="(/cases\?[^"]+)">(\d+)</a>', shown.text)
    assert {count for address, count in links if "status=" in address} == {"3", "1"}
    for address, count in links:
        listed = await one.open(unescape(address))
        assert listed.text.count('name="row"') == int(count), address
        if named := re.search("until=([0-9-]+)", address):
            assert int(count) == sum(end <= named[1] for end in ends)
    for days in (-1, 0):
        until = date.fromisoformat(min(ends)) + timedelta(days=days)
        listed = await one.open(f"/cases?until={until}")
        assert listed.text.count('name="row"') == 1 + days


async def test_the_overview_tells_what_is_in_time_by_the_language_of_notices(
    browser: Browsers, world: World
) -> None:
    for number in (1, 2, 3):
        notice_sent(world, await world.choosing(number), f"G-{number}", **SAID)
    world.receive(4)
    one = browser()
    await one.sign_in(ADMIN)
    said = words_of(await one.open("/overview"))
    assert "В срок по языкам" in said
    assert re.search(r"Қазақша 3 0 0 100 %", said)
    assert re.search(r"еще ничего не писали 1 0 0 100 %", said)


async def test_silent_cases_stand_in_the_overview_and_above_the_list_of_work_with_their_list(
    browser: Browsers, world: World, database: Database
) -> None:
    silent = world.receive(1)
    notice_sent(world, silent, "G-1", **SAID)
    move_clock(database.sandbox_url, timedelta(days=40))
    await world.choosing(2)
    await run_in_threadpool(lambda: list(note_silences(world.engine)))
    one = browser()
    await one.sign_in(CLERK)
    shown = await one.open("/overview")
    found = re.findall(r'<a class="past" href="(/cases\?[^"]*silent=true[^"]*)">1</a>', shown.text)
    assert len(found) == 3, "of a region, a language and an item"
    work = await one.open("/work")
    assert "Дела, в которых давно никто ничего не сказал: 1" in words_of(work)
    for address in (*map(unescape, found), "/cases?silent=true"):
        listed = await one.open(address)
        assert listed.text.count('name="row"') == 1, address
        assert "Молчат" in words_of(listed)
        assert reference_of(world, silent) in listed.text


async def last_day(world: World, case: str) -> str:
    """The last day of what a case waits for."""
    return str((await world.get(f"/v1/cases/{case}", world.clerk)).json()["due"]["last_day"])


async def test_the_overview_asks_again_after_a_minute_and_for_each_person_anew(
    browser: Browsers, world: World
) -> None:
    await world.choosing()
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    first = words_of(await one.open("/overview"))
    assert words_of(await one.open("/overview")) == first
    held = world.app.state.overviews
    assert len(held) == 1
    await other.sign_in({**CLERK, "iin": iin(903), "authority": "201140900018"})
    assert "Здесь будут дела. Сейчас их нет." in words_of(await other.open("/overview"))
    assert len(held) == 2


async def test_what_is_stuck_says_since_when_whom_it_affects_and_what_each_act_does(
    browser: Browsers, world: World
) -> None:
    cases = [await world.choosing(number) for number in (1, 2)]
    one = browser()
    await one.sign_in(ADMIN)
    listed = words_of(await one.open("/stuck"))
    assert "Temporal не отвечает" in listed
    assert "Все идет своим ходом" not in listed, "who was not asked says nothing"
    both = [reference_of(world, case) for case in cases]
    address = f"/stuck/{both[0]}/reset"
    words_of(await one.open(address))
    # Where Temporal is away nothing is shown as if it were known, and the choice stays.
    away = await one.send(address, act="try", to_seq="1")
    assert (away.status_code, '<option value="1" selected>' in away.text) == (503, True)
    for kind, said in (("replay", "все выходит так же"), ("rebuild", "Различий нет")):
        shown = words_of(await one.send("/stuck", reference=both, kind=kind))
        assert (shown.count(said), [name in shown for name in both]) == (2, [True, True])
    # Nobody restarts every case by a click alone.
    assert (await one.send("/stuck/restart")).status_code == 403


async def test_what_is_said_twice_of_a_report_is_read_once(browser: Browsers, world: World) -> None:
    space = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
    empty = f'<n:Document xmlns:n="{space}"><n:CstmrPmtStsRpt/></n:Document>'
    (await report(world, empty.encode())).raise_for_status()
    one = browser()
    await one.sign_in(ADMIN)
    assert words_of(await one.open("/desks/treasury_report")).count("Отчет не читается") == 1


async def test_who_is_told_no_names_is_not_told_that_nobody_is_there(
    browser: Browsers, world: World
) -> None:
    await bring_in(world, sample_authorities())
    nobody = f">{text('page.nobody', 'ru')}"
    recipient, official = browser(), browser()
    await recipient.sign_in(RECIPIENT)
    seen = await recipient.open("/people")
    assert "Руководитель управления" in words_of(seen)
    assert nobody not in seen.text
    await official.sign_in(CLERK)
    assert text("page.log.who", "ru") in words_of(await official.open("/people"))


async def test_operations_are_not_for_everybody_and_a_wrong_question_is_no_success(
    browser: Browsers, world: World
) -> None:
    recipient, admin = browser(), browser()
    await recipient.sign_in(RECIPIENT)
    assert (await recipient.open("/operations")).status_code == 403
    await admin.sign_in(ADMIN)
    assert (await admin.open("/operations")).status_code == 200
    assert (await admin.open("/operations?case=OZ000000000")).status_code == 404
    assert (await admin.open("/operations?day=never")).status_code == 422
