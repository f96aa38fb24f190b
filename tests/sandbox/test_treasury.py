"""The treasury pays a key once, and says what became of it."""

from importlib.resources import files

import pytest
from lxml import etree

from sandbox.identities import make_iban
from tests.sandbox.orders import (
    ORDINARY,
    hear_reports,
    make_key,
    pay,
    read_ledger,
    read_report,
    settle,
    write_order,
)
from tests.sandbox.world import World, wait_until

ORDERED = 125_000_050
SCHEMA = files("integrations") / "xsd" / "pain.002.001.12.xsd"


def enquire(world: World, key: str) -> dict[str, str | None]:
    """The treasury's answer on a payment that it knows."""
    answer = world.client.get(f"/treasury/payments/{key}")
    assert answer.status_code == 200
    return read_report(answer.content)


def test_an_order_is_settled_and_reported_with_all_that_the_product_compares(world: World) -> None:
    key = make_key()
    assert pay(world, key) == 202
    (report,) = hear_reports(world, key, 1)
    assert report["status"] == "ACSC"
    assert report["amount"] == "1250000.50"
    assert (report["account"], report["payee"]) == (ORDINARY["account"], ORDINARY["payee"])
    assert report["reference"]
    line = settle(world, key)
    assert (line["received"], line["amount"], line["settled_amount"]) == (1, ORDERED, ORDERED)


def test_the_same_key_again_is_counted_and_never_paid_again(world: World) -> None:
    key = make_key()
    assert [pay(world, key) for _ in range(3)] == [202, 202, 202]
    settle(world, key)
    assert hear_reports(world, key, 1)[0]["status"] == "ACSC"
    assert pay(world, key) == 202
    # Anything told about the fourth would have been queued before this other payment's report.
    other = make_key()
    pay(world, other)
    hear_reports(world, other, 1)
    assert len(hear_reports(world, key, 1)) == 1
    line = read_ledger(world, key)
    assert (line["received"], line["settled"], line["settled_amount"]) == (4, 1, ORDERED)


def test_a_key_that_comes_back_with_another_sum_is_refused_and_pays_nothing(world: World) -> None:
    key = make_key()
    pay(world, key)
    assert pay(world, key, amount="1.00", total="1.00") == 409
    assert settle(world, key)["settled_amount"] == ORDERED


def test_the_report_is_a_valid_document_of_the_official_schema(world: World) -> None:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    for fault in (None, "reject"):
        if fault:
            world.arm("treasury", fault)
        key = make_key()
        pay(world, key)
        hear_reports(world, key, 1)
        schema.assertValid(etree.fromstring(world.client.get(f"/treasury/payments/{key}").content))


def test_a_payment_that_never_came_is_unknown_in_so_many_words(world: World) -> None:
    answer = world.client.get(f"/treasury/payments/{make_key()}")
    assert (answer.status_code, answer.json()) == (404, {"known": False})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total": "1.00"}, "AM10"),
        ({"amount": "0.00", "total": "0.00"}, "AM01"),
        ({"amount": "1.005", "total": "1.005"}, "AM12"),
        ({"currency": "EUR"}, "AM03"),
        ({"account": make_iban(2)[:-1] + "9"}, "AC03"),
        ({"payee": "123456789012"}, "BE16"),
        ({"key": "k" * 36}, "FF01"),
    ],
)
def test_a_malformed_order_is_refused_with_its_reason(
    world: World, changes: dict[str, str], code: str
) -> None:
    key = changes.get("key", make_key())
    order = write_order(key, **{name: value for name, value in changes.items() if name != "key"})
    answer = world.client.post("/treasury/payments", content=order)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["group_status"], body["reasons"][0]["code"]) == ("RJCT", code)
    assert world.get("/treasury/orders", key=key) == []


def test_an_order_with_a_document_type_is_refused_before_anything_is_resolved(world: World) -> None:
    entity = b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document'
    order = write_order(make_key()).replace(b"<Document", entity, 1)
    answer = world.client.post("/treasury/payments", content=order)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (400, "FF01")
    assert world.client.post("/treasury/payments", content=b"<a").status_code == 400


def test_a_rejected_payment_moves_no_money(world: World) -> None:
    key = make_key()
    world.arm("treasury", "reject")
    pay(world, key)
    (report,) = hear_reports(world, key, 1)
    assert (report["status"], report["reason"]) == ("RJCT", "AC04")
    line = read_ledger(world, key)
    assert (line["status"], line["settled"]) == ("RJCT", 0)


def test_a_silent_treasury_settles_and_tells_only_who_asks(world: World) -> None:
    key, other = make_key(), make_key()
    world.arm("treasury", "silent", match=key)
    pay(world, key)
    settle(world, key)
    pay(world, other)
    hear_reports(world, other, 1)
    assert hear_reports(world, key, 0) == []
    assert enquire(world, key)["status"] == "ACSC"


def test_a_forgotten_order_was_never_received_and_is_paid_when_it_comes_again(world: World) -> None:
    key = make_key()
    world.arm("treasury", "forget")
    assert pay(world, key) == 202
    assert world.client.get(f"/treasury/payments/{key}").status_code == 404
    line = read_ledger(world, key)
    assert (line["received"], line["status"], line["settled"]) == (1, None, 0)
    assert pay(world, key) == 202
    assert settle(world, key)["received"] == 2


def test_a_report_comes_twice_when_asked_for_and_money_leaves_once(world: World) -> None:
    key = make_key()
    world.arm("treasury", "duplicate")
    pay(world, key)
    assert [report["status"] for report in hear_reports(world, key, 2)] == ["ACSC", "ACSC"]
    assert settle(world, key)["settled_amount"] == ORDERED


def test_a_wrong_amount_and_a_wrong_payee_are_what_reports_and_enquiries_say(world: World) -> None:
    key = make_key()
    world.arm("treasury", "wrong_amount")
    pay(world, key)
    assert hear_reports(world, key, 1)[0]["amount"] == "1250001.50"
    assert enquire(world, key)["amount"] == "1250001.50"
    assert settle(world, key)["settled_amount"] == ORDERED + 100
    key = make_key()
    world.arm("treasury", "wrong_payee")
    pay(world, key)
    (report,) = hear_reports(world, key, 1)
    assert report["payee"] != ORDINARY["payee"]
    assert report["account"] != ORDINARY["account"]
    assert read_ledger(world, key)["payee"] == ORDINARY["payee"]


@pytest.mark.parametrize(
    ("fault", "course", "settled"),
    [
        ("pending", ["PDNG", "ACSC"], 1),
        ("reject_then_settle", ["RJCT", "ACSC"], 1),
        ("settle_then_reject", ["ACSC", "RJCT"], 1),
    ],
)
def test_a_course_of_two_reports_is_told_in_its_order(
    world: World, fault: str, course: list[str], settled: int
) -> None:
    key = make_key()
    world.arm("treasury", fault, seconds=0.3)
    pay(world, key)
    assert [report["status"] for report in hear_reports(world, key, 2)] == course
    assert read_ledger(world, key)["settled"] == settled


def test_a_pending_payment_is_not_settled_before_its_time(world: World) -> None:
    key = make_key()
    world.arm("treasury", "pending", seconds=600)
    pay(world, key)
    assert hear_reports(world, key, 1)[0]["status"] == "PDNG"
    line = wait_until(lambda: read_ledger(world, key), lambda line: line["status"] == "PDNG")
    assert line["settled"] == 0
