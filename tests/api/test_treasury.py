"""What the treasury reports is compared with the file and recorded once."""

import httpx
import pytest

from activities.orders import EffectOrder
from activities.payments import PaymentActivities
from db.reference import read_case
from integrations.treasury import Treasury
from tests.api.world import BIC, IBAN, SUPPLIER_BIN, World
from tests.support.effect_play import Wire
from tests.support.intake import SEAL
from tests.support.reports import report_xml
from tests.support.systems import call, send

PATH = "/v1/treasury/status-reports"


async def paying(world: World) -> tuple[str, str, int]:
    """A case whose payment has been sent: its id, the payment's key and amount."""
    body = {"bin": SUPPLIER_BIN, "name": "ТОО «Үлгі»", "regions": ["71"]}
    case = await world.reviewed()
    await call(world, "POST", "/v1/suppliers", world.admin.token, body)
    for clerk in (world.clerk, world.second_clerk):
        await world.act(case, "approve", clerk)
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    effect = next(one for one in found.outbox.values() if one.kind == "pay")
    wire = Wire(lambda _: httpx.Response(202))
    pay = PaymentActivities(world.engine, SEAL, Treasury(wire.client())).pay
    pay(EffectOrder(case_id=case, **effect.model_dump()))
    payment = found.periods[1].payments[-1]
    assert BIC.encode() in wire.requests[0].content
    return case, payment.key, payment.amount


async def report(world: World, content: bytes) -> httpx.Response:
    return await send(world, "treasury", PATH, content, "application/xml")


async def status(world: World, case: str) -> str:
    told: str = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["status"]
    return told


async def test_a_settled_payment_that_matches_is_paid(world: World) -> None:
    case, key, amount = await paying(world)
    answer = await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    assert await status(world, case) == "paid"


async def test_the_same_report_in_another_envelope_is_one_message(world: World) -> None:
    _, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    first = await report(world, content)
    again = await report(world, content.replace(b"<MsgId>R-", b"<MsgId>S-"))
    assert first.json() == again.json()


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
    answer = await world.post(f"/v1/cases/{case}/retry-payment", world.clerk, {})
    assert answer.status_code == 409


async def test_a_rejection_comes_to_a_desk_with_its_reason(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "RJCT", amount, iban=IBAN, payee=SUPPLIER_BIN, reason="AC04")
    await report(world, content)
    assert await status(world, case) == "payment_failed"
    with world.engine.connect() as connection:
        assert read_case(connection, case).periods[1].payments[-1].reason == "AC04"


async def test_contradicting_reports_are_both_recorded(world: World) -> None:
    case, key, amount = await paying(world)
    for said in ("RJCT", "ACSC"):
        answer = await report(world, report_xml(key, said, amount, iban=IBAN, payee=SUPPLIER_BIN))
        assert answer.status_code == 200
    assert await status(world, case) == "paid"


@pytest.mark.parametrize("key", ["OZ000000018-1-1-1-1", "nonsense"])
async def test_a_payment_that_is_not_ours_is_not_found(world: World, key: str) -> None:
    world.receive()
    assert (await report(world, report_xml(key, "ACSC", 100))).status_code == 404


async def test_a_key_of_a_case_that_never_paid_so_is_not_found(world: World) -> None:
    _, key, amount = await paying(world)
    other = f"{key.rpartition('-')[0]}-9"
    assert (await report(world, report_xml(other, "ACSC", amount))).status_code == 404


@pytest.mark.parametrize("content", [b"", b"<a/>", b"<a", report_xml("k", "done", 1)])
async def test_a_malformed_report_is_told_its_mistakes(world: World, content: bytes) -> None:
    answer = await report(world, content)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_report_is_xml(world: World) -> None:
    assert (await send(world, "treasury", PATH, b"{}")).status_code == 415


async def test_only_the_treasury_reports(world: World) -> None:
    assert (await send(world, "esobes", PATH, b"<a/>", "application/xml")).status_code == 403
