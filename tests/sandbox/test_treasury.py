"""The treasury pays a key once, and says what became of it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from sandbox.identities import make_iban
from tests.sandbox.orders import (
    ORDINARY,
    hear_documents,
    hear_reports,
    make_key,
    pay,
    read_entries,
    read_ledger,
    read_report,
    settle,
    write_order,
)
from tests.sandbox.world import World, wait_until

ORDERED = 125_000_050
SCHEMAS = files("integrations") / "xsd"


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
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / "pain.002.001.12.xsd")))
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
        ("settle_twice", ["ACSC", "ACSC"], 2),
        ("another_sum", ["ACSC", "ACSC"], 1),
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


def test_a_payment_settled_twice_has_two_numbers_and_one_of_another_sum_has_one(
    world: World,
) -> None:
    world.arm("treasury", "settle_twice")
    pay(world, twice := make_key())
    numbers = {report["reference"] for report in hear_reports(world, twice, 2)}
    assert len(numbers) == 2
    world.arm("treasury", "another_sum")
    pay(world, other := make_key())
    told = hear_reports(world, other, 2)
    assert [report["amount"] for report in told] == ["1250000.50", "1250100.50"]
    assert len({report["reference"] for report in told}) == 1
    assert read_ledger(world, other)["settled_amount"] == ORDERED


def test_a_blocked_payment_moves_no_money(world: World) -> None:
    world.arm("treasury", "blocked")
    pay(world, key := make_key())
    assert [report["status"] for report in hear_reports(world, key, 1)] == ["BLCK"]
    assert read_ledger(world, key)["settled"] == 0


@pytest.mark.parametrize(("fault", "back"), [("return", ORDERED), ("return_part", 100_000)])
def test_money_comes_back_by_an_entry_of_its_own(world: World, fault: str, back: int) -> None:
    world.arm("treasury", fault)
    pay(world, key := make_key())
    settled, returned = hear_documents(world, key, 2)
    assert read_report(settled)["status"] == "ACSC"
    (entry,) = read_entries(returned)
    assert (entry["key"], entry["direction"]) == (key, "CRDT")
    assert entry["amount"] == f"{back // 100}.{back % 100:02d}"
    line = read_ledger(world, key)
    assert (line["settled_amount"], line["returned_amount"]) == (ORDERED, back)
    assert enquire(world, key)["status"] == "ACSC"


def test_a_statement_of_a_day_is_every_movement_and_valid(world: World) -> None:
    world.arm("treasury", "return_part")
    pay(world, key := make_key())
    hear_documents(world, key, 2)
    moved = [one for one in read_entries(statement(world)) if one["key"] == key]
    assert [(one["direction"], one["amount"]) for one in moved] == [
        ("DBIT", "1250000.50"),
        ("CRDT", "1000.00"),
    ]
    assert moved[0]["account"] == ORDINARY["account"]
    validate(statement(world), "camt.053.001.08")
    assert read_entries(statement(world, "2020-01-01")) == []
    assert world.client.get("/treasury/statement?day=soon").status_code == 422


def statement(world: World, day: str | None = None) -> bytes:
    """Of a local day; of today, which no test sees the end of twice."""
    today = datetime.now(ZoneInfo("Asia/Almaty")).date().isoformat()
    answer = world.client.get("/treasury/statement", params={"day": day or today})
    assert answer.status_code == 200
    return answer.content


def validate(document: bytes, kind: str) -> None:
    """Against the official schema."""
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / f"{kind}.xsd")))
    schema.assertValid(etree.fromstring(document))


@pytest.fixture
def speak(world: World) -> Iterator[Callable[..., None]]:
    """Have the treasury speak otherwise, until the test ends."""

    def change(**speech: str) -> None:
        answer = world.client.put("/treasury/speech", json=speech)
        assert answer.status_code == 200, answer.text

    yield change
    change()


@pytest.mark.parametrize("version", ["03", "12", "14"])
@pytest.mark.parametrize("prefix", [None, "ns2"])
@pytest.mark.parametrize(
    ("level", "place"), [("transaction", "TxSts"), ("block", "PmtInfSts"), ("group", "GrpSts")]
)
def test_it_speaks_other_versions_prefixes_and_levels(
    world: World,
    speak: Callable[..., None],
    version: str,
    prefix: str | None,
    level: str,
    place: str,
) -> None:
    speak(version=version, level=level, **({"prefix": prefix} if prefix else {}))
    pay(world, key := make_key())
    (document,) = hear_documents(world, key, 1)
    validate(document, f"pain.002.001.{version}")
    root = etree.fromstring(document)
    assert root.prefix == prefix
    assert [one.text for one in root.iter(f"{{*}}{place}")] == ["ACSC"]
    enquired = world.client.get(f"/treasury/payments/{key}").content
    assert b"TxSts>ACSC<" in enquired, "an enquiry is answered in full"


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_it_tells_a_settlement_by_an_entry_when_asked_to(
    world: World, speak: Callable[..., None], version: str
) -> None:
    speak(settlement="camt.054", entries_version=version, prefix="d")
    pay(world, key := make_key())
    (document,) = hear_documents(world, key, 1)
    validate(document, f"camt.054.001.{version}")
    validate(statement(world), f"camt.053.001.{version}")
    (entry,) = read_entries(document)
    assert (entry["direction"], entry["account"]) == ("DBIT", ORDINARY["account"])


@pytest.mark.parametrize("wrong", [{"version": "x"}, {"level": "all"}, {"tongue": "kk"}])
def test_it_does_not_speak_what_nobody_understands(world: World, wrong: dict[str, str]) -> None:
    assert world.client.put("/treasury/speech", json=wrong).status_code == 422


def test_a_pending_payment_is_not_settled_before_its_time(world: World) -> None:
    key = make_key()
    world.arm("treasury", "pending", seconds=600)
    pay(world, key)
    assert hear_reports(world, key, 1)[0]["status"] == "PDNG"
    line = wait_until(lambda: read_ledger(world, key), lambda line: line["status"] == "PDNG")
    assert line["settled"] == 0


def test_entries_are_told_on_the_account_that_the_payment_left_from(world: World) -> None:
    keys = make_key(), make_key()
    for key, account in zip(keys, (make_iban(1), make_iban(3)), strict=True):
        pay(world, key, debtor_account=account)
        settle(world, key)
    accounts: dict[str | None, str | None] = {}
    for one in etree.fromstring(statement(world)).iter("{*}Stmt"):
        told = [key.text for key in one.iterfind(".//{*}EndToEndId")]
        accounts |= dict.fromkeys(told, one.findtext("{*}Acct/{*}Id/{*}IBAN"))
    assert [accounts[key] for key in keys] == [make_iban(1), make_iban(3)]
    assert pay(world, keys[0], debtor_account=make_iban(3)) == 409
