"""Receipts of the gateways reach the cases that they prove something to."""

import json
from typing import Any

import httpx
import pytest

from db.dispatches import OutsideRequest, begin, note_sent
from db.reports import keep_receipt
from integrations.receipts import number_of
from tests.api.lines import lines_of
from tests.api.paying import desk
from tests.api.world import World, today, token
from tests.support.intake import SEAL
from tests.support.systems import send

AT = "2026-11-23T06:00:00Z"


def notice_sent(world: World, case: str, number: str, channel: str = "sms", **data: Any) -> None:
    """A round of notices went out to a case under a number of the gateway of the channel."""
    told = {"round": 1, "period": 1, "confirmed": True, "gateway_key": "k", **data}
    with world.engine.begin() as connection:
        request = OutsideRequest(f"{case}/2.1/recipient/{channel}", "notify", told, channel)
        (dispatch,) = begin(connection, case, [request])
        note_sent(connection, SEAL, [(dispatch, number_of(channel, number))])


async def receipt(world: World, channel: str = "sms", **body: Any) -> httpx.Response:
    content = {"id": "G-1", "state": "DELIVERED", "at": AT, **body}
    return await send(world, "gateway", f"/v1/receipts/{channel}", json.dumps(content).encode())


async def status(world: World, case: str) -> str:
    told: str = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["status"]
    return told


async def test_a_delivered_notice_begins_the_two_months(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    answer = await receipt(world)
    assert (answer.status_code, answer.json()) == (200, {"cases": 1})
    assert await status(world, case) == "choosing"


@pytest.mark.parametrize(
    "at",
    ["2199-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
     "2021-11-29T00:00:00Z", "2026-11-29t04:00:00z"],
)  # fmt: skip
async def test_a_delivery_counts_on_the_day_of_its_receipt_however_wrong_the_clock(
    world: World, at: str
) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    assert (await receipt(world, at=at)).json() == {"cases": 1}
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert told["periods"][0]["notified_on"] == today()


async def test_a_receipt_sent_twice_changes_nothing_more(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    first, second = await receipt(world), await receipt(world)
    assert first.content == second.content
    told = await lines_of(world, case, world.clerk)
    assert [event["type"] for event in told].count("notified") == 1


async def test_a_receipt_before_its_number_is_known_is_kept(world: World) -> None:
    case = world.receive()
    assert (await receipt(world)).json() == {"cases": 0}
    notice_sent(world, case, "G-1")
    world.host.record(case)
    assert await status(world, case) == "choosing"


async def test_an_unconfirmed_contact_proves_nothing(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", confirmed=False)
    await receipt(world)
    assert await status(world, case) == "notifying"


async def test_a_receipt_of_another_channel_is_not_mistaken_for_this_one(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    assert (await receipt(world, "email")).json() == {"cases": 0}
    assert await status(world, case) == "notifying"


BOUNCES = ("UNDELIVERED", "EXPIRED", "REJECTED")


async def shown(world: World, case: str) -> tuple[str, list[str], list[str]]:
    """Status, rows of the file and tasks."""
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    rows = [event["row"] for event in await lines_of(world, case, world.clerk)]
    return told["status"], rows, [task["code"] for task in told["tasks"]]


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("state", BOUNCES)
async def test_n6_a_bounce_after_the_delivery_doubts_the_proof(
    world: World, state: str, channel: str
) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", channel)
    await receipt(world, channel)
    answer = await receipt(world, channel, state=state)
    assert answer.json() == {"cases": 1}
    status_, rows, tasks = await shown(world, case)
    assert (status_, rows[-1], tasks) == ("notifying", "N6", ["proof_doubted"])
    # The same again, and another word for it, change nothing more.
    for again in (state, *BOUNCES):
        await receipt(world, channel, state=again)
    assert (await shown(world, case))[1] == rows


async def test_n6_a_bounce_without_a_delivery_says_nothing_new(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    assert (await receipt(world, state="UNDELIVERED")).json() == {"cases": 0}
    assert await status(world, case) == "notifying"
    # The gateway tried again and succeeded.
    await receipt(world, at="2026-11-23T07:00:00Z")
    assert await status(world, case) == "choosing"


async def test_n6_words_that_come_in_the_wrong_order_are_put_right(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    await receipt(world, state="EXPIRED", at="2026-11-23T09:00:00Z")
    await receipt(world, at="2026-11-23T07:00:00Z")
    status_, rows, _ = await shown(world, case)
    assert (status_, rows[-2:]) == ("notifying", ["N2", "N6"])


async def test_n6_both_words_may_come_before_the_number_is_known(world: World) -> None:
    case = world.receive()
    await receipt(world)
    await receipt(world, state="REJECTED")
    notice_sent(world, case, "G-1")
    world.host.record(case)
    assert (await shown(world, case))[0] == "notifying"


@pytest.mark.parametrize(
    "at", ["2199-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2021-01-01T00:00:00Z"]
)
async def test_n6_the_clock_of_a_bounce_may_be_far_off(world: World, at: str) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    await receipt(world)
    await receipt(world, state="UNDELIVERED", at=at)
    assert await status(world, case) == "notifying"


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b'{"id": "", "state": "LOST", "at": "yesterday"}', ["/id", "/state", "/at"]),
        (b'{"id": "1", "id": "2", "state": "SENT", "at": "2026-11-23T06:00:00Z"}', ["/id"]),
        (b"id=G-1&state=DELIVERED", ["/"]),
        (b"[" * 16_000, ["/"]),
        (b"", ["/"]),
        (rb'{"id": "a\u0000b", "state": "\ud800"}', ["/id", "/state"]),
    ],
)
async def test_a_receipt_that_cannot_be_read_is_kept_and_is_work_with_every_mistake(
    world: World, content: bytes, places: list[str]
) -> None:
    path = "/v1/receipts/sms"
    first = await send(world, "gateway", path, content, "text/plain")
    assert (first.status_code, first.json()["cases"]) == (200, 0)
    assert [one.partition(":")[0] for one in first.json()["mistakes"]] == places
    assert (await send(world, "gateway", path, content, "text/plain")).content == first.content
    (task,) = await desk(world)
    assert task["kind"] == "receipt/sms/sms"
    assert [one["place"] for one in task["unclear"]] == places
    whole = await world.get(f"/v1/treasury/status-reports/{task['id']}", world.admin)
    assert (whole.status_code, whole.content) == (200, content)


async def test_a_receipt_that_another_version_could_not_read_is_read_again(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    content = json.dumps({"id": "G-1", "state": "DELIVERED", "at": AT}).encode()
    with world.engine.begin() as connection:
        keep_receipt(connection, SEAL, "sms/sms", content, ["/state: one of SENT"])
        keep_receipt(connection, SEAL, "sms/sms", b"garbage", ["/: an earlier reason"])
    for one in await desk(world):
        read = await world.do(f"/v1/tasks/{one['id']}", world.admin, "read_again")
        assert (read.status_code, read.json()["kind"]) == (200, "receipt/sms/sms")
    world.host.record(case)
    assert await status(world, case) == "choosing"
    (left,) = await desk(world)
    assert [(one["place"], one["rule"]) for one in left["unclear"]] == [("/", "not JSON")]


async def test_the_same_unreadable_words_of_two_channels_are_two_receipts(world: World) -> None:
    for channel in ("sms", "email"):
        await send(world, "gateway", f"/v1/receipts/{channel}", b"garbage")
    assert {task["kind"].split("/")[1] for task in await desk(world)} == {"sms", "email"}


async def test_unreadable_words_are_told_apart_by_who_sent_them_wherever_the_name_ends(
    world: World,
) -> None:
    for provider, content in (("a", b"because"), ("ab", b"ecause")):
        await send(world, "gateway", "/v1/receipts/sms", content, provider=provider)
    assert {task["kind"] for task in await desk(world)} == {"receipt/sms/a", "receipt/sms/ab"}


async def test_what_is_too_long_for_a_receipt_is_refused_and_not_kept(world: World) -> None:
    content = b" " * (16 * 1024 + 1)
    answer = await send(world, "gateway", "/v1/receipts/sms", content)
    assert (answer.status_code, "16 КБ" in answer.json()["detail"]) == (413, True)
    assert await desk(world) == []


async def test_a_receipt_is_taken_while_temporal_is_down(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    world.host.asleep = True
    assert (await receipt(world)).json() == {"cases": 1}
    world.host.asleep = False
    world.host.record(case)
    assert await status(world, case) == "choosing"


@pytest.mark.parametrize("role", ["esobes", "treasury"])
async def test_only_the_gateway_sends_receipts(world: World, role: str) -> None:
    assert (await send(world, role, "/v1/receipts/sms", b"{}")).status_code == 403


async def test_of_two_providers_neither_proves_what_the_other_was_handed(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    body = json.dumps({"id": "G-1", "state": "DELIVERED", "at": AT}).encode()
    other = await send(world, "gateway", "/v1/receipts/sms", body, provider="other")
    assert (other.status_code, other.json()) == (200, {"cases": 0})
    assert await status(world, case) == "notifying"
    for state in BOUNCES:
        await send(
            world,
            "gateway",
            "/v1/receipts/sms",
            json.dumps({"id": "G-1", "state": state, "at": AT}).encode(),
            provider="other",
        )
    assert (await receipt(world)).json() == {"cases": 1}
    assert await status(world, case) == "choosing"


async def test_a_token_that_names_no_provider_proves_nothing(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    content = {"id": "G-1", "state": "DELIVERED", "at": AT}
    headers = {"Authorization": f"Bearer {token('gateway')}"}
    answer = await world.http.post("/v1/receipts/sms", json=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert await status(world, case) == "notifying"
