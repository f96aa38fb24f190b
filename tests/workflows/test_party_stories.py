"""Stories of guardians, deaths and moves, played to their end on real servers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from db.authorities import authority_of
from db.persons import person_of
from db.representations import Power, keep_power
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.parties.representatives import Kind
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.intake import SEAL, iin
from tests.support.party_play import ESOBES, Line, Party, mark_delivered, sign_as_supplier, today
from tests.support.polling import soon

pytestmark = pytest.mark.clocked

THERE = "201140900014"


def guardian(number: int) -> Line:
    """A caseworker enters the number-th person as the guardian."""

    def line(connection: Connection, party: Party, _case: Case) -> Said:
        told = Power(
            recipient=UUID(party.file.person),
            person=person_of(connection, SEAL, iin(number)),
            kind=Kind.GUARDIAN,
            number=f"№ {number}",
            given_on=date(2026, 1, 12),
        )
        made = keep_power(connection, SEAL, told).model_dump(mode="json")
        data = {"representative": made, "evidence": True}
        return Said("begin_representation", party.file.caseworker(), data)

    return line


def guardian_died(connection: Connection, party: Party, case: Case) -> Said:
    assert case.measure is not None
    (held,) = (one for one in case.measure.acting.representatives if not one.ended)
    said = {"representative": held.id, "on": today(connection), "evidence": True}
    return Said("end_representation", party.file.caseworker(), said)


def confirmed(_connection: Connection, party: Party, case: Case) -> Said:
    """Another caseworker confirms what was entered."""
    assert case.measure is not None
    (proposed,) = case.measure.acting.proposed
    return Said("confirm_representation", party.file.caseworker(1), {"proposal": proposed.id})


def acting(name: str, **data: Any) -> Line:
    """Who represents the recipient now does something."""

    def line(_connection: Connection, party: Party, case: Case) -> Said:
        assert case.measure is not None
        person = next(one for one in case.measure.acting.representatives if not one.ended).person
        who = Actor(role=Role.RECIPIENT, id=person, on_behalf_of=party.file.person)
        return Said(name, who, data, {"representative_conflict": None})

    return line


async def test_l6_the_guardian_dies_in_fulfilment_and_a_new_one_comes_after_two_months(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    await host.say(party, guardian(60_001))
    await host.say(party, confirmed)
    before = host.case(party).periods[1].deadlines["delivery"]
    await host.say(party, guardian_died)
    await host.say(party, confirmed)
    period = host.case(party).periods[1]
    assert period.pause is not None
    assert (period.pause.ground, period.status) == ("nobody_to_act", "in_fulfilment")
    assert period.deadlines["delivery"].rest is not None
    for _ in range(2):
        await host.advance(days=31)
    await soon(lambda: len(host.case(party).escalations), lambda count: count > 0)
    assert host.case(party).status == "in_fulfilment"
    await host.say(party, guardian(60_002))
    await host.say(party, confirmed)
    period = host.case(party).periods[1]
    assert period.pause is None
    assert period.deadlines["delivery"].last_day > before.last_day + timedelta(days=55)
    await host.say(party, mark_delivered)
    await host.say(party, acting("accept", quantity=party.file.measure["quantity"]))
    await host.reaches(party, "awaiting_signatures")
    await host.play(party, "completed")


async def test_l3_the_recipient_dies_after_delivery_and_the_supplier_is_paid(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "delivered")
    before = set(host.sent(party))
    died = {"ground": "person_died", "revision": 2}
    await host.say(party, lambda *_: Said("revoked", ESOBES, died))
    act = {"quantity": party.file.measure["quantity"], "reason": True, "evidence": True}
    by = party.file.caseworker()
    await host.say(party, lambda *_: Said("attest_handover", by, act))
    await host.reaches(party, "awaiting_signatures")
    await host.say(party, sign_as_supplier)
    await host.play(party, "completed")
    assert len(host.payments(party)) == 1
    since = set(host.sent(party)) - before
    assert since
    assert not [key for key in since if "/supplier/" not in key]


async def test_l7_a_move_after_the_order_leaves_the_payment_where_it_was(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "under_review")

    def move(connection: Connection, party: Party, _case: Case) -> Said:
        there = str(authority_of(connection, THERE))
        said = {"authority": there, "region": "711110000", "evidence": True}
        return Said("move", party.file.caseworker(), said)

    await host.say(party, move)
    stranger = Actor(role=Role.CASEWORKER, id=str(uuid4()), on_behalf_of=str(uuid4()))
    refused = await host.say(party, lambda *_: Said("approve", stranger, {}))
    assert [event.type for event in host.of(party, refused)] == ["refused"]
    await host.play(party, "completed")
    (payment,) = host.payments(party)
    assert payment
    assert host.rows(party).count("L7") == 1
