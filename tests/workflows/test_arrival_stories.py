"""Stories of words that come too early, twice or back, on the real worker (rows R7, R8, N6)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from db.dispatches import BOUNCED, DELIVERED, legal_now, receive
from db.intake_tasks import WantedTasks, list_tasks
from db.journal import JournalVerdict
from domain.case.state import Deadline
from domain.terms.counting import Certificate
from tests.support.host import Host, end
from tests.support.intake import SEAL, iin, measure, take_in
from tests.support.party_play import Party
from tests.support.polling import soon
from worker import keep_house
from workflows.housekeeping import RETURNS
from workflows.housekeeping import WORKFLOW as HOUSEKEEPING

pytestmark = pytest.mark.clocked

EARLY, PROGRAMME = "M-EARLY", "OZHB-2026-EARLY"
NAMED: dict[str, Any] = {
    "measure_id": EARLY,
    "programme__number": PROGRAMME,
    "person__iin": iin(61_001),
}
EVERY = WantedTasks(every=True, authority=None)
SENT = text(
    "SELECT provider_id, key FROM dispatch WHERE case_id = :id AND channel = 'sms'"
    " AND provider_id IS NOT NULL ORDER BY begun_at DESC LIMIT 1"
)


def revocation(revision: int, reason: str = "PROGRAMME_REVOKED") -> dict[str, Any]:
    return {
        "message_id": f"early-{revision}",
        "kind": "revocation",
        "measure_id": EARLY,
        "programme": {"number": PROGRAMME, "revision": revision},
        "reason": reason,
    }


async def arrives(host: Host, *messages: dict[str, Any]) -> list[JournalVerdict]:
    return await asyncio.to_thread(take_in, host.engine, *messages)


@asynccontextmanager
async def house_kept(host: Host) -> AsyncIterator[None]:
    """Housekeeping and what E-Собес is told run as they do in production."""
    prefix = host.parts.prefix
    await keep_house(host.client, prefix)
    yield
    for name in (HOUSEKEEPING, RETURNS):
        await end(host.client, prefix + name)


def told_of(host: Host, message_id: str) -> list[tuple[str, int]]:
    """What E-Собес was told of a message, and how often it came."""
    notices = host.outside.get("/esobes/message-notices")
    return [(one["kind"], one["received"]) for one in notices if one["message_id"] == message_id]


def desk(host: Host) -> list[str]:
    """What is wrong with the messages that lie on a desk."""
    with host.engine.connect() as connection:
        found = [one for one in list_tasks(connection, EVERY) if one.state == "open"]
    return [mistake["code"] for one in found for mistake in one.mistakes]


def gateway_says(host: Host, party: Party, state: str) -> str:
    """The last word of the gateway on the last SMS of a case; which letter it was."""
    with host.engine.begin() as connection:
        sent = connection.execute(SENT, {"id": party.file.id}).one()
        receive(connection, SEAL, "sms", sent.provider_id, (state, legal_now(connection)))
    return str(sent.key)


async def hears(host: Host, party: Party, state: str) -> str:
    letter = await asyncio.to_thread(gateway_says, host, party, state)
    await host.tells(party)
    await host.rests(party)
    return letter


async def test_r7_a_revocation_waits_for_its_measure_is_told_when_late_and_takes_effect_with_it(
    host: Host,
) -> None:
    [early] = await arrives(host, revocation(2))
    assert early.status == "waiting"
    async with house_kept(host):
        await host.advance(days=32)
        await soon(lambda: told_of(host, "early-2"), lambda told: told == [("unknown_measure", 1)])
        assert desk(host) == ["unknown_measure"]
    party = await host.begin(**NAMED)
    await host.reaches(party, "withdrawn")
    await host.rests(party)
    assert host.rows(party) == ["R1", "R7"]
    assert [one["status"] for one in host.outside.results(party.file.id)] == ["withdrawn"]
    asked = [one["kind"] for event in host.events(party) for one in event.data.get("effects", ())]
    assert sorted(asked) == ["report", "tell"]
    assert desk(host) == []


async def test_r7_a_death_before_its_measure_writes_to_nobody(host: Host) -> None:
    await arrives(host, revocation(2, "PERSON_DIED"))
    party = await host.begin(**NAMED)
    await host.reaches(party, "withdrawn")
    await host.rests(party)
    assert host.sent(party) == []
    [again] = await arrives(host, revocation(2, "PERSON_DIED"))
    assert (again.status, again.case_id) == ("accepted", party.file.id)


async def test_r7_a_revision_before_its_measure_is_the_measure(host: Host) -> None:
    party = await host.begin(**NAMED, programme__revision=2, implement_until="2028-10-12")
    await host.play(party, "choosing")
    [late] = await arrives(host, measure(1, **NAMED, message_id="late"))
    assert (late.status, late.case_id) == ("accepted", party.file.id)
    await host.tells(party)
    await host.rests(party)
    found = host.case(party).measure
    assert found is not None
    assert (found.implement_until, found.revision) == (date(2028, 10, 12), 2)
    assert host.rows(party)[-1] == "R3"


async def test_r8_a_revision_told_in_other_words_changes_nothing_and_e_sobes_is_told_once(
    host: Host,
) -> None:
    party = await host.begin(**NAMED)
    await host.play(party, "choosing")
    before = host.events(party)
    host.outside.arm("esobes", "lost_reply", match="message-notices")
    [other] = await arrives(host, measure(1, **NAMED, message_id="other", item__quantity=5))
    assert (other.status, other.case_id) == ("conflict", None)
    assert desk(host) == ["revision_differs"]
    async with house_kept(host):
        told = [("revision_conflict", 2)]
        await soon(lambda: told_of(host, "other"), lambda found: found == told, 30)
    assert host.events(party) == before
    await host.play(party, "ordered")


def begun(deadline: Deadline) -> date:
    """The day from which the term runs."""
    return Certificate.from_json(deadline.certificate).start


async def test_n6_a_text_that_came_back_begins_another_round_and_the_months_run_from_its_proof(
    host: Host,
) -> None:
    party = await host.begin()
    await host.rests(party)
    first = await hears(host, party, DELIVERED)
    await host.reaches(party, "choosing")
    before = host.case(party).periods[1].deadlines["choice"]
    await host.advance(days=3)
    await hears(host, party, BOUNCED[0])
    await host.reaches(party, "notifying")
    await host.rests(party)
    assert "N6" in host.rows(party)
    assert "1:proof_doubted" in host.case(party).tasks
    second = await hears(host, party, DELIVERED)
    assert second != first
    await host.reaches(party, "choosing")
    after = host.case(party).periods[1].deadlines["choice"]
    assert begun(after) - begun(before) >= timedelta(days=3)
    assert after.last_day > before.last_day
    assert "1:proof_doubted" not in host.case(party).tasks
    await hears(host, party, BOUNCED[1])
    assert (host.case(party).status, host.rows(party)[-1]) == ("choosing", "N6")
