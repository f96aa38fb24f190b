"""An outside system that hangs keeps those waiting who need it, and nobody else."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event

import httpx
import pytest
from sqlalchemy import Connection

from activities.notices import NoticeActivities
from domain.case.state import Case
from integrations.email import MailGateway
from integrations.http import LINES, open_client
from integrations.sms import SmsGateway
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.intake import SEAL
from tests.support.party_play import Party, approve_first, approve_second, open_case
from tests.support.polling import soon, soon_told
from worker import ROOMS
from workflows.operations import describe
from workflows.options import OUTSIDE

SILENCE = timedelta(seconds=1)
CROWD = ROOMS["texts"] + 8


class Hanging:
    """A gateway that answers nobody until it is let go."""

    def __init__(self) -> None:
        self.asked, self.open = 0, Event()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.open.wait(60)
        return httpx.Response(200, json={"id": f"number-{request.headers['X-Request-Id']}"})


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.open.set()


def enough(connection: Connection, party: Party, case: Case) -> Said:
    return Said("decline", party.file.recipient, {"reason": True})


@pytest.mark.long
async def test_while_a_gateway_hangs_other_systems_are_told_and_payments_go_out(
    idle: Host, hanging: Hanging
) -> None:
    async with idle.working():
        ending, paying = await idle.begin(), await idle.begin()
        await idle.play(ending, "choosing")
        await idle.play(paying, "under_review")
    client = open_client("http://gateway.test", transport=httpx.MockTransport(hanging.answer))
    notices = NoticeActivities(idle.engine, SEAL, SmsGateway(client), MailGateway(client))
    effects = replace(idle.parts.effects, notices=notices)
    async with idle.working(effects=effects):
        crowd = [await asyncio.to_thread(open_case, idle.engine, idle.shop) for _ in range(CROWD)]
        idle.begun.extend(one.file.id for one in crowd)
        await asyncio.gather(*(idle.tells(one) for one in crowd))
        await soon(lambda: hanging.asked, lambda asked: asked == ROOMS["texts"])

        await idle.say(ending, enough)
        await idle.say(paying, approve_first)
        await idle.say(paying, approve_second)
        await soon(lambda: idle.outside.results(ending.file.id))
        await soon(lambda: idle.payments(paying))
        assert hanging.asked == ROOMS["texts"], "nobody else has asked meanwhile"
        hanging.open.set()
        for one in crowd:
            await idle.rests(one, within=60)


async def test_an_effect_that_hangs_is_not_taken_for_one_of_a_dead_worker(
    idle: Host, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process says that it lives, while no thread of it says anything."""
    monkeypatch.setitem(OUTSIDE, "heartbeat_timeout", SILENCE)
    client = open_client("http://gateway.test", transport=httpx.MockTransport(hanging.answer))
    notices = NoticeActivities(idle.engine, SEAL, SmsGateway(client), MailGateway(client))

    async def lived() -> timedelta:
        (pending,) = (await describe(idle.client, party.file.id)).pending_activities
        assert pending.attempt == 1
        if not pending.HasField("last_heartbeat_time"):
            return timedelta()
        heard, started = pending.last_heartbeat_time, pending.last_started_time
        return heard.ToDatetime() - started.ToDatetime()

    async with idle.working(effects=replace(idle.parts.effects, notices=notices)):
        party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
        idle.begun.append(party.file.id)
        await idle.tells(party)
        await soon(lambda: hanging.asked)
        await soon_told(lived, lambda long: long > 3 * SILENCE)
        assert hanging.asked == 1, "nobody has tried it beside itself"
        hanging.open.set()
        await idle.rests(party, within=60)


def test_one_gateway_that_hangs_leaves_threads_to_the_other() -> None:
    """Both send texts; whoever finds no line is told so in seconds (tests/integrations)."""
    assert LINES.max_connections is not None
    assert LINES.max_connections < ROOMS["texts"]
