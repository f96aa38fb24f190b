"""Open cases in figures: where they stand and for how long, what ends when, and where."""

import itertools
from datetime import date, timedelta

from tests.api.test_notices import SAID
from tests.api.test_receipts import notice_sent
from tests.api.world import AUTHORITY_BIN, World, person
from tests.support.casework import move_clock
from tests.support.servers import Database

NOBODY_HERE = "&closed=false"


async def test_figures_say_where_cases_stand_and_when_their_terms_end(
    world: World, database: Database
) -> None:
    for number in (1, 2):
        await world.choosing(number)
    world.receive(3)
    move_clock(database.sandbox_url, timedelta(days=10))
    told = (await world.get("/v1/cases?figures=true&limit=1", world.clerk)).json()["figures"]
    found = {one["status"]: one for one in told["by_status"]}
    assert {status: one["count"] for status, one in found.items()} == {
        "choosing": 2,
        "notifying": 1,
    }
    assert found["choosing"]["days"] == [[10, 2]]
    assert 58 < found["choosing"]["term_days"] < 64
    assert found["choosing"]["status_label"]
    weeks = told["by_week"]
    assert len(weeks) == 9
    assert sum(one["count"] for one in weeks) == 3
    days = [date.fromisoformat(one["until"]) for one in weeks]
    assert {(later - earlier).days for earlier, later in itertools.pairwise(days)} == {7}
    late = sum(one["late"] for one in told["by_status"])
    assert weeks[0]["count"] == late == sum(one["late"] for one in told["by_region"])
    assert sum(one["count"] for one in told["by_region"]) == 3


async def test_figures_are_of_what_the_reader_sees_and_of_nothing_narrower(world: World) -> None:
    await world.choosing()
    path = "/v1/cases?figures=true&limit=1"
    foreign = (await world.get(path, world.foreign_clerk)).json()["figures"]
    assert (foreign["by_status"], foreign["by_region"]) == ([], [])
    mine = (await world.get(path, world.commission)).json()["figures"]
    assert [one["region"][:2] for one in mine["by_region"]] == ["71"]
    for party in (world.recipient(), world.supplier):
        assert (await world.get(path, party)).status_code == 403
    assert (await world.get(f"{path}&status=choosing", world.clerk)).status_code == 422
    assert "figures" not in (await world.get("/v1/cases", world.clerk)).json()


async def test_figures_are_kept_for_a_while_and_for_each_who_sees_the_same(world: World) -> None:
    await world.choosing(1)
    path = "/v1/cases?figures=true&limit=1"
    first = (await world.get(path, world.clerk)).json()["figures"]
    await world.choosing(2)
    assert (await world.get(path, world.second_clerk)).json()["figures"] == first
    all_ = (await world.get(path, world.admin)).json()["figures"]
    assert [one["count"] for one in all_["by_status"]] == [2]


async def test_cases_of_a_region_are_found_by_the_beginning_of_its_codes(world: World) -> None:
    await world.choosing()
    clerk = person("caseworker", 901, authority=AUTHORITY_BIN)
    for region, count in (("71", 1), ("75", 0), ("7199", 0)):
        found = (await world.get(f"/v1/cases?region={region}&count=true", clerk)).json()
        assert (len(found["cases"]), found["count"]) == (count, count), region
    assert (await world.get("/v1/cases?region=7x", clerk)).status_code == 422
    assert (await world.get("/v1/cases?region=71", world.supplier)).status_code == 422


async def test_figures_say_in_which_language_recipients_are_written_to_last(world: World) -> None:
    first, second, _ = (world.receive(number) for number in (1, 2, 3))
    notice_sent(world, first, "G-1", **{**SAID, "language": "ru"})
    notice_sent(world, second, "G-2", **{**SAID, "language": "kk"})
    notice_sent(world, second, "G-3", "email", **{**SAID, "language": "ru"})
    told = (await world.get("/v1/cases?figures=true&limit=1", world.clerk)).json()["figures"]
    found = {one["language"]: (one["count"], one["late"]) for one in told["by_language"]}
    assert found == {"": (1, 0), "ru": (2, 0)}
