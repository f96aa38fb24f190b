"""Two administrators change the calendar, and see beforehand what it moves."""

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.extensions import extend_batch
from definitions.calendars import calendar_text, current_calendar
from domain.messages import Actor, Message, Role
from domain.terms.counting import ZONE
from tests.api.test_deadlines import proves
from tests.api.world import Person, World, person, reasons
from tests.db.test_calendar_changes import AT_ONCE
from tests.db.test_provisional import published_2027
from tests.support.calendars import ANNOUNCED, kurban_ait_on

SECOND = person("administrator", 907)
MOVES = date(2027, 3, 18)


def choosing(world: World, number: int, on: date = MOVES) -> str:
    """A case of which the gateway proves the notice on a day that is still to come."""
    case = world.receive(number)
    at = datetime.combine(on, time(12), ZONE)
    proven = {"round": 1, "channel": "sms", "confirmed": True, "on": on.isoformat()}
    gateway = Actor(role=Role.GATEWAY)
    message = Message(id=str(uuid4()), name="delivery_proven", at=at, actor=gateway, data=proven)
    world.host.say(case, message)
    return case


async def propose(world: World, content: dict[str, Any]) -> Any:
    return await world.post("/v1/changes", world.admin, {"kind": "calendar", "content": content})


async def proposed(world: World, days: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await propose(world, days or kurban_ait_on("2027-05-18"))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def approve(world: World, change: str, by: Person = SECOND) -> Any:
    return await world.post(f"/v1/changes/{change}/approve", by)


async def test_a_change_goes_from_proposal_over_preview_and_approval_to_every_file(
    world: World, tmp_path: Path
) -> None:
    moves, stays = choosing(world, 1), choosing(world, 2, date(2027, 3, 10))
    change = await proposed(world)
    assert (change["state"], change["version"]) == ("proposed", ANNOUNCED)
    assert change["deadlines"] == {"moves": 1, "unchanged": 1, "earlier": 0, "outside": 0}
    place = f"/v1/changes/{change['id']}"
    listed = (await world.get(f"{place}/effects", world.admin)).json()["effects"]
    told = {
        case["case_id"]: (one["old"], one["new"], one["outcome"])
        for case in listed
        for one in case["deadlines"]
    }
    assert told == {
        moves: ("2027-05-18", "2027-05-19", "moves"),
        stays: ("2027-05-11", "2027-05-11", "unchanged"),
    }
    assert all(one["text"] for case in listed for one in case["deadlines"])
    assert current_calendar().version == "kz-2026-12"

    approved = (await approve(world, change["id"])).json()
    assert approved["state"] == "extending"
    assert current_calendar().version == ANNOUNCED
    while extend_batch(world.engine, AT_ONCE):
        pass
    done = (await world.get(place, world.admin)).json()
    assert (done["state"], done["looked_at"], done["extended"]) == ("done", 2, 1)
    assert done["deadlines"] == {"moves": 0, "unchanged": 2, "earlier": 0, "outside": 0}

    served = (await world.get(f"/v1/cases/{moves}/deadlines/1/choice", world.clerk)).json()
    (link,) = served["chain"]
    assert (link["kind"], link["why"]) == ("recomputed", f"calendar_changed:{ANNOUNCED}")
    assert (link["from"], link["to"], served["last_day"]) == (
        *("2027-05-18", "2027-05-19"),
        "2027-05-19",
    )
    assert proves(tmp_path, served)


async def test_what_is_proposed_and_approved_is_written_down(world: World) -> None:
    change = await proposed(world)
    await approve(world, change["id"])
    audit = world.audit()
    assert audit[-2:] == [
        ("administrator", "calendar_proposed"),
        ("administrator", "calendar_approved"),
    ]


async def test_nobody_approves_what_they_proposed(world: World) -> None:
    change = await proposed(world)
    answer = await approve(world, change["id"], world.admin)
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json()["reasons"]] == ["same_person"]
    assert (await world.get(f"/v1/changes/{change['id']}", world.admin)).json()[
        "state"
    ] == "proposed"


async def test_a_published_calendar_is_proposed_by_its_name(world: World) -> None:
    answer = await propose(world, {"version": "kz-2026-11"})
    assert answer.status_code == 422  # it knows fewer years than the current one
    (mistake,) = answer.json()["errors"]
    assert "в нем есть не все дни" in mistake["text"]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_calendar_that_could_not_be_approved_is_not_proposed(
    world: World, dry_run: bool
) -> None:
    wish = {"kind": "calendar", "content": {"version": "kz-2026-12"}, "dry_run": dry_run}
    assert reasons(await world.post("/v1/changes", world.admin, wish)) == ["calendar_not_newer"]
    assert (await world.get("/v1/changes", world.admin)).json()["changes"] == []


async def test_of_two_calendars_of_a_version_the_second_is_not_approved(world: World) -> None:
    first, second = [await proposed(world, kurban_ait_on(f"2027-05-{day}")) for day in (18, 19)]
    assert (await approve(world, first["id"])).status_code == 200
    assert reasons(await approve(world, second["id"])) == ["calendar_not_newer"]


@pytest.mark.parametrize("date_", [[], {}, [None], 5, "2027-02-30", "x" * 10_000])
async def test_a_row_of_a_calendar_whose_date_is_none_is_told_at_its_place(
    world: World, date_: Any
) -> None:
    answer = await propose(world, {**kurban_ait_on("2027-05-18"), "day": [{"date": date_}]})
    assert answer.status_code == 422
    told = {one["pointer"]: one["code"] for one in answer.json()["errors"]}
    assert told.pop("/content/day/0/date") in ("wrong_type", "format_date")
    assert told == {
        f"/content/day/0/{name}": "required" for name in ("working", "reason", "source")
    }
    assert len(answer.content) < 2_000, "nobody is told their own long words again"


@pytest.mark.parametrize("language", ["kk", "ru"])
async def test_a_calendar_of_a_wrong_shape_is_told_so_in_the_language_of_the_reader(
    world: World, language: str
) -> None:
    days = {**kurban_ait_on("2027-05-18"), "zz": 1, "last": None, "version": "next"}
    days["day"][0] |= {"source": "short", "reason": "holiday:" + "a" * 100, "working": 1}
    answer = await world.http.post(
        "/v1/changes",
        json={"kind": "calendar", "content": days},
        headers=world.headers(world.admin, {"Accept-Language": language}),
    )
    errors = answer.json()["errors"]
    assert {(one["pointer"], one["code"]) for one in errors} == {
        ("/content/zz", "unknown_field"),
        ("/content/last", "wrong_type"),
        ("/content/version", "wrong_format"),
        ("/content/day/0/source", "too_short"),
        ("/content/day/0/reason", "too_long"),
        ("/content/day/0/working", "wrong_type"),
    }
    said = " ".join(re.sub(r"\(true\)|\(false\)|YYYY-MM-DD", "", one["text"]) for one in errors)
    assert re.search("[A-Za-z]{3}", said) is None, said


@pytest.mark.parametrize(
    "content",
    [
        {"version": "kz-2027-01", "first": "2020-01-01", "last": "2031-12-31", "day": [1] * 9_000},
        {f"a{number}": 1 for number in range(9_000)},
    ],
)
async def test_of_a_calendar_that_is_wrong_all_over_the_first_mistakes_are_told(
    world: World, content: dict[str, Any]
) -> None:
    answer = await propose(world, content)
    assert answer.status_code == 422
    assert 50 < len(answer.json()["errors"]) <= 100


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "next year"}, "/content/version"),
        ({"version": "kz-2026-11"}, "с другими днями"),
        ({"last": "2030-12-31"}, "не входит в годы календаря"),
        ({"day": []}, "day"),
        ({"first": "2021-01-01"}, "не входит в годы календаря"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_calendar_that_does_not_hold_is_not_taken(
    world: World, changed: dict[str, Any], said: str
) -> None:
    days = {**kurban_ait_on("2027-05-18"), **changed}
    answer = await propose(world, days)
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_day_off_without_words_is_not_taken(world: World) -> None:
    days = kurban_ait_on("2027-05-18")
    for row in days["day"]:
        if row["date"] == "2027-05-18":
            row["reason"] = "holiday:day_of_the_desert"
    answer = await propose(world, days)
    assert answer.status_code == 422
    assert "day_of_the_desert" in answer.text


async def test_the_list_goes_on_after_each_part_and_loses_nothing(world: World) -> None:
    cases = [choosing(world, number) for number in range(1, 6)]
    change = await proposed(world)
    place = f"/v1/changes/{change['id']}/effects?outcome=moves&limit=2"
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        part = (await world.get(place + after, world.admin)).json()
        found += [one["case_id"] for one in part["effects"]]
        after = part["after"] and f"&after={part['after']}"
    assert found == sorted(cases, key=UUID)
    none = (await world.get(f"{place}&authority={uuid4()}", world.admin)).json()
    assert none == {"effects": [], "after": None}


async def test_every_reader_gets_the_calendar_that_certificates_name(world: World) -> None:
    published = await world.get("/v1/calendars/kz-2026-12", world.recipient())
    assert published.text == calendar_text("kz-2026-12")
    assert (await world.get(f"/v1/calendars/{ANNOUNCED}", world.recipient())).status_code == 404
    change = await proposed(world)
    assert (await world.get(f"/v1/calendars/{ANNOUNCED}", world.recipient())).status_code == 404
    await approve(world, change["id"])
    told = await world.get(f"/v1/calendars/{ANNOUNCED}", world.recipient())
    assert told.headers["content-type"].startswith("application/toml")
    assert 'version = "kz-2027-01"' in told.text


async def test_a_term_counted_after_the_approval_holds_with_the_calendar_that_is_served(
    world: World, tmp_path: Path
) -> None:
    change = await proposed(world)
    await approve(world, change["id"])
    case = choosing(world, 1)
    served = (await world.get(f"/v1/cases/{case}/deadlines/1/choice", world.clerk)).json()
    assert (served["calendar"], served["last_day"]) == (ANNOUNCED, "2027-05-19")
    assert served["chain"] == []
    days = (await world.get(f"/v1/calendars/{ANNOUNCED}", world.clerk)).text
    assert proves(tmp_path, served, days)


async def test_only_administrators_change_the_calendar(world: World) -> None:
    change = await proposed(world)
    place = f"/v1/changes/{change['id']}"
    for who in (world.clerk, world.recipient(), world.supplier):
        assert (await world.get("/v1/changes", who)).status_code == 403
        assert (await world.get(place, who)).status_code == 403
        assert (await world.get(f"{place}/effects", who)).status_code == 403
        assert (await approve(world, change["id"], who)).status_code == 403
    listed = (await world.get("/v1/changes", world.admin)).json()
    assert [one["id"] for one in listed["changes"]] == [change["id"]]
    assert (await approve(world, str(uuid4()))).status_code == 404


async def test_provisional_deadlines_are_listed_until_their_year_is_published(
    world: World,
) -> None:
    """Kurban-ait of 2027 is what the moon says; the decree may say otherwise."""
    cases = [choosing(world, number) for number in (1, 2, 3)]
    found = (await world.get("/v1/provisional-deadlines?limit=2", world.admin)).json()
    assert (found["calendar"], found["provisional_from"]) == ("kz-2026-12", "2027-01-01")
    (mine,) = found["authorities"]
    assert (found["total"], mine["deadlines"]) == (3, 3)
    assert mine["days"] == [{"day": "2027-05-18", "deadlines": 3}]
    rest = await world.get(f"/v1/provisional-deadlines?limit=2&after={found['after']}", world.admin)
    listed = [*found["deadlines"], *rest.json()["deadlines"]]
    assert {one["case_id"] for one in listed} == set(cases)
    assert rest.json()["after"] is None
    none = await world.get(f"/v1/provisional-deadlines?authority={uuid4()}", world.admin)
    assert (none.json()["total"], none.json()["deadlines"]) == (0, [])
    for who in (world.clerk, world.recipient(), world.supplier):
        assert (await world.get("/v1/provisional-deadlines", who)).status_code == 403
    change = await proposed(world, published_2027("2027-05-18"))
    await approve(world, change["id"])
    while extend_batch(world.engine, AT_ONCE):
        pass
    after = (await world.get("/v1/provisional-deadlines", world.admin)).json()
    assert (after["total"], after["provisional_from"]) == (0, "2028-01-01")


async def test_what_a_change_would_do_is_shown_before_it_is_proposed_and_nothing_is_kept(
    world: World,
) -> None:
    moves, _ = choosing(world, 1), choosing(world, 2, date(2027, 3, 10))
    wish = {"kind": "calendar", "content": kurban_ait_on("2027-05-18"), "dry_run": True}
    shown = await world.post("/v1/changes", world.admin, wish)
    assert shown.status_code == 200, shown.text
    told = shown.json()
    assert (told["id"], told["deadlines"]["moves"]) == (None, 1)
    assert [one["case_id"] for one in told["effects"]] == [moves]
    assert (await world.get("/v1/changes", world.admin)).json()["changes"] == []
    assert world.audit() == []
