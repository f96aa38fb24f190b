"""Temporal loses what it holds in memory just after a run has looked into its file."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from activities.housekeeping import HousekeepingActivities
from cli.ports import free_port
from cli.program import running
from cli.temporal import Temporal
from tests.support.host import Host, connect
from tests.support.intake import SEAL
from tests.support.party_play import place_order
from workflows.telling import tell_from_thread


@pytest.mark.long
async def test_a_look_whose_answer_is_lost_with_the_server_is_asked_for_again(
    idle: Host, tmp_path: Path
) -> None:
    temporal = replace(Temporal(free_port()), database=tmp_path / "temporal.sqlite")
    struck: list[bool] = []
    with running(temporal.program(), tmp_path / "first.log") as server:
        away = await idle.moved(await connect(temporal.address))

        def strike(_: Any, __: Any, statement: str, ___: Any, context: Any, ____: bool) -> None:
            if "open_file" in statement and not struck:
                struck.append(context.compiled_parameters[0]["durable"])
                server.popen.kill()

        async with away.working():
            party = await away.begin()
            await away.play(party, "choosing")
            await away.journal(party, place_order)
            await asyncio.to_thread(away.heard, party)
            event.listen(away.engine, "after_cursor_execute", strike)
            assert not await away.cases.tell(party.file.id), "nobody has answered"
            event.remove(away.engine, "after_cursor_execute", strike)
    assert struck == [False], "the run has looked, and nobody asks it again"
    with running(temporal.program(), tmp_path / "second.log"):
        async with away.working():
            tell = tell_from_thread(away.cases, asyncio.get_running_loop())
            sweep = HousekeepingActivities(away.engine, SEAL, tell).sweep_once
            away.grow_old()
            assert await asyncio.to_thread(sweep) == 1
            await away.rests(party)
            away.grow_old()
            assert await asyncio.to_thread(sweep) == 0, "it has heard, and is told no more"
        await away.check()
