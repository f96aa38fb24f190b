"""Every word of the treasury is compared with the order, and one word opens nothing again."""

import pytest

from db.reference import read_case
from tests.api.paying import paying, report, status
from tests.api.world import IBAN, SUPPLIER_BIN, World
from tests.support.reports import report_xml

ANOTHER_IBAN, ANOTHER_BIN = "KZ57999UQ00000020010", "200540910023"


@pytest.mark.parametrize("said", ["ACSC", "RJCT", "ACSP"])
@pytest.mark.parametrize(
    ("more", "iban", "payee"),
    [(1, IBAN, SUPPLIER_BIN), (0, ANOTHER_IBAN, SUPPLIER_BIN), (0, IBAN, ANOTHER_BIN)],
)
async def test_a_word_that_names_another_sum_account_or_payee_is_held_whatever_it_says(
    world: World, more: int, iban: str, payee: str, said: str
) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, said, amount + more, iban=iban, payee=payee))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert told["status"] == "payment_pending"
    assert [task["code"] for task in told["tasks"]] == ["payment_held"]


async def test_a_settled_report_without_account_is_healed_by_the_full_one(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount))
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    assert (found.status, found.tasks) == ("payment_pending", {})
    assert "enquire" in [effect.kind for effect in found.outbox.values()]
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    assert await status(world, case) == "paid"


async def test_sum_and_account_are_enough_to_know_where_the_money_went(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN))
    assert await status(world, case) == "paid"


async def test_a_rejection_of_a_settled_payment_opens_nothing_again(world: World) -> None:
    case, key, amount = await paying(world)
    for said, sum_ in (("ACSC", amount), ("RJCT", 1_000_00)):
        await report(world, report_xml(key, said, sum_, iban=IBAN, payee=SUPPLIER_BIN))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert told["status"] == "paid"
    assert [task["code"] for task in told["tasks"]] == ["payment_doubt"]
    answer = await world.ask(case, "retry_payment", world.clerk, {})
    assert answer.status_code == 409


@pytest.mark.parametrize("later", ["ACSC", "RJCT"])
async def test_what_an_incomplete_word_said_counts_against_the_next(
    world: World, later: str
) -> None:
    """Another number, and that it is not executed after all, are for two caseworkers."""
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, number="TR-1"))
    assert await status(world, case) == "payment_pending"
    told = {"iban": IBAN, "payee": SUPPLIER_BIN, "number": "TR-2"}
    await report(world, report_xml(key, later, amount, **told))
    seen = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert seen["status"] == "payment_pending"
    assert [task["code"] for task in seen["tasks"]] == ["payment_held"]
    assert await world.refused(case, "retry_payment", world.clerk)
