"""Administrators see what is approved, paid, returned and open, by authority and day."""

from typing import Any

import pytest

from tests.api.paying import paying, report
from tests.api.world import IBAN, SUPPLIER_BIN, World
from tests.support.reports import report_xml
from tests.support.statements import Movement, statement_xml


async def day(world: World, query: str = "") -> dict[str, Any]:
    answer = await world.get(f"/v1/money{query}", world.admin)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_the_money_of_a_day_adds_up_for_each_authority(world: World) -> None:
    _, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    back = Movement(key, 1_000_00, direction="CRDT", reference="R-1")
    await report(world, statement_xml(back, kind="camt.054.001.08"))
    found = await day(world)
    sums = {
        "approved": amount,
        "settled": amount,
        "returned": 1_000_00,
        "open": 0,
        "not_executed": 1_000_00,
    }
    (one,) = found["authorities"]
    assert one["stood"] == one["moved"] == found["stood"] == found["moved"] == sums
    assert (one["double_payments"], found["double_payments"]) == (0, 0)
    assert one["name"]
    assert (await day(world, "?day=2026-01-01"))["authorities"] == []


@pytest.mark.parametrize("query", ["?day=yesterday", "?date=2026-11-28", "?day=2026-02-30"])
async def test_a_day_that_is_none_is_told(world: World, query: str) -> None:
    assert (await world.get(f"/v1/money{query}", world.admin)).status_code == 422


async def test_only_administrators_see_it(world: World) -> None:
    for one in (world.clerk, world.supplier, world.recipient(1), world.commission):
        assert (await world.get("/v1/money", one)).status_code == 403
