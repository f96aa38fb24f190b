"""Stories of long waits: a stay that is ordered in winter, and a notice that reached nobody."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from db.dispatches import DELIVERED, legal_now, receive
from domain.case.state import Case
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.intake import SEAL
from tests.support.party_play import Party, confirm, place_order, today
from tests.workflows.test_periods import begun

pytestmark = pytest.mark.clocked

STAY = "SANATORIUM-STAY"
OF_STAY: dict[str, Any] = {
    "item__classifier_code": STAY,
    "item__category": "SANATORIUM",
    "item__quantity": 1,
    "item__unit": "STAY",
}
JANUARY = datetime.fromisoformat("2027-01-12T12:00:00+05:00")
MAY = datetime.fromisoformat("2027-05-14T12:00:00+05:00")
NUMBER = text("SELECT provider_id FROM dispatch WHERE case_id = :id AND channel = 'sms'")


def for_may(connection: Connection, party: Party, case: Case) -> Said:
    said = place_order(connection, party, case)
    return replace(said, data={**said.data, "deliver_by": MAY.date().isoformat()})


async def test_c1_f1_a_voucher_for_may_is_ordered_in_january_used_in_may_and_paid(
    host: Host,
) -> None:
    await host.advance_to(JANUARY)
    party = await begun(host, STAY, 30_000_000, **OF_STAY)
    await host.say(party, for_may)
    await host.say(party, confirm)
    await host.rests(party)
    assert host.case(party).periods[1].deadlines["delivery"].last_day == MAY.date()
    await host.advance_to(MAY)
    await host.rests(party)
    assert host.case(party).status == "in_fulfilment"
    assert "F2" not in host.rows(party)
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]


def gateway_says(host: Host, party: Party) -> None:
    """The provider delivered the text, to whoever has that card now."""
    with host.engine.begin() as connection:
        number = connection.execute(NUMBER, {"id": party.file.id}).scalar_one()
        receive(connection, SEAL, "sms", number, (DELIVERED, legal_now(connection)))


def letter(connection: Connection, party: Party, _case: Case) -> Said:
    said = {"on": today(connection), "channel": "registered_letter", "evidence": True}
    return Said("enter_proof", party.file.caseworker(), said)


async def test_n2_n3_an_old_sim_card_proves_nothing_and_a_registered_letter_does(
    host: Host,
) -> None:
    """APPC 66(4): a number that the recipient never confirmed proves nothing."""
    nowhere = {"phone_confirmed": False, "email": None, "email_confirmed": False}
    party = await host.begin(**{f"person__{name}": value for name, value in nowhere.items()})
    await host.rests(party)
    await asyncio.to_thread(gateway_says, host, party)
    await host.tells(party)
    await host.rests(party)
    assert host.case(party).status == "notifying"
    await host.let_run_out(party, "notice")
    await host.reaches(party, "notice_failed")
    await host.say(party, letter)
    await host.reaches(party, "choosing")
    assert [row for row in host.rows(party) if row in ("N2", "N3")] == ["N3", "N2"]
    await host.play(party, "completed")
