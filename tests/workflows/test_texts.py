"""Several texts of one take are one activity, and each of them is seen and tried for itself."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from temporalio.common import RetryPolicy

import db.operations
from db.operations import Trouble
from domain.case.state import Case
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.outside import Outside
from tests.support.party_play import Party
from tests.support.polling import soon, soon_told
from workflows.operations import look, retry
from workflows.options import OUTSIDE
from workflows.troubles import stuck

SUPPLIER = ("+77000000002", "shop@example.com")


def proposed(connection: Connection, party: Party, case: Case) -> Said:
    return Said("agree_to_cancel", party.file.recipient, {"reason": True})


def agreed(connection: Connection, party: Party, case: Case) -> Said:
    return Said("agree_to_cancel", party.file.supplying, {"reason": True})


async def test_one_that_cannot_be_sent_is_named_alone_and_retried_alone(
    host: Host, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = RetryPolicy(initial_interval=timedelta(milliseconds=20), backoff_coefficient=2.0)
    monkeypatch.setitem(OUTSIDE, "retry_policy", policy)
    monkeypatch.setattr(db.operations, "ASKED_AFTER", 0)
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    await host.say(party, proposed)
    await host.rests(party)
    for system, address in zip(("sms", "email"), SUPPLIER, strict=True):
        outside.arm(system, "down", times=1000, match=address)
    message = await host.say(party, agreed)
    (event,) = [one for one in host.of(party, message) if one.data.get("effects")]
    recipients, suppliers = (one["key"] for one in event.data["effects"])

    async def parked() -> list[Trouble]:
        found = await stuck(host.client, host.engine, datetime.now(UTC))
        mine = [one for one in found.found if one.case_id == party.file.id]
        return [one for one in mine if one.cause == "parked"]

    (one,) = await soon_told(parked)
    assert (one.detail["effect"], one.detail["kind"]) == (suppliers, "tell")
    (activity,) = (await look(host.client, party.file.id)).activities
    assert activity.id == one.detail["activity"] == f"{recipients}+{suppliers}"
    assert any(f"/{recipients}/recipient/sms" in key for key in host.sent(party))

    outside.client.delete("/faults").raise_for_status()
    await retry(host.client, party.file.id, [activity.id])
    await host.rests(party)
    sent = Counter(host.sent(party))
    assert max(sent.values()) == 1
    await soon(lambda: host.case(party).status, lambda status: status == "choosing")
