"""The erasure of a person on pages: what stands against it is told, and two carry it out."""

from sqlalchemy import text

from tests.api.console.conftest import RECIPIENT, hidden
from tests.api.console.test_desks import ADMIN, OTHER_ADMIN, Browsers, words_of
from tests.api.console.test_house import reference_of
from tests.api.world import World
from tests.support.erasing import end_all


async def test_two_administrators_erase_the_recipient_of_a_closed_case(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    address = f"/cases/{reference_of(world, case)}"
    form = f"{address}/erasure"
    one, other = browser(), browser()
    await one.sign_in(ADMIN)
    assert "/erasure" not in (await one.open(address)).text, "the case is open"
    shown = await one.open(form)
    assert shown.status_code == 200, shown.text
    looked = await one.send(
        f"{address}/erasure", **hidden(shown.text), ground="request", act="look"
    )
    assert "Эти дела еще открыты" in words_of(looked)

    recipient = browser()
    await recipient.sign_in(RECIPIENT)
    decline = f"{address}/do/decline?period=1"
    asked = hidden((await recipient.open(decline)).text)
    assert (await recipient.send(decline, **asked, reason="Керек емес")).status_code == 303
    with world.engine.begin() as connection:
        whose = text("SELECT person_id FROM case_head WHERE case_id = :id")
        end_all(connection, connection.execute(whose, {"id": case}).scalar_one())
    assert form in (await one.open(address)).text
    looked = await one.send(
        f"{address}/erasure", **hidden(shown.text), ground="request", act="look"
    )
    assert "Ничего не мешает" in words_of(looked), words_of(looked)
    made = await one.send(form, **hidden(looked.text), ground="request", act="propose")
    assert made.status_code == 303, made.text

    await other.sign_in(OTHER_ADMIN)
    seen = await other.open(made.headers["location"])
    assert "Человек попросил об этом" in words_of(seen)
    done = await other.send(made.headers["location"], **hidden(seen.text))
    assert done.status_code == 303, done.text
    assert "Свидетельство об удалении" in words_of(await other.open(made.headers["location"]))
    assert "Данные получателя удалены" in words_of(await other.open(address))


async def test_a_recipient_takes_what_is_held_about_them(browser: Browsers, world: World) -> None:
    await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    assert "/my-data/file" in (await one.open("/my-data")).text
    taken = await one.open("/my-data/file")
    assert (taken.status_code, taken.content[:2]) == (200, b"PK")
