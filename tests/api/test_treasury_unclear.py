"""What is told of another account or message, or beside what nobody can read, moves no payment."""

import pytest
from sqlalchemy import text

from tests.api.paying import approved, paying, report, status
from tests.api.test_authorities import bring_in
from tests.api.world import AUTHORITY_BIN, IBAN, SUPPLIER_BIN, World
from tests.support.authorities import account_of, sample_of
from tests.support.reports import levels_xml, report_xml, twice_xml
from tests.support.statements import Movement, statement_xml

STRANGERS = "KZ75125KZT1001300335"


async def seen(world: World, case: str) -> tuple[str, list[str]]:
    """Its status, and what caseworkers have to look at."""
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    return told["status"], [task["code"] for task in told["tasks"]]


@pytest.mark.parametrize("account", [STRANGERS, None])
@pytest.mark.parametrize("marked", [False, True])
async def test_a_credit_on_another_account_is_not_what_came_back(
    world: World, account: str | None, marked: bool
) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    back = Movement(key, amount, direction="CRDT", reference="IN-1", reversed=marked)
    answer = await report(world, statement_xml(back, kind="camt.054.001.08", account=account))
    assert (answer.json()["verdict"], answer.json()["words"]) == ("desk", [])
    assert await seen(world, case) == ("paid", [])


@pytest.mark.parametrize("status", ["BOOK", "PDNG"])
async def test_how_the_payees_account_shows_the_payment_is_nobodys_work(
    world: World, status: str
) -> None:
    case, key, amount = await paying(world)
    came = Movement(key, amount, direction="CRDT", status=status, iban=IBAN, payee=SUPPLIER_BIN)
    content = statement_xml(came, kind="camt.054.001.08", account=IBAN)
    answer = await report(world, content)
    assert (answer.json()["verdict"], answer.json()["words"]) == ("recorded", [])
    assert await seen(world, case) == ("payment_pending", [])
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    await report(world, content.replace(b"<MsgId>N-1", b"<MsgId>N-2"))
    assert await seen(world, case) == ("paid", [])


async def test_both_sides_of_a_payment_in_one_statement_are_not_at_odds(world: World) -> None:
    case, key, amount = await paying(world)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN, reference="OUT-1")
    came = Movement(key, amount, direction="CRDT", iban=IBAN, reference="IN-1")
    first, second = statement_xml(paid), statement_xml(came, account=IBAN)
    start, end = second.index(b"<Stmt>"), second.index(b"</Stmt>") + len(b"</Stmt>")
    both = first.replace(b"</Stmt>", b"</Stmt>" + second[start:end])
    assert (await report(world, both)).json()["verdict"] == "recorded"
    assert await seen(world, case) == ("paid", [])


async def forget_payer(world: World, case: str, account: str | None) -> None:
    """The order is one of an earlier version; since then its authority pays from another account.

    None: it has none any more.
    """
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE case_state SET state = state #- '{periods,1,orders,0,paid_from}'"
                " WHERE case_id = :case"
            ),
            {"case": case},
        )
    told = {**account_of(AUTHORITY_BIN), "iban": account} if account else None
    await bring_in(world, sample_of(AUTHORITY_BIN, account=told))


@pytest.mark.parametrize("since", [STRANGERS, None])
async def test_an_order_of_an_earlier_version_is_paid_from_the_account_that_its_file_names(
    world: World, since: str | None
) -> None:
    case, key, amount = await paying(world)
    await forget_payer(world, case, since)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, statement_xml(paid, account=STRANGERS))
    assert [one["rule"] for one in answer.json()["unclear"]] == ["told on another account"]
    assert await seen(world, case) == ("payment_pending", [])
    await report(world, statement_xml(paid))
    assert await seen(world, case) == ("paid", [])


async def test_before_it_is_sent_it_is_the_account_that_it_would_leave_from(world: World) -> None:
    case, key, amount = await approved(world)
    await forget_payer(world, case, STRANGERS)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN)
    await report(world, statement_xml(paid))
    assert await seen(world, case) == ("payment_pending", [])
    await report(world, statement_xml(paid, account=STRANGERS))
    assert await seen(world, case) == ("paid", [])


async def test_where_nobody_can_tell_the_account_that_pays_an_entry_is_a_persons(
    world: World,
) -> None:
    case, key, amount = await approved(world)
    await forget_payer(world, case, None)
    answer = await report(world, statement_xml(Movement(key, amount, iban=IBAN)))
    assert [one["rule"] for one in answer.json()["unclear"]] == ["paying account unknown"]
    assert await seen(world, case) == ("payment_pending", [])


async def test_a_credit_whose_creditor_is_the_payee_is_not_what_came_back(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    await report(world, statement_xml(Movement(key, amount, direction="CRDT", iban=IBAN)))
    assert await seen(world, case) == ("paid", ["payment_doubt"])


@pytest.mark.parametrize("account", [STRANGERS, None])
async def test_a_debit_on_another_account_settles_nothing(
    world: World, account: str | None
) -> None:
    case, key, amount = await paying(world)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, statement_xml(paid, account=account))
    assert answer.json()["verdict"] == "desk"
    assert await seen(world, case) == ("payment_pending", [])


@pytest.mark.parametrize("said", ["ACSC", "RJCT", "ACSP"])
async def test_a_word_of_another_currency_is_held_and_is_work_for_an_administrator(
    world: World, said: str
) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, said, amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, content.replace(b'"KZT"', b'"USD"'))
    (unclear,) = answer.json()["unclear"]
    assert (unclear["code"], unclear["key"], unclear["rule"]) == ("unclear", key, "not in KZT")
    assert await seen(world, case) == ("payment_pending", ["payment_held"])


async def test_an_entry_of_the_account_in_another_currency_is_held(world: World) -> None:
    case, key, amount = await paying(world)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN, currency="USD")
    assert (await report(world, statement_xml(paid))).json()["verdict"] == "desk"
    assert await seen(world, case) == ("payment_pending", ["payment_held"])


async def test_a_return_in_another_currency_puts_what_was_paid_in_doubt(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    await report(world, statement_xml(Movement(key, 5, direction="CRDT", currency="USD")))
    assert await seen(world, case) == ("paid", ["payment_doubt"])


@pytest.mark.parametrize("first", ["ACSC", "RJCT"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</InstdAmt>", b"1</InstdAmt>"),
        (IBAN.encode(), b"KZ!!"),
        (b"<TxSts>", b"<OrgnlInstrId>STRANGER</OrgnlInstrId><TxSts>"),
    ],
)
async def test_beside_an_unreadable_word_on_the_payment_the_readable_one_does_not_count(
    world: World, first: str, old: bytes, new: bytes
) -> None:
    case, key, amount = await paying(world)
    other = "RJCT" if first == "ACSC" else "ACSC"
    good, bad = (
        report_xml(key, one, amount, iban=IBAN, payee=SUPPLIER_BIN) for one in (first, other)
    )
    bad = bad.replace(old, new)
    if b"STRANGER" in bad:
        ends = (f"<OrgnlEndToEndId>{key}<".encode(), b"<OrgnlEndToEndId>STRANGER<")
        bad = bad.replace(b"<OrgnlInstrId>STRANGER<", f"<OrgnlInstrId>{key}<".encode())
        bad = bad.replace(*ends)
    answer = await report(world, twice_xml(good, bad))
    assert answer.json()["verdict"] == "desk"
    assert await seen(world, case) == ("payment_pending", ["payment_held"])


async def test_a_blocked_group_around_a_settled_payment_is_held(world: World) -> None:
    case, key, _ = await paying(world)
    await report(world, levels_xml(key, group="BLCK", transaction="ACSC"))
    assert await seen(world, case) == ("payment_pending", ["payment_held"])


async def test_a_status_of_another_message_goes_to_a_person(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, content.replace(b"pain.001.001.09", b"pain.007.001.11"))
    (unclear,) = answer.json()["unclear"]
    assert (unclear["key"], unclear["rule"]) == (key, "about another message")
    assert await status(world, case) == "payment_pending"


async def test_one_payment_of_a_batch_that_tells_all_its_parts_is_paid(world: World) -> None:
    """The number of the batch is not compared with the one that the payment was given."""
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN, reference="BATCH-77")
    content = statement_xml(paid)
    sums = [f"{sum_ // 100}.{sum_ % 100:02d}<".encode() for sum_ in (amount, 2 * amount)]
    content = content.replace(sums[0], sums[1], 1)
    start, end = content.index(b"<TxDtls>"), content.index(b"</NtryDtls>")
    other = content[start:end].replace(key.encode(), b"STRANGER")
    await report(world, content[:end] + other + content[end:])
    assert await seen(world, case) == ("paid", [])
