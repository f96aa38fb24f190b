"""What the commission finds from its first page: disputes, conclusions, registrations, removals."""

import re

from tests.api.console.conftest import hidden
from tests.api.console.test_desks import COMMISSION, words_of
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import Browsers, grow_old
from tests.api.test_registration import applied
from tests.api.world import World

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


async def test_a_supplier_is_removed_on_a_ground_by_who_has_just_proven_who_they_are(
    browser: Browsers, world: World
) -> None:
    supplier, _ = world.offer()
    one = browser()
    await one.sign_in(COMMISSION)
    address = f"/commission/suppliers/{supplier}"
    assert address in (await one.open("/commission/suppliers")).text
    form = hidden((await one.open(address)).text)
    wrong = await one.send(address, **form, ground="ceased")
    assert (wrong.status_code, wrong.text.count('class="fault"')) == (422, 2)
    said = {"ground": "ceased", "reason": "Қызметін тоқтатты", "evidence": "Акт № 7"}
    grow_old(world, one)
    assert (await one.send(address, **form, **said)).status_code == 401
    await one.sign_in(COMMISSION)
    form = hidden((await one.open(address)).text)
    done = await one.send(address, **form, **said)
    assert done.status_code == 303, done.text
    told = words_of(await one.open(done.headers["location"]))
    assert ("Акт № 7" in told, "не зарегистрирован" in told) == (True, True)
