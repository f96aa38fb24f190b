"""A case in which nobody was told and nobody said anything for long is shown to its owner."""

from datetime import UTC, date, datetime, timedelta

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

from db.silences import note_silences, silent_at
from definitions.editions import edition_texts, read_edition
from domain.terms.counting import local_day
from tests.api.test_notices import SAID
from tests.api.test_receipts import notice_sent
from tests.api.world import ITEM, World
from tests.support.casework import move_clock
from tests.support.servers import Database

LIST = "/v1/cases?silent=true&count=true"


async def looked_at(world: World) -> int:
    """How many cases housekeeping looked at, in all."""
    return sum(await run_in_threadpool(lambda: list(note_silences(world.engine))))


async def silent(world: World, path: str = LIST) -> list[str]:
    found = (await world.get(path, world.clerk)).json()
    ids = [one["id"] for one in found["cases"]]
    assert found["count"] == len(ids)
    return ids


async def test_a_case_is_silent_after_its_time_and_no_longer_once_somebody_says_something(
    world: World, database: Database
) -> None:
    first, second = await world.choosing(1), await world.choosing(2)
    assert await looked_at(world) == 0
    move_clock(database.sandbox_url, timedelta(days=20))
    assert await looked_at(world) == 0, "not for long enough"
    await world.act(second, "open_case", world.recipient(2))
    move_clock(database.sandbox_url, timedelta(days=25))
    assert await looked_at(world) == 1
    assert await silent(world) == [first]
    assert (await world.get("/v1/me", world.clerk)).json()["counts"]["silent"] == 1
    assert (await world.get("/v1/me", world.foreign_clerk)).json()["counts"]["silent"] == 0
    await world.act(first, "open_case", world.recipient(1))
    assert await silent(world) == [], "at once"
    await looked_at(world)
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM silent_case")).scalar_one() == 0


async def test_no_case_is_looked_at_twice_before_it_was_written_again(
    world: World, database: Database
) -> None:
    for number in (1, 2, 3):
        world.receive(number)
    move_clock(database.sandbox_url, timedelta(days=60))
    assert await looked_at(world) == 3
    assert await looked_at(world) == 0
    assert len(await silent(world)) == 3


async def test_a_closed_case_is_not_silent(world: World, database: Database) -> None:
    case = await world.choosing()
    await world.act(case, "decline", world.recipient(), reason="Не нужно")
    move_clock(database.sandbox_url, timedelta(days=60))
    await looked_at(world)
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).json()["closed"]
    assert await silent(world) == []


async def test_figures_say_where_cases_are_silent_and_each_leads_to_its_list(
    world: World, database: Database
) -> None:
    first, second = world.receive(1), world.receive(2)
    notice_sent(world, first, "G-1", **{**SAID, "language": "kk"})
    move_clock(database.sandbox_url, timedelta(days=60))
    third = await world.choosing(3)
    await looked_at(world)
    told = (await world.get("/v1/cases?figures=true&limit=1", world.clerk)).json()["figures"]
    (region,) = told["by_region"]
    assert (region["silent"], region["count"]) == (2, 3)
    assert {one["language"]: one["silent"] for one in told["by_language"]} == {"kk": 1, "": 1}
    (item,) = told["by_item"]
    assert (item["item"], item["silent"]) == (ITEM, 2)
    assert item["item_label"]
    assert sorted(await silent(world)) == sorted([first, second])
    assert await silent(world, f"{LIST}&language=kk") == [first]
    assert await silent(world, f"{LIST}&language=none") == [second]
    assert len(await silent(world, f"{LIST}&item={ITEM}&region={region['region']}")) == 2
    assert third in await silent(world, "/v1/cases?count=true&language=none")
    assert (await world.get(LIST, world.supplier)).status_code == 422


def test_an_edition_says_how_long_and_what_was_published_before_has_the_usual_time() -> None:
    source = edition_texts()["social-code"]
    said = source.replace("[values]", '[values]\nsilence = "2wd"').replace(
        "[bases]", '[bases]\nsilence = "policy"'
    )
    monday = datetime(2026, 11, 30, 6, tzinfo=UTC)
    assert local_day(silent_at(monday, read_edition(said)) - timedelta(seconds=1)) == date(
        2026, 12, 2
    )
    assert silent_at(monday, read_edition(source)) > monday + timedelta(days=30)
