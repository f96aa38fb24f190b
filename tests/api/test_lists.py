"""Lists: whose cases, which of them, in parts that neither skip nor repeat."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

import api.cases.lists
import db.lists
from tests.api.world import Person, World
from tests.domain.play import CURRENT
from tests.support.casework import move_clock
from tests.support.servers import Database


async def listed(world: World, who: Person, query: str = "") -> dict[str, Any]:
    answer = await world.get(f"/v1/cases{query}", who)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_each_sees_the_own_cases(world: World) -> None:
    mine, ordered = world.receive(2), await world.ordered(1)

    async def seen(who: Person) -> list[str]:
        return [line["id"] for line in (await listed(world, who))["cases"]]

    assert await seen(world.recipient(1)) == [ordered]
    assert await seen(world.recipient(2)) == [mine]
    assert await seen(world.recipient(3)) == []
    assert await seen(world.supplier) == [ordered]
    assert await seen(world.other_supplier) == []
    assert await seen(world.clerk) == [mine, ordered]
    assert await seen(world.foreign_clerk) == []
    assert await seen(world.admin) == [mine, ordered]


async def test_a_line_says_where_the_case_stands(world: World) -> None:
    case = await world.choosing()
    (line,) = (await listed(world, world.clerk))["cases"]
    whole = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    for name in ("id", "reference", "status", "status_label", "since", "waits_for", "version"):
        assert line[name] == whole[name], name
    assert line["due_at"] == whole["due"]["expires_at"]


async def test_a_list_comes_in_parts_and_counts_exactly(world: World) -> None:
    cases = [world.receive(number) for number in range(1, 6)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        part = await listed(world, world.clerk, f"?limit=2&count=true{after}")
        seen += [line["id"] for line in part["cases"]]
        assert part["count"] == 5
        after = part["after"] and f"&after={part['after']}"
    assert seen == cases


async def walked(world: World, who: Person, query: str) -> list[str]:
    """The ids of a whole list, two at a time."""
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        part = await listed(world, who, f"?limit=2&{query}{after}")
        seen += [line["id"] for line in part["cases"]]
        after = part["after"] and f"&after={part['after']}"
    return seen


@pytest.mark.parametrize("sort", ["due", "since", "reference"])
@pytest.mark.parametrize("closed", ["", "closed=false&", "closed=true&"])
async def test_a_list_in_an_order_comes_in_parts_without_gap_and_repeat(
    world: World, sort: str, closed: str
) -> None:
    for number in range(1, 4):
        world.receive(number)
    for number in range(4, 9):
        case = await world.choosing(number)
        if number % 2:
            await world.act(case, "decline", world.recipient(number), reason="Не нужно")
    whole = (await listed(world, world.clerk, f"?{closed}limit=200"))["cases"]
    last = "9999"
    values = {
        line["id"]: {
            "due": (line["due_at"] or last, line["id"]),
            "since": (line["since"], line["id"]),
            "reference": (line["reference"],),
        }[sort]
        for line in whole
    }
    expected = sorted(values, key=lambda one: values[one])
    for who in (world.clerk, world.admin, world.commission):
        assert await walked(world, who, f"{closed}sort={sort}") == expected


async def test_what_is_due_at_the_same_instant_is_on_one_part_each(
    world: World, database: Database
) -> None:
    cases = [await world.choosing(number) for number in range(1, 6)]
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("UPDATE case_view SET due_at = '2027-01-31T19:00:00Z'")
    assert await walked(world, world.clerk, "sort=due") == sorted(cases)


async def test_a_place_of_one_order_is_none_of_another(world: World) -> None:
    for number in range(1, 4):
        world.receive(number)
    place = (await listed(world, world.clerk, "?limit=2&sort=due"))["after"]
    answer = await world.get(f"/v1/cases?after={place}&sort=reference", world.clerk)
    assert answer.status_code == 422
    assert [one["name"] for one in answer.json()["errors"]] == ["after"]


async def test_more_than_is_counted_is_told_to_be_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        world.receive(number)
    exact = await listed(world, world.clerk, "?count=true")
    assert (exact["count"], exact["at_least"]) == (3, False)
    for place in (db.lists, api.cases.lists):
        monkeypatch.setattr(place, "MOST_COUNTED", 2)
    part = await listed(world, world.clerk, "?count=true&limit=1")
    assert (part["count"], part["at_least"]) == (2, True)
    counts = (await world.get("/v1/me", world.clerk)).json()["counts"]
    assert (counts["open"], counts["at_least"]) == (2, ["open"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=choosing", [1]),
        ("status=ordered", []),
        ("waits_for=recipient", [0, 1]),
        ("waits_for=supplier", []),
        ("closed=true", [2]),
        ("closed=false", [0, 1]),
        ("item=MOBILITY-WHEELCHAIR-OUTDOOR", [0, 1, 2]),
        ("item=OTHER", []),
        ("due_before=2020-01-01T00:00:00Z", []),
        ("due_before=2099-01-01T00:00:00%2B05:00", [0, 1]),
        ("stuck=true", []),
    ],
)
async def test_a_list_is_narrowed(world: World, query: str, found: list[int]) -> None:
    cases = [world.receive(1), await world.choosing(2), await world.choosing(3)]
    await world.act(cases[2], "decline", world.recipient(3), reason="Не нужно")
    part = await listed(world, world.clerk, f"?{query}&count=true")
    assert [line["id"] for line in part["cases"]] == [cases[place] for place in found]
    assert part["count"] == len(found)


async def test_stuck_are_those_whose_term_is_over(world: World, database: Database) -> None:
    case = await world.choosing(1)
    move_clock(database.sandbox_url, timedelta(days=100))
    part = await listed(world, world.clerk, "?stuck=true")
    assert [line["id"] for line in part["cases"]] == [case]
    assert (await world.get("/v1/me", world.clerk)).json()["counts"]["overdue"] == 1


async def test_what_changed_since_is_asked_for_without_gap_and_repeat(world: World) -> None:
    first = world.receive(1)
    place = (await listed(world, world.clerk))["changed_since"]
    assert (await listed(world, world.clerk, f"?changed_since={place}"))["cases"] == []
    second, third = world.receive(2), world.receive(3)
    await world.act(first, "open_case", world.recipient(1))
    seen = []
    for _ in range(4):
        part = await listed(world, world.clerk, f"?limit=2&changed_since={place}")
        seen += [line["id"] for line in part["cases"]]
        place = part["changed_since"]
    assert seen == [second, third, first]


async def test_nothing_has_changed_since_a_place_that_is_still_ahead(world: World) -> None:
    ahead = f"{10**18 - 1}.ffffffff-ffff-ffff-ffff-ffffffffffff"
    answer = await world.get(f"/v1/cases?changed_since={ahead}", world.clerk)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["code"]) == (422, "cursor_ahead")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "after=x",
        "after=2026-01-01T00:00:00Z~00000000-0000-0000-0000-000000000000",
        "sort=name",
        "changed_since=1",
        "changed_since=9999999999999999999.00000000-0000-0000-0000-000000000000",
        "due_before=2026-01-01",
        "due_before=0",
        "due_before=2026-13-01T00:00:00Z",
        "status=a%00b",
        "closed=perhaps",
        "item=%D0%B0",
        "status=nosuch",
        "status=none",
        "waits_for=signers",
    ],
)
async def test_a_strange_question_is_answered_with_its_mistake(world: World, query: str) -> None:
    answer = await world.get(f"/v1/cases?{query}", world.clerk)
    assert answer.status_code == 422
    (mistake,) = answer.json()["errors"]
    assert (mistake["in"], mistake["name"]) == ("query", query.partition("=")[0])


async def test_a_wrong_value_of_a_filter_is_answered_with_the_right_ones(world: World) -> None:
    answer = await world.get("/v1/cases?status=chosing", world.clerk, **{"Accept-Language": "en"})
    (mistake,) = answer.json()["errors"]
    assert mistake["code"] == "not_allowed_value"
    assert "Choosing a supplier (choosing), Term of choice over (choice_expired)" in mistake["text"]
    codes = re.findall(r"\(([a-z_]+)\)", mistake["text"])
    process = [one for one in CURRENT.process.statuses if one != "none"]
    assert codes == [*process, "order_ended"], "in the order of the process"


async def test_a_case_is_found_by_what_people_call_it(world: World) -> None:
    first, _ = world.receive(1), world.receive(2)
    called = (await world.get(f"/v1/cases/{first}", world.clerk)).json()["reference"]
    found = (await world.get(f"/v1/cases?reference={called}", world.clerk)).json()["cases"]
    assert [one["id"] for one in found] == [first]
    assert (await world.get("/v1/cases?reference=OZ999999999", world.clerk)).json()["cases"] == []


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("reference=oz';--", "Expected: the reference of a case, such as OZ000000018."),
        ("item=a/b", "the value has a wrong form."),
    ],
)
async def test_a_text_of_a_wrong_form_is_not_told_to_be_a_text(
    world: World, query: str, end: str
) -> None:
    strange = await world.get(f"/v1/cases?{query}", world.clerk, **{"Accept-Language": "en"})
    (mistake,) = strange.json()["errors"]
    assert mistake["text"].endswith(end)


@pytest.mark.parametrize("other", ["sort=since", "sort=due&closed=false", "sort=due&item=x"])
async def test_a_place_of_one_list_is_none_of_another(world: World, other: str) -> None:
    for number in range(1, 4):
        await world.choosing(number)
    first = await listed(world, world.clerk, "?limit=2&sort=due")
    answer = await world.get(f"/v1/cases?after={first['after']}&{other}", world.clerk)
    assert answer.status_code == 422
    assert [(one["name"], one["code"]) for one in answer.json()["errors"]] == [
        ("after", "other_list")
    ]
    rest = await listed(world, world.clerk, f"?sort=due&limit=5&after={first['after']}")
    assert (len(rest["cases"]), rest["after"]) == (1, None)


@pytest.mark.parametrize("query", ["status=choosing&status=received", "languages=kk&languages=ru"])
async def test_of_a_filter_given_twice_none_is_passed_over(world: World, query: str) -> None:
    answer = await world.get(f"/v1/cases?{query}", world.clerk)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["given_twice"]


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("/v1/tasks?task=intake&kind=term", {"kind": "narrows_nothing"}),
        ("/v1/tasks?state=open&assignee=mine", {"assignee": "narrows_nothing"}),
        (
            f"/v1/tasks?task=intake&authority={UUID(int=1)}&case={UUID(int=1)}&sort=since",
            dict.fromkeys(("authority", "case", "sort"), "narrows_nothing"),
        ),
        ("/v1/tasks?task=treasury_report&count=true", {"count": "narrows_nothing"}),
        ("/v1/tasks?task=treasury_report&state=overdue", {"state": "not_allowed_value"}),
        ("/v1/tasks?task=intake&state=registered", {"state": "not_allowed_value"}),
        (
            "/v1/catalogue?version=2026-01&category=MOBILITY_AID",
            {"category": "narrows_nothing"},
        ),
        (
            "/v1/offers?case_id={case}&item=X&region=75",
            {"item": "narrows_nothing", "region": "narrows_nothing"},
        ),
        ("/v1/cases?changed_since={place}&sort=due", {"sort": "narrows_nothing"}),
        ("/v1/cases?changed_since={place}&count=true", {"count": "narrows_nothing"}),
    ],
)
async def test_a_filter_that_would_be_passed_over_is_said_to_be_a_mistake(
    world: World, address: str, refused: dict[str, str]
) -> None:
    case = world.receive()
    place = (await world.get("/v1/cases", world.admin)).json()["changed_since"]
    answer = await world.get(address.format(case=case, place=place), world.admin)
    assert answer.status_code == 422, answer.text
    assert {one["name"]: one["code"] for one in answer.json()["errors"]} == refused


async def test_a_state_that_no_desk_of_yours_knows_is_told_with_those_that_they_know(
    world: World,
) -> None:
    answer = await world.get("/v1/tasks?state=cured", world.commission)
    (mistake,) = answer.json()["errors"]
    codes = re.findall(r"\((\w+)\)", mistake["text"])
    assert codes == ["open", "overdue", "refused", "registered"]
    assert "Отказано (refused)" in mistake["text"], "of an application, not of a notice"
