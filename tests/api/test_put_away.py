"""A case long closed lies apart, and nobody who reads it or goes on with it can tell."""

from datetime import timedelta
from typing import Any

import psycopg
from starlette.concurrency import run_in_threadpool

from db.put_away import LONG, put_away
from db.rebuild import compare, scratch
from tests.api.world import World
from tests.support.casework import move_clock
from tests.support.servers import Database
from tests.support.tampering import faults

YEARS = (
    "SELECT count(*), min(year), max(year) FROM {table} WHERE case_id = %s",
    *("event", "inbox", "document"),
)


async def seen(world: World, case: str) -> dict[str, Any]:
    """All that the recipient reads of a case, and each of its papers."""
    who, address = world.recipient(1), f"/v1/cases/{case}"
    found = {one: (await world.get(f"{address}{one}", who)).json() for one in ("", "/events")}
    for document in found[""]["documents"]:
        found[document["href"]] = (await world.get(document["href"], who)).text
    return found


def years(database: Database, case: str) -> dict[str, tuple[int, int, int]]:
    """Of each table: how many rows the case has, and between which years they lie."""
    with psycopg.connect(database.owner_url) as connection:
        return {
            table: connection.execute(YEARS[0].format(table=table), (case,)).fetchall()[0]
            for table in YEARS[1:]
        }


async def withdrawn(world: World) -> str:
    """A case that was ordered in, and closed since."""
    case = await world.ordered()
    await world.act(case, "cancel_order", world.recipient(1), reason="Передумал")
    await world.act(case, "decline", world.recipient(1), reason="Не нужно")
    return case


async def tidied(world: World) -> int:
    """What closed long ago is put away: how many cases."""
    return sum(await run_in_threadpool(lambda: list(put_away(world.engine, LONG))))


async def test_a_case_long_closed_reads_as_before_and_lies_in_the_year_of_its_end(
    world: World, database: Database
) -> None:
    case, other = await withdrawn(world), await world.choosing(2)
    move_clock(database.sandbox_url, LONG - timedelta(days=1))
    assert await tidied(world) == 0
    move_clock(database.sandbox_url, timedelta(days=2))
    before = await seen(world, case)
    assert [await tidied(world) for _ in range(2)] == [1, 0]
    assert await seen(world, case) == before
    for count, first, last in years(database, case).values():
        assert count > 0
        assert first == last == int(before[""]["since"][:4])
    assert {row[2] for row in years(database, other).values() if row[0]} == {0}
    with scratch(world.engine) as connection:
        assert compare(connection, case) == []


async def test_what_was_asked_once_is_answered_from_there_and_not_done_again(
    world: World, database: Database
) -> None:
    case, asked = await world.choosing(), {"reason": "Не нужно"}
    for _ in range(2):
        answer = await world.ask(case, "decline", world.recipient(1), asked, key="the-same")
        assert answer.status_code == 200
        counts = {table: row[0] for table, row in years(database, case).items()}
        move_clock(database.sandbox_url, LONG + timedelta(days=1))
        await tidied(world)
    assert {table: row[0] for table, row in years(database, case).items()} == counts
    assert years(database, case)["inbox"][1] > 0


async def test_a_case_that_is_opened_again_goes_on_after_what_was_put_away(
    world: World, database: Database
) -> None:
    case = await withdrawn(world)
    move_clock(database.sandbox_url, LONG + timedelta(days=1))
    assert await tidied(world) == 1
    count, _, _ = years(database, case)["event"]
    again = {"ground": "new_application", "reason": "Новое", "evidence": "заявление 5"}
    for by in (world.clerk, world.second_clerk):
        told = await world.act(case, "reopen_case", by, **again)
    assert told["status"] == "notifying"
    now = years(database, case)["event"]
    assert now[0] > count
    assert (now[1] == 0, now[2] > 0) == (True, True)
    with scratch(world.engine) as connection:
        assert compare(connection, case) == []
    with world.engine.begin() as connection:
        assert faults(connection) == []
    for table in YEARS[1:]:
        with psycopg.connect(database.owner_url) as connection:
            moved = f"UPDATE {table} SET year = 0 WHERE case_id = %s AND year <> 0"
            connection.execute(moved, (case,))
            connection.commit()
        with world.engine.begin() as proving:
            assert (table, "year") in {(one.table, one.what) for one in faults(proving)}
