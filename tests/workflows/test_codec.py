"""What Temporal keeps of a case: enciphered, opened by the keys of the settings and no other."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
)

from db.persons import read_profile
from tests.support.host import KEYS, Host, connect, histories, hosting
from tests.support.intake import SEAL
from tests.support.outside import Outside
from tests.support.party_play import (
    IBAN,
    SUPPLIER_BIN,
    Party,
    confirm,
    place_order,
)
from tests.support.payloads import of_activity, opened
from tests.support.polling import soon_told
from tests.support.servers import Database
from workflows.codec import ENCODING, NotOurs, make_data_converter
from workflows.measure import MeasureCase

NEW = {"k2": b"q" * 31 + b"2", **KEYS}
OTHER = {"k3": b"r" * 31 + b"3"}
MARK = "a failure that names what no one may read"


def replayer(keys: dict[str, bytes]) -> Replayer:
    return Replayer(
        workflows=[MeasureCase],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=make_data_converter(keys),
        namespace="default",
    )


async def test_a_case_begun_under_the_old_key_goes_on_and_replays_after_a_rotation(
    temporal_address: str, database: Database, outside: Outside
) -> None:
    async with hosting(temporal_address, database, outside, NEW) as rotated:
        before = await rotated.moved(await connect(temporal_address, KEYS))
        async with before.working():
            party = await before.begin()
            await before.play(party, "ordered")
        async with rotated.working():
            await rotated.play(party, "completed")
        (history,) = await histories(rotated.client, rotated.parts.prefix, 1)
    names = {key for _, key, _ in payloads(history.to_json_dict()) if key}
    assert names == {"k1", "k2"}
    await replayer(NEW).replay_workflow(history)
    with pytest.raises(Exception, match="Encoded failure"):
        await replayer(KEYS).replay_workflow(history)


async def test_a_key_that_is_not_in_the_settings_fails_the_task_and_never_the_case(
    idle: Host, temporal_address: str
) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "ordered")
    strange = await idle.moved(await connect(temporal_address, OTHER))
    name = f"measure/{party.file.id}"
    query = f"WorkflowId = '{name}' AND TemporalReportedProblems IS NOT NULL"

    async def problems() -> int:
        return (await idle.client.count_workflows(query)).count

    await idle.journal(party, confirm)
    async with strange.working():
        assert not await idle.cases.tell(party.file.id)
        await soon_told(problems)
        assert idle.case(party).status == "ordered"
    async with idle.working():
        await idle.reset(party)
        await idle.reaches(party, "in_fulfilment")
        await idle.rests(party)


# What the SDK's core notes of a local activity, for itself: numbers and instants.
NOTES = {
    *("seq", "attempt", "activity_id", "activity_type", "complete_time", "backoff"),
    *("original_schedule_time", "activation_index"),
}


def payloads(found: Any) -> list[tuple[str, str, bytes]]:
    """Encoding, key and data of every payload anywhere in a history but the core's own notes."""
    if isinstance(found, list):
        return [one for item in found for one in payloads(item)]
    if not isinstance(found, dict):
        return []
    if "metadata" not in found or "data" not in found:
        return [one for item in found.values() for one in payloads(item)]
    metadata = {k: base64.b64decode(v).decode() for k, v in found["metadata"].items()}
    data = base64.b64decode(found["data"])
    if metadata["encoding"] == "json/plain" and set(json.loads(data)) == NOTES:
        return []
    return [(metadata["encoding"], metadata.get("key", ""), data)]


# `12.0 tell order_placed`, `choice/over 2027-01-23T18:59:59+00:00`, `3 N1, 4 C1`.
CODES = re.compile(r'"[A-Za-z0-9_./,:+ -]*"')


async def test_nothing_of_a_person_stands_in_a_raw_history_and_every_payload_is_enciphered(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.handle(party).result()
    raw = await Client.connect(host.client.service_client.config.target_host)
    history = await raw.get_workflow_handle(f"measure/{party.file.id}").fetch_history()
    found = payloads(history.to_json_dict())
    assert len(found) > 20
    clear = {data for encoding, _, data in found if encoding != ENCODING.decode()}
    # What Temporal's own pages show: rows, effects, timers.
    assert all(CODES.fullmatch(data.decode()) for data in clear), clear
    text = history.to_json()
    plain = await opened_payloads(found, f"measure/{party.file.id}")
    for marked in marked_of(host, party):
        assert marked not in text
        assert marked not in plain


async def opened_payloads(found: list[tuple[str, str, bytes]], workflow_id: str) -> str:
    """What our own key makes of them: even there nothing personal may stand."""
    sealed = [
        Payload(metadata={"encoding": encoding.encode(), "key": key.encode()}, data=data)
        for encoding, key, data in found
    ]
    return "".join(one.data.decode() for one in await opened(KEYS, workflow_id, sealed))


def marked_of(host: Host, party: Party) -> list[str]:
    """What the invented message of this case says of its person, and the supplier's account."""
    personal = ["Үлгібаев", "Мысал", "+77000000001", "mysal@example.com", IBAN, SUPPLIER_BIN]
    with host.engine.connect() as connection:
        profile = read_profile(connection, SEAL, party.file.person)
    return [*personal, profile.iin]


class Fails(Interceptor):
    """Effects fail with a text that would give something away."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Failing(next)


class _Failing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        # The first round of notices goes out.
        if info.activity_type == "texts" and not info.activity_id.startswith("2."):
            raise ApplicationError(MARK, non_retryable=True)
        return await self.next.execute_activity(input)


async def test_the_texts_of_failures_are_enciphered_too(idle: Host) -> None:
    async with idle.working(interceptors=(Fails(),)):
        party = await idle.begin()
        await idle.play(party, "choosing")
        await idle.say(party, place_order)

        async def failed() -> str:
            return (await idle.handle(party).fetch_history()).to_json()

        text = await soon_told(failed, lambda text: "activityTaskFailed" in text)
        assert "Encoded failure" in text
        assert MARK not in text


async def test_a_payload_opens_in_its_own_place_under_its_own_key_and_nowhere_else() -> None:
    there = WorkflowSerializationContext(namespace="default", workflow_id="measure/1")
    ours = make_data_converter(KEYS)
    (sealed,) = await ours.with_context(there).encode(["a"])
    assert await ours.with_context(there).decode([sealed]) == ["a"]
    for other in (
        replace(there, namespace="other"),
        replace(there, workflow_id="measure/2"),
        of_activity("look", workflow_id="measure/1"),
    ):
        with pytest.raises(NotOurs, match="for another place"):
            await ours.with_context(other).decode([sealed])
    (asked,) = await ours.with_context(of_activity("pay", "measure/1")).encode(["a"])
    with pytest.raises(NotOurs, match="for another place"):
        await ours.with_context(of_activity("texts", "measure/1")).decode([asked])
    with pytest.raises(NotOurs, match="no key k1"):
        await make_data_converter(OTHER).with_context(there).decode([sealed])
    wrong = make_data_converter({"k1": b"z" * 31 + b"9"})
    with pytest.raises(NotOurs, match="under another key"):
        await wrong.with_context(there).decode([sealed])


async def test_a_payload_in_the_clear_is_refused_where_it_is_read() -> None:
    there = WorkflowSerializationContext(namespace="default", workflow_id="measure/1")
    ours = make_data_converter(KEYS).with_context(there)
    (clear,) = await DataConverter.default.encode(["a"])
    with pytest.raises(NotOurs, match="not enciphered"):
        await ours.decode([clear])
    for unread in (Payload(), Payload(metadata={"encoding": ENCODING}, data=b"short")):
        with pytest.raises(NotOurs):
            await ours.decode([unread])


async def test_nothing_is_written_that_would_open_everywhere() -> None:
    with pytest.raises(NotOurs, match="without a place"):
        await make_data_converter(KEYS).encode(["a"])
