"""What is asked beside cases is done once under its key, and once whoever proposes it."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.resets import propose
from tests.api.world import SUPPLIER_BIN, Person, World, person
from tests.support.catalogues import content, with_sum

SECOND = person("administrator", 908)
SUPPLIER = {"bin": SUPPLIER_BIN, "name": "ТОО «Үлгі»", "regions": ["71"]}


def change(tiyn: int) -> dict[str, Any]:
    return {"kind": "catalogue", "content": with_sum(content(), tiyn)}


Said = Callable[[int], dict[str, Any]]
POSTS: list[tuple[str, Said]] = [
    ("/v1/suppliers", lambda n: {**SUPPLIER, "name": f"ТОО «Үлгі-{n}»"}),
    ("/v1/suppliers/{supplier}/commands", lambda n: {"command": "change", "name": f"ТОО {n}"}),
    ("/v1/changes", lambda n: change(n * 1_000_000)),
    ("/v1/operations", lambda n: {"kind": "replay", "limit": n}),
]


@pytest.mark.parametrize(("path", "said"), POSTS)
async def test_the_same_key_is_answered_the_same_and_for_another_body_not_at_all(
    world: World, path: str, said: Said
) -> None:
    supplier = (await world.post("/v1/suppliers", world.admin, SUPPLIER)).json()["id"]
    path, key = path.format(supplier=supplier), "k-1"
    first = await world.post(path, world.admin, said(1), key)
    done = world.audit()
    again = await world.post(path, world.admin, said(1), key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert world.audit() == done, "nothing is done a second time"
    other = await world.post(path, world.admin, said(2), key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    theirs = await world.post(path, SECOND, said(2), key)
    assert theirs.is_success, "keys are of those who gave them"


@pytest.mark.parametrize(("path", "said"), POSTS)
async def test_what_changes_something_is_not_done_without_a_key(
    world: World, path: str, said: Said
) -> None:
    supplier = (await world.post("/v1/suppliers", world.admin, SUPPLIER)).json()["id"]
    headers = {"Authorization": f"Bearer {world.admin.token}"}
    address = path.format(supplier=supplier)
    answer = await world.http.post(address, json=said(1), headers=headers)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["name"]) == (422, "Idempotency-Key")


async def test_an_approval_is_answered_the_same_under_its_key(world: World) -> None:
    proposed = (await world.post("/v1/changes", world.admin, change(1_000_000))).json()
    path = f"/v1/changes/{proposed['id']}/approve"
    own = await world.post(path, world.admin, {}, "k-1")
    assert own.status_code == 409, "nobody approves what they proposed"
    first, again = [await world.post(path, SECOND, {}, "k-1") for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())


async def test_of_the_same_request_at_the_same_time_one_is_carried_out(world: World) -> None:
    asked = [world.post("/v1/changes", world.admin, change(1_000_000), "k-1") for _ in range(4)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_is_kept_as_nobody_can_read_it(world: World) -> None:
    case, key = await world.choosing(), "iin-990101300123"
    answer = await world.ask(case, "decline", world.recipient(), {"reason": "Не нужно"}, key=key)
    assert answer.status_code == 200
    await world.post("/v1/suppliers", world.admin, SUPPLIER, key)
    assert key not in world.everything()
    again = await world.ask(case, "decline", world.recipient(), {"reason": "Не нужно"}, key=key)
    assert again.json()["outcome"] == answer.json()["outcome"]


@pytest.mark.parametrize("by", [None, SECOND])
async def test_the_same_change_proposed_by_two_is_one_change(
    world: World, by: Person | None
) -> None:
    first = (await world.post("/v1/changes", world.admin, change(1_000_000))).json()
    second = (await world.post("/v1/changes", by or world.admin, change(1_000_000))).json()
    assert second == first
    assert len((await world.get("/v1/changes", world.admin)).json()["changes"]) == 1


async def test_the_same_reset_proposed_by_two_is_one_reset(world: World) -> None:
    case = world.receive()
    with world.engine.begin() as connection:
        named = connection.execute(text("SELECT case_id FROM case_head")).scalar_one()
        made = [propose(connection, uuid4(), named, "run", {"to_seq": 1}) for _ in range(2)]
        assert str(made[0].case_id) == case
    assert made[0] == made[1]


async def test_a_region_that_is_named_twice_is_served_once(world: World) -> None:
    said = {**SUPPLIER, "regions": ["71", "75", "71"]}
    told = (await world.post("/v1/suppliers", world.admin, said)).json()
    assert told["regions"] == ["71", "75"]
    path = f"/v1/suppliers/{told['id']}/commands"
    changed = {"command": "change", "regions": ["79", "79"]}
    assert (await world.post(path, world.admin, changed)).json()["regions"] == ["79"]
