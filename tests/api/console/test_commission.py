"""What the commission finds from its first page: disputes, conclusions, registrations, removals."""

import re

from tests.api.console.conftest import hidden
from tests.api.console.test_desks import ADMIN, COMMISSION, OTHER_ADMIN, words_of
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import Browsers, grow_old
from tests.api.test_registration import applied
from tests.api.world import SUPPLIER_BIN, World
from tests.support.removals import WORDS

REASON = {"reason": "Себебі жазылған"}


async def test_each_kind_of_work_is_one_click_away_and_says_what_is_asked_and_by_when(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    await world.act(case, "report_no_supplier", world.recipient(), **REASON)
    await applied(world, world.other_supplier)
    one = browser()
    await one.sign_in(COMMISSION)
    home = await one.open("/")
    words_of(home)
    doors = dict(re.findall(r'<a href="/commission/([a-z]+)"><strong>(\d+)</strong>', home.text))
    assert doors == {"disputes": "0", "conclusions": "1", "registration": "1", "removals": "0"}
    shown = await one.open("/commission/conclusions")
    said = words_of(shown)
    assert reference_of(world, case) in said
    assert "Последний день" in said
    assert "Сейчас ничего нет" in words_of(await one.open("/commission/disputes"))
    (way,) = re.findall(r'<a href="(/cases/[^"]+)"', shown.text)
    assert (await one.open(way.replace("&amp;", "&"))).status_code == 200
    asks = await one.open("/commission/registration")
    (way,) = re.findall(r'<a href="(/desks/tasks/[^"]+)"', asks.text)
    assert (await one.open(way.replace("&amp;", "&"))).status_code == 200


async def test_a_supplier_is_taken_off_by_two_who_see_what_becomes_of_its_orders(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one, other, commission = browser(), browser(), browser()
    await one.sign_in(ADMIN)
    listed = await one.open(f"/suppliers?called={SUPPLIER_BIN}")
    (address,) = set(re.findall(r'href="(/suppliers/[^"?]+)"', listed.text))
    assert "/suppliers/" not in (await one.open("/suppliers?called=Басқа")).text
    wrong = await one.send(address, ground="ceased")
    assert (wrong.status_code, wrong.text.count('class="fault"')) == (422, 2)
    said = {"ground": "commission_conclusion", **WORDS}
    shown = await one.send(address, **said)
    told = words_of(shown)
    assert "Дел, в которых что-то изменится: 1" in told
    assert (reference_of(world, case) in told, WORDS["evidence"] in told) == (True, True)
    made = await one.send("/changes", **hidden(shown.text))
    assert made.status_code == 303, made.text
    change = made.headers["location"]
    assert "Это предложили вы" in words_of(await one.open(change))

    await other.sign_in(OTHER_ADMIN)
    approve = hidden((await other.open(change)).text)
    grow_old(world, other)
    assert (await other.send(change, **approve)).status_code == 401
    await other.sign_in(OTHER_ADMIN)
    assert (await other.send(change, **approve)).status_code == 303
    assert "Дел, в которые это сообщено: 1 из 1" in words_of(await other.open(change))
    log = words_of(await other.open("/operations"))
    assert "Одобрено снятие поставщика с регистрации" in log

    await commission.sign_in(COMMISSION)
    assert address in (await commission.open("/suppliers")).text
    seen = words_of(await commission.open(address))
    assert ("Хаттама № 7" in seen, "не зарегистрирован" in seen) == (True, True)
    assert (await commission.send(address, **said)).status_code == 403


async def test_an_order_that_a_removal_leaves_standing_is_shown_beforehand(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    one = browser()
    await one.sign_in(ADMIN)
    listed = await one.open(f"/suppliers?called={SUPPLIER_BIN}")
    (address,) = set(re.findall(r'href="(/suppliers/[^"?]+)"', listed.text))
    shown = await one.send(address, ground="commission_conclusion", **WORDS)
    assert shown.status_code == 200, words_of(shown)
    made = await one.send("/changes", **hidden(shown.text))
    for page in (shown, await one.open(made.headers["location"])):
        assert f"{reference_of(world, case)} Заказ исполняется Заказ остается в силе" in words_of(
            page
        )
