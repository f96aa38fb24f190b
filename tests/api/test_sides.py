"""Never both sides, over HTTP: who holds tokens of both is found at every act (row L15)."""

from typing import Any

from sqlalchemy import text

from tests.api.world import AUTHORITY_BIN, SUPPLIER_BIN, World, person, reasons
from tests.support.intake import iin

WHY = {"reason": "Бір адам екі жақта"}


async def tasks(world: World, case: str) -> list[str]:
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    return [one["code"] for one in told["tasks"]]


async def test_l15_the_recipient_with_a_token_of_the_supplier_confirms_nothing_and_is_held(
    world: World,
) -> None:
    case = await world.ordered()
    both = person("supplier", 1, bin=SUPPLIER_BIN)
    assert await world.refused(case, "confirm", both) == ["parties_conflict"]
    assert await tasks(world, case) == ["parties_conflict"]
    assert await world.refused(case, "confirm", world.supplier) == ["parties_conflict"]
    assert await world.refused(case, "cancel-order", world.recipient(), **WHY) == [
        "parties_conflict"
    ]


async def test_l15_two_caseworkers_end_the_order_and_another_supplier_may_be_chosen(
    world: World,
) -> None:
    case = await world.ordered()
    await world.refused(case, "confirm", person("supplier", 1, bin=SUPPLIER_BIN))
    await world.act(case, "end-order", world.clerk, **WHY)
    assert await world.refused(case, "end-order", world.clerk, **WHY) == ["same_person"]
    told = await world.act(case, "end-order", world.second_clerk, **WHY)
    assert (told["status"], told["tasks"]) == ("choosing", [])


async def test_l15_a_representative_who_signs_in_for_the_supplier_stops_the_approval(
    world: World,
) -> None:
    """Both acted before it was known: order, delivery and signature stand in the file already."""
    told = world.representing(2) | {"kind": "ATTORNEY"}
    case = await world.reviewed()
    world.receive(1, message_id="revised", programme__revision=2, representative=told)
    await world.get("/v1/me", person("supplier", 2, bin=SUPPLIER_BIN))
    assert await world.refused(case, "approve", world.clerk) == ["parties_conflict"]
    assert await tasks(world, case) == ["parties_conflict"]
    with world.engine.connect() as connection:
        paid = "SELECT count(*) FROM event WHERE type IN ('approved_first', 'approved')"
        assert connection.execute(text(paid)).scalar_one() == 0


async def test_l15_the_cases_of_others_go_on(world: World) -> None:
    both = person("supplier", 1, bin=SUPPLIER_BIN)
    other = await world.ordered(2)
    told = await world.act(other, "confirm", both)
    assert (told["status"], told["tasks"]) == ("in_fulfilment", [])


async def test_l15_what_an_old_key_was_refused_for_is_told_once(world: World) -> None:
    case = await world.ordered()
    both, body = person("supplier", 1, bin=SUPPLIER_BIN), dict[str, Any]()
    for _ in range(2):
        answer = await world.post(f"/v1/cases/{case}/confirm", both, body, key="once")
        assert reasons(answer) == ["parties_conflict"]
    with world.engine.connect() as connection:
        told = "SELECT count(*) FROM event WHERE type = 'conflict_found'"
        assert connection.execute(text(told)).scalar_one() == 1


async def test_a_caseworker_acts_in_no_case_of_their_own(world: World) -> None:
    case = await world.choosing(1)
    own = person("caseworker", 1, authority=AUTHORITY_BIN)
    asked = {"to": "administrators", "reason": "Тексеру керек"}
    assert await world.refused(case, "escalate", own, **asked) == ["party_cannot_decide"]
    power = {
        "iin": iin(5),
        "kind": "ATTORNEY",
        "basis_number": "№ 5",
        "basis_date": "2026-01-12",
        "evidence": "Сенімхат",
    }
    told = await world.act(case, "begin-representation", world.clerk, **power)
    proposal = {"proposal": told["acting"]["proposed"][0]["id"]}
    found = await world.refused(case, "confirm-representation", own, **proposal)
    assert set(found) == {"party_cannot_decide"}
