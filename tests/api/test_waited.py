"""How long others waited for a supplier is told to who compares offers, and makes nobody known."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from db.rebuild import compare, scratch
from tests.api.world import ITEM, World, today
from tests.support.casework import move_clock
from tests.support.servers import Database

# In how many days each of six had it.
DAYS = (1, 2, 3, 4, 5, 9)


async def order(world: World, number: int, offer: UUID) -> str:
    """A case with an order that its supplier has confirmed."""
    case, person = await world.choosing(number), world.recipient(number)
    await world.act(case, "place_order", person, **world.order(case, offer, person))
    await world.act(case, "confirm", world.supplier)
    return case


async def bring(world: World, case: str, number: int, days: int) -> None:
    """What was ordered is brought, and accepted."""
    said = {"on": today(days), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **said)
    await world.act(case, "accept", world.recipient(number), quantity=1)


async def told(world: World, **asked: Any) -> list[int | None]:
    """What is told of the offers of one item."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = await world.get(f"/v1/offers?{query}", world.recipient(1))
    assert answer.status_code == 200, answer.text
    return [one["waited_days"] for one in answer.json()["offers"]]


async def test_half_of_the_others_waited_no_longer_once_there_are_five_beside_whoever_asks(
    world: World, database: Database
) -> None:
    _, offer = world.offer()
    cases = [await order(world, number, offer) for number in range(1, len(DAYS) + 1)]
    past = 0
    for number, (case, days) in enumerate(zip(cases, DAYS, strict=True), start=1):
        if number == len(DAYS):
            assert await told(world, item=ITEM) == [None], "five might be known by it"
        move_clock(database.sandbox_url, timedelta(days=days - past))
        past = days
        await bring(world, case, number, days)
    assert await told(world, item=ITEM) == [None], "it is kept for an hour"
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE kept_figures SET at = at - interval '1 hour'"))
    assert await told(world, item=ITEM) == [3]
    assert await told(world, case_id=cases[0]) == [3]
    assert await told(world) == [None], "only where one item is asked for"
    with scratch(world.engine) as connection:
        assert [one for case in cases for one in compare(connection, case)] == []
