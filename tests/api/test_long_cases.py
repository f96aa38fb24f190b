"""The page of a case has what its reader needs now, however long the case grows."""

from typing import Any, Final

from tests.api.test_escalations import bring_in, put
from tests.api.world import World

MOST_ORDINARY: Final = 8 * 1024
MOST_GROWN: Final = 20_000


async def page(world: World, case: str, query: str = "") -> tuple[dict[str, Any], int]:
    answer = await world.get(f"/v1/cases/{case}{query}", world.clerk)
    assert answer.status_code == 200, answer.text
    return answer.json(), len(answer.content)


async def lines(world: World, address: str) -> list[dict[str, Any]]:
    """The whole timeline, read part by part."""
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        part = (await world.get(f"{address}?after={after}&noted=true", world.clerk)).json()
        found += part["events"]
        after = part["after"]
    return found


async def test_a_caseworker_reads_an_ordinary_case_in_review_in_less_than_eight_kilobytes(
    world: World,
) -> None:
    told, size = await page(world, await world.reviewed())
    assert told["status"] == "under_review"
    assert size < MOST_ORDINARY


async def test_a_page_does_not_grow_with_the_case_and_what_is_not_on_it_is_read_part_by_part(
    world: World,
) -> None:
    bring_in(world)
    case = await world.choosing()
    sizes = []
    for _ in range(2):
        for _ in range(40):
            await put(world, case, "administrators")
        sizes.append((await page(world, case))[1])
    told, size = await page(world, case)
    assert size < MOST_GROWN
    assert sizes[1] - sizes[0] < 100
    assert len(told["escalations"]) + told["more"]["escalations"] == 80
    every = await lines(world, told["earlier"])
    assert [one["seq"] for one in every] == [*range(1, told["version"] + 1)]
    last = [one["seq"] for one in told["timeline"]]
    assert [one["seq"] for one in every][-len(last) :] == last
    form = next(one["form"] for one in told["you"]["may"] if one["name"] == "answer_escalation")
    choices = (await world.get(form, world.clerk)).json()["properties"]["escalation"]["oneOf"]
    assert len(choices) == 80


async def test_lines_of_the_timeline_name_the_documents_that_came_with_them(world: World) -> None:
    case = await world.reviewed()
    told, _ = await page(world, case)
    every = await lines(world, f"/v1/cases/{case}/events")
    brought = [document for line in every for document in line.get("documents", ())]
    signed = {one["href"] for one in brought if one["kind"] == "signature"}
    read = {one["href"] for one in brought} - signed
    assert {one["href"] for one in told["documents"]} == read
    assert len(signed) == 3, "a signature is for programs: it stands beside its event"
    assert [line["type"] for line in every if line.get("documents")][:1] == ["ordered"]


async def test_one_period_is_read_by_its_number(world: World) -> None:
    case = await world.choosing()
    usual, _ = await page(world, case)
    alone, _ = await page(world, case, "?period=1")
    assert alone == usual
    assert (await world.get(f"/v1/cases/{case}?period=2", world.clerk)).status_code == 404
