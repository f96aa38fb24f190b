"""Killed or reset around looks, effects and requests: the same file, one payment."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from domain.messages import Event
from tests.support.amount import ALL_BLOWS
from tests.support.host import Host, replay_all
from tests.support.kill import (
    AFTER_ANSWER,
    AFTER_EFFECT,
    AFTER_LOOK,
    BEFORE_EFFECT,
    BEFORE_LOOK,
    ON_ITS_WAY,
    POINTS,
    SLOW_SECONDS,
    Mortal,
    Orders,
)
from tests.support.party_play import PLAY, Party, next_line, open_case
from tests.support.polling import BOUND_SECONDS, PAUSE_SECONDS, soon, soon_told
from workflows.client import Cases
from workflows.effects import keys_of
from workflows.options import CASES, OUTSIDE

TASK_TIMEOUT = timedelta(seconds=1)
# What was done and is not known yet is lost most easily: `make verify-kill` strikes everywhere.
KILLED_AT = POINTS if ALL_BLOWS else (AFTER_LOOK, AFTER_EFFECT, AFTER_ANSWER)
RESET_AT = (
    (BEFORE_LOOK, AFTER_LOOK, BEFORE_EFFECT, AFTER_EFFECT)
    if ALL_BLOWS
    else (AFTER_LOOK, AFTER_EFFECT)
)
# Of the places in the order in which the case comes to them.
EVERY = 1 if ALL_BLOWS else 3
OUTCOME = "effect:"
# So long a payment is under way: on a slow machine a worker is not back from its death sooner.
UNDER_WAY = 25
# An effect is tried again a second after it was found to be lost; the rest is for a slow machine.
ANEW = 5.0


class Lane:
    """One case that lives under one kind of blow."""

    def __init__(self, host: Host, orders: Orders) -> None:
        self.host = host
        self.mortal = Mortal(orders)
        self.cases = Cases(host.client, host.engine, orders.prefix + CASES, TASK_TIMEOUT)

    async def play(self) -> Party:
        """The whole case, as API and housekeeping would have it heard, whoever dies."""
        party = await asyncio.to_thread(open_case, self.host.engine, self.host.shop)
        self.host.begun.append(party.file.id)
        await self._until_at_rest(party, "its arrival")
        while (case := self.host.case(party)).status != "completed":
            line, status = next_line(case)
            message = await self.host.journal(party, line)
            await asyncio.to_thread(self.host.heard, party)
            await self._until_at_rest(party, message.name)
            assert self.host.case(party).status == status
        return party

    def struck(self) -> bool:
        """Whether it is dead."""
        return not self.mortal.process.is_alive()

    def missing(self) -> list[str]:
        """Who was struck and is not dead yet: the last may die after the case came to rest."""
        return self.mortal.orders.struck()[self.mortal.revive() :]

    async def _until_at_rest(self, party: Party, word: str) -> None:
        """Revive who died, and tell the run until it has heard, as API and housekeeping do."""
        telling = asyncio.create_task(self.cases.tell(party.file.id))
        for _ in range(int(2 * BOUND_SECONDS / PAUSE_SECONDS)):
            self.mortal.revive()
            if telling.done() and not telling.result():
                telling = asyncio.create_task(self.cases.tell(party.file.id))
            if telling.done() and self.host.at_rest(party):
                return
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError(f"the case does not come to rest after {word}")


def told(events: list[Event]) -> list[Any]:
    """A file without what differs between two cases: ids, instants, hashes, who was faster."""
    lines = []
    for outcome, some in groupby(events, lambda event: event.message_id.startswith(OUTCOME)):
        group = [_line(event) for event in some]
        lines.append(sorted(group) if outcome else group)
    return lines


def _line(event: Event) -> tuple[str, ...]:
    data = event.data
    made = [f"{one['term']}/{one['revision']}" for one in data.get("deadlines", ())]
    effects = [f"{one['kind']} {one['data'].get('text', '')}" for one in data.get("effects", ())]
    return (
        event.row,
        event.type,
        event.actor.role.value,
        data.get("to", ""),
        ",".join(sorted(data)),
        ",".join(sorted(data.get("period", {}))),
        ",".join([*made, *effects, *data.get("opens", ()), *data.get("closes", ())]),
    )


@pytest.fixture
def orders(idle: Host, temporal_address: str, tmp_path: Path) -> Iterator[Any]:
    """Lanes by their point, each with a queue and a worker of its own."""
    # Whoever asks whether a payment arrived is told that it is under way, not yet how it ended.
    idle.outside.arm("treasury", "pending", times=100, seconds=UNDER_WAY)
    lanes: list[Lane] = []

    def make(point: str, *, kills: bool, **more: Any) -> Lane:
        made = Orders(
            address=temporal_address,
            database_url=idle.database.app_url,
            sandbox_url=idle.outside.url,
            prefix=f"{idle.parts.prefix}{len(lanes)}-",
            point=point,
            marks=tmp_path / f"marks-{len(lanes)}",
            kills=kills,
            **{"every": EVERY, **more},
        )
        lanes.append(Lane(idle, made))
        return lanes[-1]

    yield make
    for lane in lanes:
        lane.mortal.end()


async def undisturbed(host: Host) -> list[Any]:
    """The file of a case that nothing happened to."""
    async with host.working():
        party = await host.begin()
        await host.play(party, "completed")
    return told(host.events(party))


async def check_payment(host: Host, party: Party) -> None:
    """Exactly one payment has settled, and it was ordered once."""
    await soon(
        lambda: host.payments(party),
        lambda orders: all(o["settled"] for o in orders),
        2 * UNDER_WAY,
    )
    (order,) = host.payments(party)
    assert (order["settled"], order["received"], order["status"]) == (1, 1, "ACSC")


def check_told(host: Host, party: Party) -> None:
    """Nobody was told a thing twice, and E-Собес counts one result."""
    assert max(Counter(host.sent(party)).values()) == 1
    (result,) = host.outside.results(party.file.id)
    assert result["status"] == "paid"


@pytest.mark.long
async def test_the_effects_of_a_killed_worker_go_on_with_another_in_seconds(
    idle: Host, orders: Any
) -> None:
    """As Temporal is told in production how long a worker may be silent."""
    silence = OUTSIDE["heartbeat_timeout"]
    assert silence is not None
    lane = orders(BEFORE_EFFECT, kills=True, silence=silence)
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    idle.begun.append(party.file.id)
    await soon_told(lambda: lane.cases.tell(party.file.id))
    await soon(lane.struck, within=BOUND_SECONDS)
    died = time.monotonic()
    async with idle.working(prefix=lane.mortal.orders.prefix):
        await idle.rests(party)
        assert time.monotonic() - died < silence.total_seconds() + ANEW
    assert idle.rows(party) == ["R1", "R6", "N1"]
    assert max(Counter(idle.sent(party)).values()) == 1


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_worker_killed_at_looks_and_effects_leaves_the_same_file_and_one_payment(
    idle: Host, orders: Any
) -> None:
    expected = await undisturbed(idle)
    lanes = [orders(point, kills=True) for point in KILLED_AT]
    parties = await asyncio.gather(*(lane.play() for lane in lanes))
    for lane, party in zip(lanes, parties, strict=True):
        events = idle.events(party)
        assert told(events) == expected, lane.mortal.orders.point
        await check_payment(idle, party)
        check_told(idle, party)
        await soon(lane.missing, lambda left: left == [])
        assert_all_met(lane.mortal.orders, events)
        await replay_all(idle.client, lane.mortal.orders.prefix, 1)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_worker_killed_while_its_order_is_on_its_way_sends_no_second_one(
    idle: Host, orders: Any
) -> None:
    """The treasury, asked meanwhile, has never received it; and then it arrives."""
    idle.outside.arm("treasury", "slow", seconds=SLOW_SECONDS, match="CstmrCdtTrfInitn")
    lane = orders(ON_ITS_WAY, kills=True)
    party = await lane.play()
    await check_payment(idle, party)
    assert len(lane.mortal.orders.struck()) == lane.mortal.deaths == 1


def assert_all_met(orders: Orders, events: list[Event]) -> None:
    """A look for every line of the play, or every effect that the file asked for."""
    met = [one.partition(" ")[2] for one in orders.met()]
    asked = {one["key"] for event in events for one in event.data.get("effects", ())}
    if orders.point in (BEFORE_LOOK, AFTER_LOOK):
        assert len(PLAY) <= len(met) <= len(events) + 1
    else:
        assert {key for one in met for key in keys_of(one)} == asked


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_case_reset_at_looks_and_effects_is_the_same_file_and_one_payment(
    idle: Host, orders: Any
) -> None:
    expected = await undisturbed(idle)
    lanes = [orders(point, kills=False) for point in RESET_AT]
    parties = await asyncio.gather(*(lane.play() for lane in lanes))
    for lane, party in zip(lanes, parties, strict=True):
        events = idle.events(party)
        assert told(events) == expected, lane.mortal.orders.point
        await check_payment(idle, party)
        check_told(idle, party)
        struck = lane.mortal.orders.struck()
        assert_all_met(lane.mortal.orders, events)
        assert lane.mortal.revive() == 0
        runs = await replay_all(idle.client, lane.mortal.orders.prefix, len(struck) + 1)
        assert runs == len(struck) + 1
