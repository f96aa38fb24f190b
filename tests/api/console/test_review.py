"""The steps of a refusal, and how who works through a list keeps their place in it."""

import re
from html import unescape

from sqlalchemy import text

from tests.api.console.conftest import CLERK, hidden
from tests.api.console.test_house import reference_of
from tests.api.console.test_work import SECOND, Browsers
from tests.api.world import World

HERE = re.compile(r'aria-current="step">([^<]+)<')


async def test_a_refusal_goes_from_ground_to_letter_to_hearing_and_says_where_it_stands(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.reviewed())
    one = browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference}/refuse"
    assert address in (await one.open(f"/cases/{reference}/review")).text
    begun = await one.open(address)
    assert HERE.findall(begun.text) == ["Назовите основание и причину"]
    empty = await one.send(address, **hidden(begun.text))
    assert (empty.status_code, 'class="fault"' in empty.text) == (422, True)
    said = {"ground": "not_delivered", "reason": "Подпись не получателя."}
    letter = await one.send(address, **hidden(begun.text), **said)
    assert HERE.findall(letter.text) == ["Посмотрите письмо на двух языках"]
    assert ('lang="kk"' in letter.text, "Қазақша" in letter.text) == (True, True)
    assert letter.text.count("Подпись не получателя.") > 2, "in both letters, and still in the form"
    assert HERE.findall((await one.open(address)).text) == ["Назовите основание и причину"]
    sent = await one.send(address, **hidden(letter.text), **said, send="yes")
    assert sent.status_code == 303, sent.text
    heard = await one.open(address)
    assert HERE.findall(heard.text)[0].startswith("Заслушивание")
    assert "/do/refuse?" not in heard.text, "the hearing has not been"


async def test_who_did_a_piece_of_work_goes_on_between_its_neighbours(
    browser: Browsers, world: World
) -> None:
    for number in (1, 2, 3):
        world.fail_notice(world.receive(number))
    one = browser()
    await one.sign_in(CLERK)
    shown = await one.open("/work?kind=task")
    ways = [unescape(way) for way in re.findall(r'<a href="(/cases/[^"]+list=[^"]+)"', shown.text)]
    reference = ways[1].partition("?")[0].rpartition("/")[2]
    with world.engine.begin() as connection:  # somebody else has done it
        connection.execute(text("DELETE FROM work WHERE reference = :done"), {"done": reference})
    after = await one.open(ways[1])
    assert "Этой работы в списке больше нет" in after.text
    following = [unescape(way) for way in re.findall(r'<a href="([^"]+)" rel="next">', after.text)]
    previous = [unescape(way) for way in re.findall(r'<a href="([^"]+)" rel="prev">', after.text)]
    assert (previous, following) == ([ways[0]], [ways[2]])


async def test_a_row_says_what_happened_last_and_whether_anybody_has_begun(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.reviewed())
    one, other = browser(), browser()
    await one.sign_in({**CLERK, "name": "БІРІНШІ МАМАН"})
    shown = await one.open("/work")
    assert "никто не смотрел" in shown.text
    task = re.findall(r'action="(/work/[^"]+)"', shown.text)[0]
    await one.send(task, act="claim")
    assert "взято, не начато" in (await one.open("/work")).text
    address = f"/cases/{reference}/do/approve?period=1"
    form = hidden((await one.open(address)).text)
    assert (await one.send(address, **form)).status_code == 303
    await other.sign_in(SECOND)
    second = await other.open("/work?kind=approval")
    assert re.search(r"Первое решение: [^<]*Маман, \d", second.text) or re.search(
        r"Первое решение: [^<]*БІРІНШІ[^<]*, \d", second.text
    )


async def test_a_question_says_to_whom_it_was_put(browser: Browsers, world: World) -> None:
    reference = reference_of(world, await world.choosing())
    one, admin = browser(), browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference}/do/escalate"
    shown = await one.open(address)
    to = re.findall(r'name="to" value="([a-z_0-9-]+)"|<option value="([a-z_0-9-]+)"', shown.text)[0]
    said = {"to": to[0] or to[1], "reason": "Нужен совет"}
    assert (await one.send(address, **hidden(shown.text), **said)).status_code == 303
    await admin.sign_in({"role": "administrator", "iin": CLERK["iin"]})
    listed = await admin.open("/work?kind=question&of=everybody")
    assert "Кому: " in listed.text, listed.text
