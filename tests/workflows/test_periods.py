"""Several periods of one case on the real worker: parts, quarters and months beside each other."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from temporalio.api.enums.v1 import EventType

from db.documents import draft_version, keep
from db.suppliers import put_offer
from domain.case.state import Case
from tests.support.casework import GOOD, Said
from tests.support.host import Host, histories, hosting
from tests.support.intake import SEAL
from tests.support.outside import outside_world
from tests.support.party_play import (
    ADMINISTRATOR,
    Line,
    Party,
    Shop,
    accept,
    approve_first,
    approve_second,
    confirm,
    mark_delivered,
    place_order,
    prove_delivery,
    sign_as_supplier,
    today,
)
from tests.support.polling import soon
from tests.support.servers import Database, temporal_server

pytestmark = pytest.mark.clocked

DIAPERS = "HYGIENE-DIAPER-L"
HYGIENE: dict[str, Any] = {
    "item__classifier_code": DIAPERS,
    "item__category": "HYGIENE",
    "item__quantity": 365,
}
ASSISTANT: dict[str, Any] = {
    "item__classifier_code": "ASSISTANT-HOUR",
    "item__category": "INDIVIDUAL_ASSISTANT",
    "item__quantity": 100,
    "item__unit": "HOUR",
}
# How long a history gets before the server suggests a new run.
SHORT_RUNS = "limit.historyCount.suggestContinueAsNew=40"
CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


def delivered(connection: Connection, party: Party, case: Case) -> Said:
    said = {"on": today(connection), "quantity": 365, "evidence": True}
    return Said("mark_delivered", party.file.supplying, said)


def accepted_in_part(connection: Connection, party: Party, case: Case) -> Said:
    """300 of 365, with the application that is made of them."""
    draft = draft_version(connection, SEAL, case, 1, 300)
    keep(connection, SEAL, case.id, draft)
    facts = {"application": draft.sha256}
    return Said("accept", party.file.recipient, {"quantity": 300}, facts)


async def begun(host: Host, item: str, price: int, **measure: Any) -> Party:
    """A measure that is supplied by periods, with an offer for it; the recipient was told."""
    offer = await asyncio.to_thread(_offer, host, item, price)
    party = await host.begin(**measure)
    party = Party(party.file, Shop(host.shop.supplier, offer, host.shop.signatory))
    await host.rests(party)
    await host.say(party, prove_delivery)
    await host.rests(party)
    return party


def of(period: int, line: Callable[..., Said], *, drafting: bool = False) -> Line:
    """What is said of one of several periods; `drafting` where a document is made of it."""

    def told(connection: Connection, party: Party, case: Case) -> Said:
        more = (period,) if drafting else ()
        return replace(line(connection, party, case, *more), period=period)

    return told


async def told(host: Host, party: Party, *lines: Line) -> None:
    for line in lines:
        await host.say(party, line)
        await host.rests(party)


async def stands(host: Host, party: Party, period: int, status: str) -> None:
    await soon(lambda: host.case(party).periods[period].status, lambda found: found == status)


def statuses(host: Host, party: Party) -> dict[int, str]:
    return {number: one.status for number, one in host.case(party).periods.items()}


def tasks(host: Host, party: Party) -> set[str]:
    return set(host.case(party).tasks)


@pytest.mark.long
async def test_the_third_quarter_is_late_while_the_money_of_the_second_is_unknown(
    host: Host,
) -> None:
    """Q1, P6, F5: each quarter goes its own way, and what is said of one moves no other."""
    year = {**HYGIENE, "item__quantity": 1_460}
    party = await begun(host, DIAPERS, 32_000, **year)
    enough = Said("decline", party.file.recipient, {"reason": True}, period=1)
    await told(host, party, lambda *_: enough)
    await host.let_run_out(party, "period_begin", 2)
    await stands(host, party, 2, "choosing")
    await told(host, party, of(2, place_order, drafting=True), of(2, confirm))
    await told(host, party, of(2, mark_delivered), of(2, accept))
    await told(host, party, of(2, sign_as_supplier, drafting=True))
    await told(host, party, of(2, approve_first))

    await host.let_run_out(party, "period_begin", 3)
    await stands(host, party, 3, "choosing")
    await told(host, party, of(3, place_order, drafting=True), of(3, confirm))
    await host.let_run_out(party, "delivery", 3)
    await soon(lambda: tasks(host, party), lambda found: "3:delivery_overdue" in found)

    await told(host, party, of(2, approve_second))
    reference = party.file.measure["reference"]
    host.outside.arm("treasury", "down", match=reference, times=1_000)
    await host.let_run_out(party, "payment_answer", 2)
    await soon(lambda: tasks(host, party), lambda found: "2:payment_unknown" in found)
    assert "3:delivery_overdue" in tasks(host, party)
    standing = {1: "lapsed", 2: "payment_pending", 3: "in_fulfilment", 4: "planned"}
    assert standing.items() <= statuses(host, party).items()
    (payment,) = host.case(party).periods[2].payments
    assert payment.status == "unknown"
    assert [order["received"] for order in host.payments(party)] == [1]
    told_of = [(one["period"], one["status"]) for one in host.outside.results(party.file.id)]
    assert told_of == [(1, "lapsed")]


def sheet(period: int, hours: int) -> Line:
    """The assistant's hours of a month, as worked."""

    def line(connection: Connection, party: Party, case: Case) -> Said:
        said = {"on": today(connection), "quantity": hours, "evidence": True}
        return Said("mark_delivered", party.file.supplying, said, period=period)

    return line


def hours_accepted(period: int, hours: int) -> Line:
    """With the application that is made of them."""

    def line(connection: Connection, party: Party, case: Case) -> Said:
        draft = draft_version(connection, SEAL, case, period, hours)
        keep(connection, SEAL, case.id, draft)
        facts = {"application": draft.sha256}
        said = {"quantity": hours}
        return Said("accept", party.file.recipient, said, facts, period=period)

    return line


def signed_by_recipient(connection: Connection, party: Party, case: Case, period: int) -> Said:
    application = case.periods[period].application
    assert application is not None
    said = {"application": application.sha256, "signature": "e" * 64}
    return Said("sign", party.file.recipient, said, {"signature": GOOD})


async def test_q2_an_assistants_months_are_told_by_their_sheets_and_signed_each_on_its_own(
    host: Host,
) -> None:
    """Three months of one standing order, in which the hours differ."""
    await three_months(host)


@pytest.mark.long
async def test_q2_months_go_on_over_runs_that_are_continued_as_new(
    database: Database, tmp_path: Path
) -> None:
    """A server that suggests a new run early: the case goes on where the file stands."""
    with (
        temporal_server(tmp_path, SHORT_RUNS) as temporal,
        outside_world(
            tmp_path,
            OZHB_SANDBOX_DATABASE_URL=database.sandbox_url,
            OZHB_SANDBOX_TEMPORAL_ADDRESS=temporal.address,
            OZHB_SANDBOX_CASE_TIMEOUT_SECONDS="2",
        ) as outside,
    ):
        async with hosting(temporal.address, database, outside) as host, host.working():
            party = await three_months(host)
            runs = await histories(host.client, host.parts.prefix, 2)
            continued = [run for run in runs if any(e.event_type == CONTINUED for e in run.events)]
            assert len(continued) >= 2
            assert len(runs) == len(continued) + 1
            assert not [one for one in host.events(party) if one.type == "refused"]


async def three_months(host: Host) -> Party:
    party = await begun(host, "ASSISTANT-HOUR", 110_000, **ASSISTANT)
    await told(host, party, place_order, confirm)
    worked = {1: 20, 2: 96, 3: 100}
    for month, hours in worked.items():
        if month > 1:
            await host.let_run_out(party, "period_begin", month)
            await stands(host, party, month, "in_fulfilment")
        await told(host, party, sheet(month, hours), hours_accepted(month, hours))
    case = host.case(party)
    made = [case.periods[month].application for month in worked]
    assert [(one.quantity, one.amount) for one in made if one] == [
        (hours, hours * 110_000) for hours in worked.values()
    ]
    assert [one.row for one in host.events(party) if one.type == "order_continued"] == ["Q2"] * 2
    for line in (sign_as_supplier, signed_by_recipient):
        await told(host, party, of(2, line, drafting=True))
    standing = {1: "awaiting_signatures", 2: "under_review", 3: "awaiting_signatures"}
    assert standing.items() <= statuses(host, party).items()
    return party


async def test_f6_of_365_pieces_300_are_accepted_and_65_are_still_owed(host: Host) -> None:
    """Q1: beside both parts the next quarter is known."""
    party = await begun(host, DIAPERS, 32_000, **HYGIENE)
    await told(host, party, place_order, confirm, delivered, accepted_in_part)
    case = host.case(party)
    standing = {n: (one.status, one.part_of) for n, one in case.periods.items()}
    assert standing == {
        1: ("awaiting_signatures", None),
        2: ("planned", None),
        3: ("in_fulfilment", 1),
    }
    part, rest = case.periods[1].application, case.periods[3].order
    assert part is not None
    assert rest is not None
    assert (part.version, part.quantity, rest.quantity) == (2, 300, 65)


def _offer(host: Host, item: str, price: int) -> Any:
    with host.engine.begin() as connection:
        made = put_offer(connection, ADMINISTRATOR, host.shop.supplier, item, (price, True))
    assert made is not None
    return made.id
