"""Stories of the commission and of suppliers that fail, played to their end on real servers."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from activities.housekeeping import HousekeepingActivities
from db.documents import draft_account, keep
from db.suppliers import NewSupplier, SupplierContacts, add_supplier
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.terms.counting import local_day
from tests.support.casework import GOOD, Said
from tests.support.host import Host
from tests.support.intake import SEAL
from tests.support.party_play import (
    ADMINISTRATOR,
    BIC,
    Line,
    Party,
    confirm,
    place_order,
    report_settled,
    today,
)
from tests.support.polling import soon
from tests.support.removals import take_off
from tests.workflows.test_races import at_once
from workflows.telling import tell_from_thread

pytestmark = pytest.mark.clocked

COMMISSION = Actor(role=Role.COMMISSION, id=str(uuid4()))
MEMBER = Actor(role=Role.COMMISSION, id=str(uuid4()))
SUCCESSOR_BIN, SUCCESSOR_IBAN = "200140000024", "KZ59125KZT5004100101"


def said(name: str, actor: Actor, **data: Any) -> Line:
    """Words with a reason and evidence, by somebody who is no party."""
    told = {"reason": True, "evidence": True, **data}
    return lambda *_: Said(name, actor, told)


def complain(connection: Connection, party: Party, _case: Case) -> Said:
    known = {"reason": True, "known_on": today(connection)}
    return Said("complain", party.file.recipient, known)


async def becomes(host: Host, party: Party, line: Line) -> list[str]:
    """The rows that a message took."""
    message = await host.say(party, line)
    return [event.row for event in host.of(party, message)]


async def test_o2_an_order_late_at_night_with_a_silent_supplier_ends_by_itself(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    noon = host.case(party).periods[1].since
    night = noon.replace(hour=18, minute=55) - timedelta(days=1)  # 23:55 in Almaty
    await host.say(party, place_order, at=night)
    case = host.case(party)
    answer = case.periods[1].deadlines["supplier_answer"]
    assert answer.certificate["start"] == local_day(night).isoformat()
    await host.let_run_out(party, "supplier_answer")
    await soon(lambda: host.case(party).status, lambda status: status == "choosing")
    period = host.case(party).periods[1]
    assert host.rows(party)[-1] == "O2"
    assert period.order is None


async def test_c4_no_supplier_in_the_district_on_the_fiftieth_day(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    fiftieth = host.case(party).periods[1].since + timedelta(days=50)
    await host.advance_to(fiftieth)
    first = host.case(party).periods[1].deadlines["choice"].last_day
    assert await becomes(host, party, said("report_no_supplier", party.file.recipient)) == ["C4"]
    assert await becomes(host, party, said("deny_no_supplier", COMMISSION)) == ["C4"]
    choice = host.case(party).periods[1].deadlines["choice"]
    assert choice.last_day > first
    await host.say(party, said("report_no_supplier", party.file.caseworker()))
    await host.say(party, said("confirm_no_supplier", COMMISSION))
    await host.reaches(party, "to_procurement")
    await host.rests(party)
    assert [one["status"] for one in host.outside.results(party.file.id)] == ["to_procurement"]


async def test_o5_a_supplier_struck_off_while_the_workers_are_down_loses_its_order(
    idle: Host,
) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "ordered")
    done = await asyncio.to_thread(
        take_off, idle.engine, party.shop.supplier, "commission_conclusion"
    )
    assert done == [party.file.id]
    assert idle.case(party).status == "ordered"
    async with idle.working():
        tell = tell_from_thread(idle.cases, asyncio.get_running_loop())
        house = HousekeepingActivities(idle.engine, SEAL, tell)
        await idle.journal(party, confirm)
        await asyncio.to_thread(idle.grow_old)
        await asyncio.to_thread(house.sweep_once)
        await idle.reaches(party, "choosing")
        await idle.rests(party)
    assert idle.rows(party)[-1] == "O5"


async def test_p13_a_supplier_in_liquidation_is_followed_by_one_who_signs_and_is_paid(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "awaiting_signatures")
    await asyncio.to_thread(take_off, host.engine, party.shop.supplier, "ceased")
    await host.tells(party)
    await soon(lambda: host.rows(party)[-1], lambda row: row == "P13")
    heir = await asyncio.to_thread(known_successor, host)
    entering = {"successor": heir, "ground": "liquidator"}
    facts = {"successor_known": True, "supplier_is_party": False}
    for which in (0, 1):
        told = {"reason": True, "evidence": True, **entering}
        line = Said("enter_successor", party.file.caseworker(which), told, facts)
        assert await becomes(host, party, lambda *_, line=line: line) == ["P13"]
    followed = replace(party, file=replace(party.file, supplier=heir, signatory=str(uuid4())))
    assert "A2" in await becomes(host, followed, sign_as_successor)
    await host.play(party, "payment_pending")
    await host.rests(party)
    await host.say(party, report_settled)
    await host.reaches(party, "completed")
    (paid,) = host.payments(party)
    assert SUCCESSOR_IBAN in str(paid)


def known_successor(host: Host) -> str:
    """The liquidator, known to the portal and selling nothing."""
    contacts = SupplierContacts(name="ЖШС «Мұрагер»", phone="+77000000009")
    new = NewSupplier(contacts, ["71"], bin=SUCCESSOR_BIN, active=False)
    with host.engine.begin() as connection:
        supplier, _ = add_supplier(connection, SEAL, ADMINISTRATOR, new)
    return str(supplier.id)


def sign_as_successor(connection: Connection, party: Party, case: Case) -> Said:
    """The supplier had not signed: the successor does, and names its own account."""
    application = case.periods[1].application
    assert application is not None
    annex = draft_account(connection, SEAL, case, 1, (SUCCESSOR_IBAN, BIC))
    keep(connection, SEAL, case.id, annex)
    told = {
        "application": application.sha256,
        "signature": uuid4().hex * 2,
        "account": annex.sha256,
        "account_signature": uuid4().hex * 2,
    }
    verdicts = {"signature": GOOD, "account_signature": GOOD}
    return Said("sign", party.file.supplying, told, verdicts)


async def test_d2_p10_p11_a_wheelchair_that_breaks_after_the_payment_is_chosen_again(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.advance(days=40)
    assert await becomes(host, party, complain) == ["D2"]
    assert host.case(party).status == "completed"
    payment = host.case(party).periods[1].payment
    assert payment is not None
    claim = {"ground": "poor_quality", "amount": payment.amount, "still_needed": True}
    assert await becomes(host, party, said("find_breach", COMMISSION, **claim)) == ["P10"]
    await host.rests(party)
    await host.let_run_out(party, "recovery")
    await soon(
        lambda: {task.code for task in host.case(party).tasks.values()},
        lambda codes: "court_claim" in codes,
    )
    assert await becomes(host, party, said("confirm_return", party.file.caseworker())) == ["P11"]
    await host.rests(party)
    await host.play(party, "completed")
    first, second = host.case(party).periods[1].payments
    assert (first.status, second.status) == ("returned", "settled")
    assert len(host.payments(party)) == 2


async def test_d2_p10_p12_what_the_supplier_cannot_pay_back_is_written_off(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    payment = host.case(party).periods[1].payment
    assert payment is not None
    claim = {"ground": "not_performed", "amount": payment.amount, "still_needed": False}
    assert await becomes(host, party, said("find_breach", COMMISSION, **claim)) == ["P10"]
    await host.say(party, said("write_off", party.file.caseworker(0)))
    await host.say(party, said("write_off", party.file.caseworker(1)))
    await host.reaches(party, "written_off")
    await host.rests(party)
    assert host.outside.results(party.file.id)[-1]["status"] == "written_off"


async def test_f8_d4_what_the_recipient_accepted_and_never_signs_the_commission_concludes(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "awaiting_signatures")
    quantity = {"quantity": party.file.measure["quantity"]}
    changed = Said("change_content", party.file.caseworker(), quantity, {"application": "d" * 64})
    await host.say(party, lambda *_: changed)
    await host.say(party, sign_again)
    await host.let_run_out(party, "signatures")
    await soon(
        lambda: {task.code for task in host.case(party).tasks.values()},
        lambda codes: "unsigned" in codes,
    )
    assert await becomes(host, party, said("refer", party.file.supplying)) == ["F8"]
    early = await host.say(party, said("decide_for_supplier", COMMISSION))
    assert [event.type for event in host.of(party, early)] == ["refused"]
    await host.say(party, said("state_position", party.file.recipient))
    assert await becomes(host, party, said("decide_for_supplier", COMMISSION)) == ["D4", "A2"]
    period = host.case(party).periods[1]
    assert period.application is not None
    assert list(period.application.signatures) == [Role.SUPPLIER]


def sign_again(_connection: Connection, party: Party, case: Case) -> Said:
    """The supplier's signature over the changed application, with the account it named before."""
    application = case.periods[1].application
    assert application is not None
    told = {
        "application": application.sha256,
        "signature": uuid4().hex * 2,
        "account": "e" * 64,
        "account_signature": uuid4().hex * 2,
    }
    verdicts = {"signature": GOOD, "account_signature": GOOD}
    return Said("sign", party.file.supplying, told, verdicts)


async def test_d1_of_two_members_who_decide_at_once_the_first_counts(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "delivered")
    assert await becomes(host, party, complain) == ["D1"]
    lines = (said("decide_for_supplier", COMMISSION), said("decide_for_recipient", MEMBER))
    became = await at_once(host, party, *lines)
    (refused,) = [events[0] for events in became if events[0].type == "refused"]
    (decided,) = [events[0] for events in became if events[0].type != "refused"]
    (reason,) = refused.data["reasons"]
    assert (reason["code"], reason["facts"]["person"]) == (
        "status_does_not_allow",
        decided.actor.id,
    )


async def test_d2_a_complaint_while_the_payment_is_on_its_way_leaves_it_alone(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    await at_once(host, party, complain, report_settled)
    await host.reaches(party, "completed")
    (task,) = host.case(party).tasks.values()
    assert (task.code, task.owner) == ("complaint", "commission")
    assert await becomes(host, party, said("dismiss_complaint", COMMISSION)) == ["D2"]
    await host.handle(party).result()
    assert [order["settled"] for order in host.payments(party)] == [1]
