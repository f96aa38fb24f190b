"""In how many days money comes is told from what was paid, and afterwards whether it held."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.payment_days import LEAST, Paid, PaymentDays, reckon
from tests.api.console.conftest import Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.paying import paying, report
from tests.api.test_authorities import known
from tests.api.test_waited import bring, order
from tests.api.world import IBAN, ITEM, SUPPLIER_BIN, World
from tests.support.casework import move_clock
from tests.support.reports import report_xml
from tests.support.servers import Database

Browsers = Callable[[], Browser]
DAY = date(2027, 3, 1)


def paid(*days: int, apart: int = 40) -> list[Paid]:
    """Payments one after the other, each complete long after the one before it was paid."""
    begun = (DAY + timedelta(days=apart * number) for number in range(len(days)))
    return [Paid(one, one + timedelta(days=lasts)) for one, lasts in zip(begun, days, strict=True)]


def test_of_fewer_than_ten_payments_nothing_is_expected() -> None:
    assert reckon(paid(*[3] * (LEAST - 1))) is None


def test_half_and_nine_of_ten_came_within_so_many_days_in_whatever_order_they_come() -> None:
    found = paid(*range(1, 11))
    Random(7).shuffle(found)
    assert reckon(found) == PaymentDays(half=5, most=9, of=10, kept=None)


def test_it_held_where_the_money_came_as_it_had_come_to_nine_of_ten_before() -> None:
    # Before the eleventh nine of ten took 9 days or fewer, before the twelfth too.
    told = reckon(paid(*range(1, 11), 9, 30))
    assert told == PaymentDays(half=6, most=10, of=12, kept=50)


def test_what_was_paid_after_an_application_was_complete_says_nothing_of_what_was_expected() -> (
    None
):
    told = reckon(paid(*range(1, 11), 9, 30, apart=0))
    assert told is not None
    assert told.kept is None


async def test_a_supplier_reads_when_the_money_is_expected_and_when_it_is_late(
    world: World, browser: Browsers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.payment_days.LEAST", 1)
    _, key, amount = await paying(world)
    move_clock(database.sandbox_url, timedelta(days=4))
    paid = await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    assert paid.json()["recorded"]
    offers = (await world.get(f"/v1/offers?item={ITEM}", world.recipient(2))).json()["offers"]
    case = await order(world, 2, offers[0]["id"])
    await bring(world, case, 2, 4)
    await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))
    authority = (await known(world, world.clerk))["id"]
    (told,) = (await world.get(f"/v1/authorities?id={authority}", world.clerk)).json()[
        "authorities"
    ]
    days = told["payment_days"]
    assert (days.pop("half"), days.pop("most"), days.pop("of"), days.pop("kept")) == (4, 4, 1, None)
    assert (await known(world, world.clerk))["payment_days"] is None, "of one that is asked for"
    unknown = await world.get(f"/v1/authorities?id={uuid4()}", world.clerk)
    assert unknown.json()["authorities"] == []
    with world.engine.connect() as connection:
        kept = text("SELECT scope FROM kept_figures WHERE scope LIKE 'paid:%'")
        assert list(connection.execute(kept).scalars()) == [f"paid:{authority}"]
    one = browser()
    one.http.cookies.set("ozhb_language", "en")
    await one.sign_in(SUPPLIER)
    address = f"/cases/{reference_of(world, case)}"
    page = words((await one.open(address)).text)
    assert "The money is expected by" in page
    assert "Of the last 1 payments of this authority half came within 4 calendar days" in page
    move_clock(database.sandbox_url, timedelta(days=9))
    assert "The money was expected by" in words((await one.open(address)).text)
