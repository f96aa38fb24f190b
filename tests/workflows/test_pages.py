"""A case reads as the procedure on Temporal's own pages, for whoever has no key: in codes."""

import base64
import json
from typing import Any

from google.protobuf.json_format import Parse
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue

from tests.support.host import Host
from tests.support.party_play import Party, confirm, place_order
from tests.support.polling import soon_told
from workflows.pages import EDITION, REGION, STATUS


async def page(host: Host, party: Party) -> WorkflowHandle[Any, Any]:
    """The run as Temporal's pages see it: without our converter."""
    raw = await Client.connect(host.client.service_client.config.target_host)
    return raw.get_workflow_handle(f"measure/{party.file.id}")


async def test_a_run_says_which_case_it_is_where_it_stands_and_until_when(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    described = await (await page(host, party)).describe()
    measure = party.file.measure
    assert await described.static_summary() == f"{measure['reference']} {measure['item']}"
    until = host.case(party).periods[1].deadlines["choice"].expires_at
    assert await details(host, party) == f"**choosing**: recipient, until {until.isoformat()}"

    await host.say(party, place_order)
    assert (await details(host, party)).startswith("**ordered**: supplier, until ")


async def details(host: Host, party: Party) -> str:
    handle = await page(host, party)
    answer = await handle.query("__temporal_workflow_metadata", result_type=RawValue)
    return str(Parse(answer.payload.data, WorkflowMetadata()).current_details)


async def test_cases_are_found_by_status_region_and_edition(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "ordered")
    raw = await Client.connect(host.client.service_client.config.target_host)
    view = host.case(party)
    assert view.measure is not None
    wanted = {STATUS: "ordered", REGION: view.measure.region, EDITION: "social-code"}
    query = " AND ".join(f"{key.name} = '{value}'" for key, value in wanted.items())

    async def found() -> list[str]:
        return [one.id async for one in raw.list_workflows(query)]

    await soon_told(found, lambda ids: f"measure/{party.file.id}" in ids)
    await host.say(party, confirm)
    await soon_told(found, lambda ids: f"measure/{party.file.id}" not in ids)


async def test_every_timer_and_effect_says_what_it_is_for_and_every_word_what_it_became(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    events = (await (await page(host, party)).fetch_history()).to_json_dict()["events"]
    assert shown(events, "activityTaskScheduledEventAttributes") == [
        *("2.1 notify", "5.1 tell order_placed", "7.1 tell order_confirmed")
    ]
    timers = shown(events, "timerStartedEventAttributes")
    assert [one.partition(" ")[0] for one in timers] == ["notice/over", "supplier_answer/over"]
    rows = [row for line in answers(events) for row in line.split(", ")]
    told = [f"{one.seq} {one.type if one.row == '-' else one.row}" for one in host.events(party)]
    assert rows == told[: len(rows)]
    assert "5 C1" in rows


def shown(events: list[dict[str, Any]], kind: str) -> list[str]:
    return [read(one["userMetadata"]["summary"]) for one in events if kind in one]


def answers(events: list[dict[str, Any]]) -> list[str]:
    kind = "workflowExecutionUpdateCompletedEventAttributes"
    told = [one[kind]["outcome"]["success"]["payloads"][0] for one in events if kind in one]
    return [line for line in map(read, told) if line]


def read(payload: dict[str, Any]) -> str:
    return str(json.loads(base64.b64decode(payload["data"])))
