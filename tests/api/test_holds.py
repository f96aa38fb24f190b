"""An administrator holds what goes out, alone and at once; every other one sees it."""

import asyncio
from typing import Any

from tests.api.test_operations import STUCK, operate
from tests.api.world import World, person, reasons


async def test_what_is_held_is_seen_by_whom_it_concerns_and_is_on_record(world: World) -> None:
    other = person("administrator", 908)
    assert (await world.get("/v1/me", world.admin)).json()["holds"] == []
    case = world.receive()
    placed = await operate(world, "hold", switch="notices", reason="Шлюз отправляет дважды")
    assert placed.status_code == 200, placed.text
    told = placed.json()
    assert (told["switch"], told["held"], told["waiting"]) == ("notices", True, 1)

    (mine,) = (await world.get("/v1/me", other)).json()["holds"]
    assert (mine["switch"], mine["reason"], mine["waiting"]) == (
        "notices",
        "Шлюз отправляет дважды",
        1,
    )
    assert (await world.get("/v1/me", world.clerk)).json()["holds"] == []
    found = (await world.get(STUCK, world.clerk)).json()
    (one,) = [one for one in found["stuck"] if one["case_id"] == case]
    assert (one["cause"], [remedy["name"] for remedy in one["remedies"]]) == (
        "held",
        ["release_hold"],
    )
    assert [each["switch"] for each in found["holds"]] == ["notices"]
    assert (await world.get("/health/ready")).status_code == 200
    assert "Шлюз" not in world.everything()

    body: dict[str, Any] = {"kind": "release", "switch": "notices"}
    released = await world.post("/v1/operations", other, body)
    assert (released.json()["held"], released.json()["id"]) == (False, told["id"])
    assert (await world.get("/v1/me", world.admin)).json()["holds"] == []
    log = (await world.get("/v1/operations", other)).json()["operations"]
    assert [(line["action"], line["subject"]) for line in log] == [
        ("hold_released", told["id"]),
        ("hold_placed", told["id"]),
    ]
    assert len({line["person"] for line in log}) == 2


async def test_a_second_hold_of_the_same_and_a_release_of_nothing_are_refused(
    world: World,
) -> None:
    assert reasons(await operate(world, "release", switch="sms")) == ["not_held"]
    said = {"kind": "hold", "switch": "sms", "reason": "Проверка"}
    first = await world.post("/v1/operations", world.admin, said, key="one")
    again = await world.post("/v1/operations", world.admin, said, key="one")
    assert (first.status_code, again.json()) == (200, first.json()), "asked once, however often"
    assert reasons(await operate(world, "hold", switch="sms", reason="Еще раз")) == ["already_held"]
    # Something else may be held beside it.
    assert (await operate(world, "hold", switch="email", reason="Проверка")).status_code == 200


async def test_only_administrators_hold_and_only_with_a_reason(world: World) -> None:
    said = {"kind": "hold", "switch": "payments", "reason": "Проверка"}
    assert (await world.post("/v1/operations", world.clerk, said)).status_code == 403
    for wrong in ({"reason": ""}, {"reason": " "}, {"switch": "everything"}):
        answer = await world.post("/v1/operations", world.admin, {**said, **wrong})
        assert answer.status_code == 422, wrong
        (mistake,) = answer.json()["errors"]
        assert mistake["pointer"] == f"/{next(iter(wrong))}"


async def test_of_equal_requests_at_once_one_is_carried_out_and_all_are_answered_alike(
    world: World,
) -> None:
    case = world.receive()
    for kind, more in (
        ("hold", {"switch": "sms", "reason": "Проверка"}),
        ("release", {"switch": "sms"}),
        ("legal_hold", {"case": case, "reason": "Запрос суда"}),
        ("lift_legal_hold", {"case": case}),
    ):
        body, before = {"kind": kind, **more}, len(world.audit())
        asked = [world.post("/v1/operations", world.admin, body, key=f"{kind}-1") for _ in range(6)]
        answers = await asyncio.gather(*asked)
        assert {one.status_code for one in answers} == {200}, kind
        assert len({one.text for one in answers}) == 1
        assert len(world.audit()) == before + 1, kind
        again = await world.post("/v1/operations", world.admin, body, key=f"{kind}-1")
        assert (again.status_code, again.text) == (200, answers[0].text)
