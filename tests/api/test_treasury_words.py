"""Every word of the treasury is compared with the order, and one word opens nothing again."""

import pytest

from db.reference import read_case
from integrations.words import MOST
from tests.api.paying import approved, paying, report, send_payment, status
from tests.api.world import IBAN, SUPPLIER_BIN, World
from tests.support.reports import levels_xml, report_xml, transaction_of, twice_xml
from tests.support.statements import Movement, statement_xml

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


@pytest.mark.parametrize("code", ["ZZZZ", "BLCK"])
async def test_a_status_that_nobody_can_act_on_is_a_caseworkers_work_at_once(
    world: World, code: str
) -> None:
    case, key, amount = await paying(world)
    full = {"iban": IBAN, "payee": SUPPLIER_BIN}
    await report(world, report_xml(key, code, amount, **full))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["status"], [task["code"] for task in told["tasks"]]) == (
        "payment_pending",
        ["payment_unclear"],
    )
    assert told["periods"][0]["payments"][0]["unclear"] == code
    await report(world, report_xml(key, "ACSC", amount, **full))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["status"], told["tasks"]) == ("paid", [])


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    ("said", "more"),
    [
        (("ACSC", "RJCT"), ({}, {})),
        (("ACSC", "ACSC"), ({"number": "T-1"}, {"number": "T-2"})),
        (("ACSC", "ACSC"), ({}, {"iban": ANOTHER_IBAN})),
        (("ACSC", "BLCK"), ({}, {})),
    ],
)
async def test_of_words_of_one_report_at_odds_none_counts_and_a_person_sees_both(
    world: World, said: tuple[str, str], more: tuple[dict[str, str], ...], first: int
) -> None:
    case, key, amount = await paying(world)
    full = {"iban": IBAN, "payee": SUPPLIER_BIN}
    both = [
        report_xml(key, one, amount, **{**full, **other})
        for one, other in zip(said, more, strict=True)
    ]
    answer = await report(world, twice_xml(both[first], both[1 - first]))
    assert len(answer.json()["words"]) == 2
    await held(world, case)


async def test_two_sums_in_one_report_are_held(world: World) -> None:
    case, key, amount = await paying(world)
    both = [report_xml(key, "ACSC", one, iban=IBAN) for one in (amount, amount + 1)]
    await report(world, twice_xml(*both))
    await held(world, case)


async def test_a_group_that_is_rejected_around_a_payment_that_is_settled_is_held(
    world: World,
) -> None:
    case, key, _ = await paying(world)
    await report(world, levels_xml(key, group="RJCT", transaction="ACSC"))
    await held(world, case)


@pytest.mark.parametrize("said", [("RJCT", "ACSC", "RJCT"), ("BLCK", "ACSC", "BLCK")])
async def test_the_same_words_in_a_new_report_are_heard_after_something_else(
    world: World, said: tuple[str, ...]
) -> None:
    case, key, amount = await paying(world)
    for number, code in enumerate(said):
        content = report_xml(key, code, amount, iban=IBAN, payee=SUPPLIER_BIN)
        await report(world, content.replace(b"<MsgId>R-", b"<MsgId>%d-" % number))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["status"], [task["code"] for task in told["tasks"]]) == ("paid", ["payment_doubt"])


async def test_a_second_return_without_a_number_is_neither_lost_nor_counted(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    for day in ("2026-11-24", "2026-11-25"):
        back = Movement(key, 100, direction="CRDT", reference=None, day=day)
        await report(world, statement_xml(back, kind="camt.054.001.08"))
    with world.engine.connect() as connection:
        (payment,) = read_case(connection, case).periods[1].payments
    assert (payment.returned, payment.doubt) == (100, "returned_twice")


async def test_a_number_of_a_word_that_did_not_count_tells_no_payment(world: World) -> None:
    _, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSP", amount - 1, number="SHARED-1"))
    bare = Movement(None, amount, direction="CRDT", reference="SHARED-1")
    answer = await report(world, statement_xml(bare))
    assert (answer.json()["verdict"], answer.json()["words"]) == ("desk", [])


@pytest.mark.parametrize(
    ("iban", "payee", "tasks"),
    [
        (IBAN, SUPPLIER_BIN, []),
        (ANOTHER_IBAN, SUPPLIER_BIN, ["payment_held"]),
        (IBAN, ANOTHER_BIN, ["payment_held"]),
    ],
)
async def test_before_the_order_to_pay_is_written_a_word_is_compared_with_the_annex(
    world: World, iban: str, payee: str, tasks: list[str]
) -> None:
    case, key, amount = await approved(world)
    await report(world, report_xml(key, "RCVD", amount, iban=iban, payee=payee))
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["status"], [task["code"] for task in told["tasks"]]) == ("payment_pending", tasks)
    if not tasks:
        send_payment(world, case)
        await report(world, report_xml(key, "ACSC", amount, iban=iban, payee=payee))
        assert await status(world, case) == "paid"


async def test_of_more_words_than_an_honest_report_has_a_case_hears_few_and_a_person_of_all(
    world: World,
) -> None:
    case, key, amount = await paying(world)
    said = {"iban": IBAN, "payee": SUPPLIER_BIN}
    many = b"".join(
        transaction_of(report_xml(key, "ACSC", amount, number=f"T-{at}", **said))
        for at in range(3 * MOST)
    )
    whole = report_xml(key, "ACSC", amount, **said)
    answer = (await report(world, whole.replace(transaction_of(whole), many))).json()
    assert (answer["verdict"], answer["recorded"]) == ("desk", True)
    assert [(one["rule"], one["key"]) for one in answer["unclear"]] == [
        ("more than 100 words", key)
    ]
    assert await status(world, case) == "payment_pending"
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    (payment,) = found.periods[1].payments
    assert (payment.status, list(found.tasks)) == ("held", ["1:payment_held"])
    assert len(payment.contrary) == MOST + 1


async def held(world: World, case: str) -> None:
    """Nothing was acted on: two caseworkers have to decide, and the treasury is asked."""
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    (payment,) = found.periods[1].payments
    assert (found.status, payment.status, payment.doubt) == ("payment_pending", "held", "at_odds")
    assert len(payment.contrary) == 2
    assert list(found.tasks) == ["1:payment_held"]
    assert [one.kind for one in found.outbox.values()].count("enquire") > 0
    assert await world.refused(case, "retry_payment", world.clerk)
