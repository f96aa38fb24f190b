"""Open cases move to a later edition: proposed, previewed, approved by another, and followed."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

from db.extensions import EDITIONS, extend_batch
from domain.process import Edition
from tests.api.test_calendar_changes import SECOND
from tests.api.world import Person, World
from tests.db.test_calendar_changes import AT_ONCE
from tests.domain.play import LATER, varied
from tests.support.later import later_edition


async def propose(world: World, edition: str = LATER.code, by: Person | None = None) -> Any:
    return await world.post(
        "/v1/changes", by or world.admin, {"kind": "edition", "content": {"edition": edition}}
    )


async def approve(world: World, change: str, by: Person = SECOND) -> Any:
    return await world.post(f"/v1/changes/{change}/approve", by)


async def test_l14_a_move_goes_from_proposal_over_preview_and_approval_to_every_file(
    world: World, later: Edition
) -> None:
    case = await world.ordered()
    answer = await propose(world)
    assert answer.status_code == 201, answer.text
    change = answer.json()
    assert (change["state"], change["edition"]) == ("proposed", "later")
    assert (change["moving"], change["staying"]) == (1, 0)
    (mine,) = change["authorities"]
    assert mine["statuses"] == {"ordered": 1}
    assert mine["deadlines"] == {"moves": 2, "unchanged": 0, "earlier": 0, "outside": 0}
    place = f"/v1/changes/{change['id']}"
    (listed,) = (await world.get(f"{place}/effects", world.admin)).json()["effects"]
    assert (listed["case_id"], listed["edition"], listed["moves"]) == (case, "social-code", True)
    assert {one["term"] for one in listed["deadlines"]} == {"choice", "supplier_answer"}
    assert all(one["new"] > one["old"] for one in listed["deadlines"])
    assert all(one["text"] for one in listed["deadlines"])

    (mistake,) = (await world.get(f"{place}/effects?outcome=moves", world.admin)).json()["errors"]
    assert (mistake["name"], mistake["code"]) == ("outcome", "narrows_nothing")
    # A place in the list of a calendar's deadlines names a term, too: here it is that of the case.
    mark = sha256(repr((f"{place}/effects", [])).encode()).hexdigest()[:8]
    beyond = await world.get(f"{place}/effects?after={case}.1.choice_{mark}", world.admin)
    assert (beyond.status_code, beyond.json()["effects"]) == (200, [])

    refused = await approve(world, change["id"], world.admin)
    assert [one["code"] for one in refused.json()["reasons"]] == ["same_person"]
    assert (await approve(world, change["id"])).json()["state"] == "extending"
    while extend_batch(world.engine, AT_ONCE, kind=EDITIONS):
        pass
    done = (await world.get(place, world.admin)).json()
    assert (done["state"], done["looked_at"], done["extended"]) == ("done", 1, 1)
    assert (done["moving"], done["staying"]) == (0, 0)

    seen = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert seen["edition"] == "later"
    assert [line["type"] for line in seen["timeline"]][-1] == "edition_moved"
    served = await world.get(f"/v1/cases/{case}/deadlines/1/supplier_answer", world.clerk)
    (link,) = served.json()["chain"]
    assert (link["kind"], link["why"]) == ("extended", "edition_moved")


async def test_a_command_is_decided_under_the_edition_that_the_case_moved_to(
    world: World, later: Edition
) -> None:
    case = await world.choosing()
    change = (await propose(world)).json()
    await approve(world, change["id"])
    while extend_batch(world.engine, AT_ONCE, kind=EDITIONS):
        pass
    seen = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert seen["edition"] == "later"
    answer = await world.ask(case, "decline", world.recipient(), {"reason": "no"})
    assert answer.status_code == 200, answer.text


async def test_only_an_edition_that_is_in_force_and_takes_cases_over_is_proposed(
    world: World,
) -> None:
    for code in ("social-code", "order-379", "no-such-edition"):
        answer = await propose(world, code)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/content/edition"]
    future = varied(LATER, valid_from=LATER.valid_from.replace(year=2035))
    with later_edition(future):
        assert (await propose(world)).status_code == 422


async def test_what_is_proposed_and_approved_is_written_down(world: World, later: Edition) -> None:
    change = (await propose(world)).json()
    assert (await propose(world)).json()["id"] == change["id"]
    await approve(world, change["id"])
    assert world.audit()[-2:] == [
        ("administrator", "edition_move_proposed"),
        ("administrator", "edition_move_approved"),
    ]


async def test_only_administrators_move_cases(world: World, later: Edition) -> None:
    change = (await propose(world)).json()
    place = f"/v1/changes/{change['id']}"
    for who in (world.clerk, world.recipient(), world.supplier):
        assert (await world.get("/v1/changes", who)).status_code == 403
        assert (await world.get(place, who)).status_code == 403
        assert (await world.get(f"{place}/effects", who)).status_code == 403
        assert (await propose(world, by=who)).status_code == 403
        assert (await approve(world, change["id"], who)).status_code == 403
    listed = (await world.get("/v1/changes", world.admin)).json()
    assert [one["id"] for one in listed["changes"]] == [change["id"]]
    assert (await approve(world, str(uuid4()))).status_code == 404
