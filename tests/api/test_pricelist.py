"""Many offers at once: the good lines are put, and nothing of the others."""

import asyncio
from typing import Any

import pytest

from tests.api.test_suppliers import put
from tests.api.world import ITEM, Person, World

WALKER = "MOBILITY-WHEELCHAIR-INDOOR"


async def send(
    world: World, supplier: str, by: Person, *offers: dict[str, Any], **more: Any
) -> Any:
    key = more.pop("key", None)
    said = {"command": "put_offers", "offers": list(offers), **more}
    return await world.post(f"/v1/suppliers/{supplier}/commands", by, said, key)


def put_down(world: World) -> list[tuple[str, int, bool]]:
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT item, price, active FROM offer ORDER BY item")
        return [(row.item, row.price, row.active) for row in rows]


async def test_the_good_lines_are_put_and_each_of_the_others_says_what_is_wrong(
    world: World,
) -> None:
    held = await put(world)
    lines: list[dict[str, Any]] = [
        {"item": ITEM, "price": 5},
        {"item": "NO-SUCH", "price": 5},
        {"item": WALKER, "price": 1},
        {"item": WALKER, "price": 2},
        {"item": "", "price": 0},
        {"item": "HYGIENE-DIAPER-L", "active": True},
    ]
    told = (await send(world, held["id"], world.supplier, *lines)).json()
    codes = [one["errors"][0]["code"] if one["errors"] else None for one in told["offers"]]
    twice = "stands_twice"
    assert codes[:4] == [None, "not_in_catalogue", twice, twice]
    assert [one["taken"] for one in told["offers"]] == [True, *[False] * 5]
    assert told["changed"] == 1
    assert put_down(world) == [(ITEM, 5, True)]


async def test_a_check_answers_the_same_and_does_nothing(world: World) -> None:
    held = await put(world)
    line = {"item": ITEM, "price": 5}
    checked = (await send(world, held["id"], world.supplier, line, check_only=True)).json()
    assert (checked["changed"], checked["offers"][0]["taken"]) == (1, True)
    assert put_down(world) == []


async def test_what_is_as_it_was_leaves_no_trace_and_a_line_without_a_price_withdraws(
    world: World,
) -> None:
    held = await put(world)
    await send(world, held["id"], world.supplier, {"item": ITEM, "price": 5})
    before = world.audit()
    again = await send(world, held["id"], world.supplier, {"item": ITEM, "price": 5})
    assert again.json()["changed"] == 0
    assert world.audit() == before
    await send(world, held["id"], world.supplier, {"item": ITEM, "active": False})
    assert put_down(world) == [(ITEM, 5, False)]


async def test_a_price_list_sent_twice_under_its_key_is_put_once(world: World) -> None:
    held = await put(world)
    line = {"item": ITEM, "price": 5}
    first, again = [
        await send(world, held["id"], world.supplier, line, key="list-1") for _ in range(2)
    ]
    assert [one.json()["changed"] for one in (first, again)] == [1, 1]
    assert [one.json()["offers"][0]["was"] for one in (first, again)] == [None, None]
    assert world.audit().count(("supplier", "offer_put")) == 1


async def test_nobody_puts_offers_of_others(world: World) -> None:
    held = await put(world)
    line = {"item": ITEM, "price": 5}
    assert (await send(world, held["id"], world.other_supplier, line)).status_code == 404
    assert (await send(world, held["id"], world.commission, line)).status_code == 403
    assert (await send(world, held["id"], world.admin, line)).status_code == 200
    change = {"command": "change", "name": "Басқа"}
    path = f"/v1/suppliers/{held['id']}/commands"
    assert (await world.post(path, world.supplier, change)).status_code == 403


async def test_a_key_is_answered_as_it_was_also_when_the_offers_have_changed_since(
    world: World,
) -> None:
    held = await put(world)
    lines: list[dict[str, Any]] = [{"item": ITEM, "price": 100}, {"item": WALKER, "price": 0}]
    first = await send(world, held["id"], world.supplier, *lines, key="list-1")
    await send(world, held["id"], world.supplier, {"item": ITEM, "price": 200})
    again = await send(world, held["id"], world.supplier, *lines, key="list-1")
    assert again.json() == first.json()
    assert [one["taken"] for one in again.json()["offers"]] == [True, False]
    assert put_down(world) == [(ITEM, 200, True)]


async def test_an_answer_kept_without_its_lines_tells_how_they_stand_today(world: World) -> None:
    held = await put(world)
    line = {"item": ITEM, "price": 100}
    await send(world, held["id"], world.supplier, line, key="list-1")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE asked_once SET made = '{\"changed\": 1}'")
    again = (await send(world, held["id"], world.supplier, line, key="list-1")).json()
    assert (again["changed"], again["offers"][0]["was"]) == (1, {"price": 100, "active": True})


@pytest.mark.parametrize("alone", [False, True])
async def test_who_withdraws_while_the_price_changes_puts_no_old_price_back(
    world: World, alone: bool
) -> None:
    held = await put(world)
    await send(world, held["id"], world.supplier, {"item": ITEM, "price": 1})
    for price in range(1_000, 1_010):
        dearer = (
            world.http.put(
                f"/v1/suppliers/{held['id']}/offers/{ITEM}",
                json={"price": price},
                headers=world.headers(world.supplier, {}),
            )
            if alone
            else send(world, held["id"], world.supplier, {"item": ITEM, "price": price})
        )
        gone = send(world, held["id"], world.supplier, {"item": ITEM, "active": False})
        answers = await asyncio.gather(dearer, gone)
        assert {one.status_code for one in answers} == {200}
        assert [one[:2] for one in put_down(world)] == [(ITEM, price)]
