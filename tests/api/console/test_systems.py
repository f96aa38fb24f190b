"""What administrators hold, and how outside systems answer, on pages."""

import re

from integrations.pulse import Sign
from tests.api.console.conftest import Browser, hidden
from tests.api.console.test_desks import ADMIN, OTHER_ADMIN, Browsers, words_of
from tests.api.console.test_house import reference_of
from tests.api.test_surroundings import EARLIER, NOW, seen
from tests.api.world import World, today


async def held(one: Browser, reason: str) -> str:
    """Have the payments wait; what the page says then."""
    form = hidden((await one.open("/systems")).text)
    wish = {"key": form["key"], "kind": "hold", "switch": "payments", "reason": reason}
    return words_of(await one.send("/systems", **wish))


async def test_what_one_administrator_holds_stands_on_every_page_until_another_releases_it(
    browser: Browsers, world: World
) -> None:
    one, other = browser(), browser()
    await one.sign_in(ADMIN)
    quiet = words_of(await one.open("/systems"))
    assert "Сейчас ничего не остановлено" in quiet
    assert "Казначейство Еще не спрашивали не было не было 0" in quiet
    said = await held(one, "Счет заблокирован по ошибке")
    assert "Отправка остановлена: Платежи поставщикам" in said
    await other.sign_in(OTHER_ADMIN)
    for address in ("/", "/stuck", "/changes", "/operations", "/work"):
        assert "Отправка остановлена: Платежи поставщикам" in words_of(await other.open(address))
    shown = await other.open("/systems")
    assert "Счет заблокирован по ошибке" in words_of(shown)
    done = await other.send("/systems", **{**hidden(shown.text), "kind": "release"})
    assert "Отправка возобновлена" in words_of(done)
    assert "Отправка остановлена" not in words_of(await one.open("/"))


async def test_a_hold_without_a_reason_comes_back_with_what_is_missing(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    wrong = await one.send("/systems", kind="hold", switch="sms", reason=" ")
    assert (wrong.status_code, '<option value="sms" selected>' in wrong.text) == (422, True)
    assert 'aria-invalid="true"' in wrong.text


async def test_the_log_of_operations_is_narrowed_to_a_case_a_day_a_kind_and_an_official(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    reference = reference_of(world, case)
    one = browser()
    await one.sign_in(ADMIN)
    await held(one, "Проверка")
    await one.send("/stuck", reference=[reference], kind="apply")
    everything = words_of(await one.open("/operations"))
    assert "Отправка остановлена Платежи поставщикам" in everything
    assert re.search(f"Таблицы построены заново по событиям .{{1,80}} {reference}", everything)
    of_case = await one.open(f"/operations?case={reference}")
    assert "Платежи поставщикам" not in words_of(of_case).partition("Показать")[2]
    rows = "<tbody>\n<tr>"
    kind = await one.open("/operations?action=hold_placed")
    assert (kind.text.count("<tr><th scope"), rows in kind.text) == (2, True)
    (official,) = set(re.findall(r"official=([0-9a-f-]{36})", kind.text))
    mine = await one.open(f"/operations?official={official}&day={today()}")
    assert "Показать всех" in words_of(mine)
    assert mine.text.count(f"official={official}") >= 2
    nothing = await one.open(f"/operations?day={today(-1)}")
    assert "Здесь будут действия" in words_of(nothing)
    assert "кто отвечает за какой орган" in words_of(await one.open("/people"))


async def test_beside_the_fault_of_an_outside_system_stands_what_an_administrator_does_about_it(
    browser: Browsers, world: World
) -> None:
    seen(world, treasury=Sign(failed_at=NOW, fault="401"), sms=Sign(failed_at=NOW, fault="503"))
    seen(world, email=Sign(answered_at=NOW), esobes=Sign(failed_at=NOW, fault="418"))
    one = browser()
    await one.sign_in(ADMIN)
    told = words_of(await one.open("/systems"))
    assert told.count("Что делать:") == 3
    assert "не принимает ключ портала. Запросите новый ключ" in told
    assert "Если надолго, остановите отправку ниже" in told
    assert "что они изменили" in told
    seen(world, treasury=Sign(answered_at=NOW), sms=Sign(failed_at=EARLIER, fault="401"))
    assert "не принимает ключ портала" not in words_of(await one.open("/systems"))
