"""Lists that somebody comes back to, under names of their own."""

from typing import Any

from tests.api.world import Person, World

LATE = {"name": "Просроченное", "list": {"of": "work", "filters": {"lateness": "late"}}}
HERE = {"name": "Выбор", "list": {"of": "cases", "filters": {"status": "choosing"}}}


async def keep(world: World, by: Person, *lists: dict[str, Any]) -> int:
    answer = await world.http.put(
        "/v1/me/lists", json={"lists": lists}, headers=world.headers(by, {})
    )
    return answer.status_code


async def kept(world: World, by: Person) -> list[str]:
    return [one["name"] for one in (await world.get("/v1/me", by)).json()["lists"]]


async def test_lists_are_kept_for_their_person_alone_until_others_take_their_place(
    world: World,
) -> None:
    assert await kept(world, world.clerk) == []
    assert await keep(world, world.clerk, LATE, HERE) == 200
    assert await kept(world, world.clerk) == ["Просроченное", "Выбор"]
    assert await kept(world, world.second_clerk) == []
    (late, here) = (await world.get("/v1/me", world.clerk)).json()["lists"]
    assert late["list"]["filters"]["lateness"] == "late"
    assert here["list"]["filters"]["status"] == "choosing"
    assert await keep(world, world.clerk, HERE) == 200
    assert await kept(world, world.clerk) == ["Выбор"]
    assert await keep(world, world.clerk) == 200
    assert await kept(world, world.clerk) == []


async def test_only_officials_keep_lists_and_only_filters_that_there_are(world: World) -> None:
    assert await keep(world, world.recipient(), LATE) == 403
    wrong = {"name": "x", "list": {"of": "work", "filters": {"status": "choosing"}}}
    assert await keep(world, world.clerk, wrong) == 422
    assert await keep(world, world.clerk, *[LATE] * 31) == 422
    assert await kept(world, world.clerk) == []


async def test_what_a_list_is_called_stands_nowhere_to_be_read(world: World) -> None:
    await keep(world, world.clerk, LATE)
    with world.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT sealed FROM kept_lists").scalar_one()
    assert "Просроченное".encode() not in bytes(told)
