"""What was paid for an order that is gone, over HTTP: its own authority claims it (row P11)."""

import pytest

from tests.api.paying import paying, report
from tests.api.test_parties import clerk_there, moved
from tests.api.world import IBAN, SUPPLIER_BIN, Person, World, person
from tests.support.reports import report_xml

WHY = {"reason": "Бір адам екі жақта"}
GIVEN_UP = {"reason": "Өндіріп алу мүмкін емес", "evidence": "Сот актісі"}
RETURNED = {"evidence": "Төлем тапсырмасы"}


async def paid_after_its_end(world: World) -> str:
    """Rejected, ended for one person stood on both sides, and settled after all; then moved."""
    case, key, amount = await paying(world)
    told = {"iban": IBAN, "payee": SUPPLIER_BIN}
    await report(world, report_xml(key, "RJCT", amount, **told))
    await world.get("/v1/me", person("supplier", 1, bin=SUPPLIER_BIN))
    world.host.record(case)
    for caseworker in (world.clerk, world.second_clerk):
        ended = await world.act(case, "end_order", caseworker, **WHY)
    assert ended["status"] == "choosing"
    await moved(world, case)
    await report(world, report_xml(key, "ACSC", amount, **told))
    return case


async def seen(world: World, case: str, by: Person) -> tuple[list[str], set[str]]:
    """The tasks of a case, and what of its money the reader may do."""
    told = (await world.get(f"/v1/cases/{case}", by)).json()
    may = {one["name"] for one in told["you"]["may"]}
    return [task["code"] for task in told["tasks"]], may & {"confirm_return", "write_off"}


@pytest.mark.parametrize("given_up", [True, False])
async def test_the_authority_that_paid_it_has_it_back_or_gives_it_up(
    world: World, given_up: bool
) -> None:
    case = await paid_after_its_end(world)
    offered = {"confirm_return", "write_off"}
    assert await seen(world, case, world.clerk) == (["earlier_money"], offered)
    assert await seen(world, case, clerk_there()) == (["earlier_money"], set())
    for by, order, why in ((clerk_there(), 1, "not_your_case"), (world.clerk, 2, "nothing_to_do")):
        found = await world.refused(case, "confirm_return", by, **RETURNED, order=order)
        assert why in found
    if given_up:
        for caseworker in (world.clerk, world.second_clerk):
            told = await world.act(case, "write_off", caseworker, **GIVEN_UP, order=1)
    else:
        told = await world.act(case, "confirm_return", world.clerk, **RETURNED, order=1)
    assert (told["status"], told["tasks"]) == ("choosing", [])
    assert await seen(world, case, world.clerk) == ([], set())
