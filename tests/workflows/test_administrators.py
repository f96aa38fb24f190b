"""Administrators get cases going again through the API, on a real Temporal."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.link import Link
from tests.api.apps import make_app, make_parts
from tests.api.world import World, person, reasons
from tests.support.host import Host
from tests.support.party_play import approve_first, approve_second
from tests.support.play import Host as Played
from tests.support.polling import soon_told
from tests.workflows.test_holds import held_in
from workflows.operations import look
from workflows.pollers import pollers

OPERATIONS = "/v1/operations"
STUCK = "/v1/operations/stuck"


@pytest.fixture
async def portal(host: Host) -> AsyncIterator[World]:
    """The API in front of the cases of this host."""
    parts = make_parts(host.engine, host.database.app_url, Played(host.engine))
    app = make_app(replace(parts, link=Link(None, host.cases)))
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
            yield World(app, host.engine, Played(host.engine), http)


async def test_a_reset_is_previewed_proposed_and_done_by_a_second_administrator(
    host: Host, portal: World
) -> None:
    second = person("administrator", 908)
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    events, run = host.events(party), await host.run_id(party)
    wish = {"kind": "reset", "case": party.file.id, "to_seq": 2}

    shown = (await portal.post(OPERATIONS, portal.admin, wish)).json()
    assert (shown["cut"]["knows_seq"], shown["recorded"]) == (2, len(events))
    assert (shown["proposal"], await host.run_id(party)) == (None, run), "it was only shown"

    proposed = (await portal.post(OPERATIONS, portal.admin, {**wish, "dry_run": False})).json()
    approval = {"kind": "approve_reset", "case": party.file.id, "reset": proposed["proposal"]}
    assert reasons(await portal.post(OPERATIONS, portal.admin, approval)) == ["same_person"]
    assert await host.run_id(party) == run

    done = (await portal.post(OPERATIONS, second, approval)).json()
    now = await look(host.client, party.file.id)
    assert (now.run_id, now.status) == (done["new_run_id"], "running")
    assert host.events(party) == events, "nothing that was recorded is lost"
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]
    log = (await portal.get(f"{OPERATIONS}?case={party.file.id}", second)).json()["operations"]
    assert [line["action"] for line in log] == ["case_reset_approved", "case_reset_proposed"]
    assert len({line["person"] for line in log}) == 2


async def test_whoever_takes_work_is_named_with_what_it_takes(host: Host) -> None:
    async def polling() -> set[tuple[str, str]]:
        found = await pollers(host.client, host.parts.prefix)
        return {(one.queue, one.identity) for one in found}

    mine = {(queue, host.client.identity) for queue in ("cases", "effects", "payments")}
    assert await soon_told(polling, lambda found: found == mine) == mine


async def test_a_case_that_is_held_may_be_restarted_and_goes_on_once_it_is_released(
    host: Host, portal: World
) -> None:
    """A payment is held; a new run changes nothing of that, and the release wakes it."""
    party = await host.begin()
    await host.play(party, "under_review")
    wish: dict[str, Any] = {"kind": "hold", "switch": "payments", "reason": "Счет заблокирован"}
    assert (await portal.post(OPERATIONS, portal.admin, wish)).status_code == 200
    for line in (approve_first, approve_second):
        await host.say(party, line)
    await soon_told(lambda: held_in(host, party))
    found = (await portal.get(STUCK, portal.admin)).json()
    (one,) = [one for one in found["stuck"] if one["case_id"] == party.file.id]
    assert (one["cause"], one["detail"]["kind"]) == ("held", "pay")

    again = {"kind": "restart", "case": party.file.id}
    told = (await portal.post(OPERATIONS, portal.admin, again)).json()
    assert (told["checked"], told["failed"], told["next"]) == (1, [], None)
    await soon_told(lambda: held_in(host, party))
    assert host.payments(party) == []

    release = {"kind": "release", "switch": "payments"}
    assert (await portal.post(OPERATIONS, portal.admin, release)).json()["woken"] == 1
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]
