"""Who may look at what is stuck, and what administrators can do while Temporal is away."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from cli.ports import free_port
from db.engine import make_engine
from db.revisions import newest_revision
from tests.api.apps import make_app, make_parts
from tests.api.world import World
from tests.support.play import Host
from tests.support.servers import Database

STUCK = "/v1/operations/stuck"


async def test_a_run_that_has_not_heard_is_told_to_those_whose_case_it_is(
    world: World, database: Database
) -> None:
    case = await world.choosing()
    world.host.asleep = True
    await world.act(case, "decline", world.recipient(1), reason="Не нужно")
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        older = "UPDATE wake SET since = since - interval '31 seconds'"
        connection.execute(text(older))
    owner.dispose()

    for official in (world.admin, world.clerk):
        told = (await world.get(STUCK, official)).json()
        assert (told["database"], told["temporal"], told["complete"]) == (True, False, False)
        (one,) = told["stuck"]
        assert (one["case_id"], one["cause"], one["who"]) == (
            case,
            "unheard_message",
            ["administrator"],
        )
        assert one["age_seconds"] >= 31
        assert one["text"]
        assert [remedy["name"] for remedy in one["remedies"]] == ["inspect", "retry", "restart"]
    assert (await world.get(STUCK, world.foreign_clerk)).status_code in (200, 403)
    assert case not in (await world.get(STUCK, world.foreign_clerk)).text


async def test_only_officials_see_what_is_stuck(world: World) -> None:
    for somebody in (world.recipient(1), world.supplier):
        assert (await world.get(STUCK, somebody)).status_code == 403


async def test_a_case_is_inspected_while_temporal_is_away(world: World) -> None:
    case = world.receive()
    told = (await world.get(f"/v1/cases/{case}/inspection", world.clerk)).json()
    assert (told["id"], told["status"], told["seq"]) == (case, "notifying", 2)
    (effect,) = told["outbox"]
    assert (effect["kind"], effect["activity"]) == ("notify", None)
    assert effect["asked_at"] is not None
    assert [line["row"] for line in told["events"]] == ["R6", "R1"]
    assert told["temporal"]["reachable"] is False
    assert told["temporal"]["workflow_id"] == f"measure/{case}"
    assert told["state"]["seq"] == 2


async def operate(world: World, kind: str, **said: Any) -> httpx.Response:
    """What an administrator has done."""
    return await world.post("/v1/operations", world.admin, {"kind": kind, **said})


async def test_a_case_of_another_authority_cannot_be_inspected(world: World) -> None:
    case = world.receive()
    answer = await world.get(f"/v1/cases/{case}/inspection", world.foreign_clerk)
    assert answer.status_code in (403, 404)
    missing = await world.get(f"/v1/cases/{uuid4()}/inspection", world.admin)
    assert missing.status_code == 404


async def test_every_message_of_a_case_is_decided_again(world: World) -> None:
    case = await world.reviewed()
    told = (await operate(world, "replay", case=case)).json()
    (one,) = told["cases"]
    assert (one["kept"], one["failure"], one["rehearsal"]["differences"]) == (False, None, [])
    assert one["rehearsal"]["messages"] >= 7
    every = (await operate(world, "replay", limit=1)).json()
    assert (every["checked"], every["total"], every["next"]) == (1, 1, case)
    rest = await operate(world, "replay", limit=1, after=case)
    assert rest.json()["next"] is None


async def test_a_damaged_row_is_named_and_healed_by_an_administrator(
    world: World, database: Database
) -> None:
    case = world.receive()
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("UPDATE case_view SET status = 'paid'"))
    owner.dispose()
    every = (await operate(world, "rebuild")).json()
    (damage,) = every["damages"]
    assert (damage["table"], damage["column"]) == ("case_view", "status")
    assert (damage["expected"], damage["found"]) == ("notifying", "paid")

    assert (await operate(world, "rebuild", apply=True)).status_code == 422, "of one case alone"
    assert (await operate(world, "rebuild", case=case, apply=True)).json()["applied"]
    again = (await operate(world, "rebuild", case=case)).json()
    assert again["damages"] == []
    assert ("administrator", "case_rebuilt") in world.audit()


@pytest.mark.parametrize("kind", ["retry", "reset", "restart"])
async def test_what_needs_temporal_is_refused_while_it_is_away(world: World, kind: str) -> None:
    case = world.receive()
    named: dict[str, dict[str, Any]] = {
        "retry": {"case": case},
        "reset": {"case": case, "to_seq": 1},
    }
    said = named.get(kind, {})
    answer = await operate(world, kind, **said)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    refused = await world.post("/v1/operations", world.clerk, {"kind": kind, **said})
    assert refused.status_code == 403


async def test_a_reset_names_exactly_one_point(world: World) -> None:
    case = world.receive()
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"to_seq": 1, "to_event": 4},
        {"to_seq": -1},
        {"to_seq": 1, "dry_run": "no"},
    )
    for body in wrong:
        answer = await operate(world, "reset", case=case, **body)
        assert answer.status_code == 422, body


async def test_a_reset_to_what_the_file_has_not_come_to_is_refused(world: World) -> None:
    case = world.receive()
    last = (await world.get(f"/v1/cases/{case}", world.admin)).json()["version"]
    refused = await operate(world, "reset", case=case, to_seq=last + 1, dry_run=False)
    (reason,) = refused.json()["reasons"]
    assert (refused.status_code, reason["code"]) == (409, "beyond_the_end")
    assert reason["facts"] == {"last": last}
    assert not (await world.get(f"/v1/cases/{case}/inspection", world.admin)).json()["resets"]


async def test_an_administrator_is_told_what_is_stuck_also_without_the_database() -> None:
    nowhere = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/gone"
    engine = make_engine(nowhere)
    app = make_app(make_parts(engine, nowhere, Host(engine)))
    wire = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
        world = World(app, engine, Host(engine), http)
        told = await world.get(STUCK, world.admin)
        assert told.status_code == 200, told.text
        found = told.json()
        assert {one["status"] for one in found.pop("questions")} == {"away"}
        assert found.pop("revision") == {"database": None, "known": newest_revision()}
        assert found == {
            "stuck": [],
            "holds": [],
            "systems": [],
            "processes": [],
            "database": False,
            "temporal": False,
            "complete": False,
        }
        assert (await world.get(STUCK, world.clerk)).status_code == 503
    engine.dispose()
