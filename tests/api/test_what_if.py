"""What would become of a case, for those who may ask."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.world import Person, World


async def ask(world: World, case: str, by: Person, question: str, day: date | None = None) -> Any:
    body = {"question": question, **({"day": day.isoformat()} if day else {})}
    answer = await world.post(f"/v1/cases/{case}/what-if", by, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_caseworker_learns_what_comes_if_nobody_acts(world: World) -> None:
    case = await world.choosing()
    told = await ask(world, case, world.clerk, "nobody_acts")
    assert [one["row"] for one in told["events"] if one["row"] != "-"] == [
        *("C2", "C2", "C2"),
        "C5",
        "C8",
    ]
    assert told["now"]["statuses"] == {"1": "choosing"}
    assert told["then"]["statuses"] == {"1": "choice_expired"}
    assert told["then"]["tasks"] == ["choice_expired"]
    assert all(one["text"] for one in told["assumes"])


async def test_the_question_changes_nothing(world: World) -> None:
    case = await world.choosing()
    before = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    await ask(world, case, world.clerk, "nobody_acts")
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).json() == before


async def test_an_order_is_in_time_until_the_last_day(world: World) -> None:
    case = await world.choosing()
    due = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["due"]["last_day"]
    last = date.fromisoformat(due)
    good = await ask(world, case, world.clerk, "order_on", last)
    assert good["in_time"]
    assert [one["term"] for one in good["then"]["runs"]] == ["supplier_answer"]
    late = await ask(world, case, world.admin, "order_on", last + timedelta(days=1))
    assert not late["in_time"]
    (reason,) = late["reasons"]
    assert (reason["code"], reason["facts"]) == ("late", {"last_day": due})


async def test_a_day_off_names_the_deadlines_that_move_and_why_others_stay(world: World) -> None:
    case = await world.ordered()
    seen = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["deadlines"]
    last = next(date.fromisoformat(d["last_day"]) for d in seen if d["term"] == "choice")
    told = await ask(world, case, world.clerk, "day_off", last)
    moved = {one["term"]: one for one in told["moves"]}
    assert moved["choice"]["outcome"] == "moves"
    assert moved["choice"]["new"] > moved["choice"]["old"] == last.isoformat()
    assert moved["supplier_answer"]["outcome"] == "unchanged"
    assert moved["supplier_answer"]["text"] == "Новый расчет дает тот же день."


async def test_parties_ask_only_what_comes_if_nobody_acts_and_see_no_tasks(world: World) -> None:
    case = await world.ordered()
    for who in (world.recipient(), world.supplier):
        told = await ask(world, case, who, "nobody_acts")
        assert told["events"]
        assert not any(one["opens"] or one["escalates"] for one in told["events"])
        assert told["then"]["tasks"] == []
        for question in ("order_on", "day_off"):
            body = {"question": question, "day": "2026-12-30"}
            refused = await world.post(f"/v1/cases/{case}/what-if", who, body)
            assert refused.status_code == 403


async def test_a_supplier_sees_the_future_of_their_own_order_alone(world: World) -> None:
    case = await world.ordered()
    told = await ask(world, case, world.supplier, "nobody_acts")
    assert [one["type"] for one in told["events"]][-1] == "order_void"
    seen = (await ask(world, case, world.clerk, "nobody_acts"))["events"]
    assert [one["type"] for one in seen][-1] == "term_held"


async def test_to_others_the_case_does_not_exist(world: World) -> None:
    case = await world.choosing()
    for who in (world.recipient(2), world.foreign_clerk, world.supplier):
        answer = await world.post(f"/v1/cases/{case}/what-if", who, {"question": "nobody_acts"})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"question": "order_on", "day": "2020-01-01"}, "/day"),
        ({"question": "order_on", "day": "2099-01-01"}, "/day"),
        ({"question": "day_off", "day": "2099-01-01"}, "/day"),
        ({"question": "order_on"}, "/day"),
        ({"question": "who_wins"}, "/question"),
        ({"question": "nobody_acts", "day": "2026-12-01"}, "/day"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(
    world: World, body: dict[str, Any], pointer: str
) -> None:
    case = await world.choosing()
    answer = await world.post(f"/v1/cases/{case}/what-if", world.clerk, body)
    assert answer.status_code == 422
    (mistake,) = answer.json()["errors"]
    assert mistake["pointer"] == pointer
