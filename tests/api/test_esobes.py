"""E-Собес hands measures in: one or many, each with its own answer, the same each time."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from tests.api.world import World, today, token
from tests.support.intake import measure
from tests.support.intake_desk import tasks
from tests.support.systems import send

PATH = "/v1/esobes/messages"


async def hand_in(world: World, content: Any) -> httpx.Response:
    return await send(world, "esobes", PATH, json.dumps(content, ensure_ascii=False).encode())


async def read(world: World, message_id: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token('esobes')}"}
    return await world.http.get(f"{PATH}/{message_id}", headers=headers)


async def test_one_right_message_opens_a_case_and_its_run_hears_of_it(world: World) -> None:
    answer = await hand_in(world, measure())
    assert answer.status_code == 202
    told = answer.json()
    assert (told["message_id"], told["status"], told["errors"]) == ("message-1", "accepted", [])
    assert told["reference"].startswith("OZ")
    case = await world.get(f"/v1/cases/{told['case_id']}", world.clerk)
    assert case.json()["status"] == "notifying"


async def test_r2_one_wrong_message_is_answered_with_every_mistake(world: World) -> None:
    answer = await hand_in(world, measure(person__iin="12", payer="NOBODY", surplus=1))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    mistakes = {mistake["pointer"]: mistake["code"] for mistake in answer.json()["errors"]}
    assert mistakes == {
        "/payer": "not_allowed_value",
        "/person/iin": "format_iin",
        "/surplus": "unknown_field",
    }
    assert all(set(m["text"]) == {"kk", "ru", "en"} for m in answer.json()["errors"])
    assert '"12"' not in answer.text


async def test_many_are_answered_one_by_one_in_their_order(world: World) -> None:
    answer = await hand_in(world, [measure(1), {"message_id": "x"}, measure(2), measure(1)])
    assert answer.status_code == 200
    told = answer.json()
    assert [one["status"] for one in told] == ["accepted", "rejected", "accepted", "accepted"]
    assert [one["message_id"] for one in told] == ["message-1", "x", "message-2", "message-1"]
    assert told[0] == told[3]


@pytest.mark.parametrize("content", [measure(), measure(payer="NOBODY"), [measure(3), {}]])
async def test_the_same_again_is_answered_the_same(world: World, content: Any) -> None:
    first, again = await hand_in(world, content), await hand_in(world, content)
    assert (first.status_code, first.content) == (again.status_code, again.content)


async def test_the_same_number_with_another_body_is_a_conflict(world: World) -> None:
    await hand_in(world, measure())
    answer = await hand_in(world, measure(payer="EMPLOYER"))
    assert (answer.status_code, answer.json()["code"]) == (409, "message_conflict")
    assert "message_id" in answer.json()["detail"]
    (task,) = await tasks(world, world.clerk)
    assert [one["code"] for one in task["mistakes"]] == ["message_id_differs"]


async def test_a_verdict_can_be_asked_for_later(world: World) -> None:
    await hand_in(world, [measure(1), measure(2, payer="NOBODY")])
    assert (await read(world, "message-1")).json()["status"] == "accepted"
    assert (await read(world, "message-2")).json()["errors"][0]["pointer"] == "/payer"
    assert (await read(world, "message-3")).status_code == 404


async def test_messages_are_taken_while_temporal_is_down(world: World) -> None:
    world.host.asleep = True
    answer = await hand_in(world, [measure(number) for number in range(1, 40)])
    assert {one["status"] for one in answer.json()} == {"accepted"}


async def test_a_revision_reaches_the_run_that_stands(world: World) -> None:
    case = (await hand_in(world, measure())).json()["case_id"]
    newer = measure(message_id="newer", programme__revision=2, implement_until="2028-01-01")
    assert (await hand_in(world, newer)).json()["case_id"] == case
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert told["measure"]["implement_until"] == "2028-01-01"


def revocation(revision: int = 2, **changes: Any) -> dict[str, Any]:
    whole = measure()
    programme = {"number": whole["programme"]["number"], "revision": revision}
    told = {"message_id": f"r-{revision}", "kind": "revocation", "measure_id": whole["measure_id"]}
    return {**told, "programme": programme, "reason": "MEASURE_REMOVED", **changes}


async def test_a_revocation_before_its_measure_is_taken_and_waits(world: World) -> None:
    answer = await hand_in(world, revocation())
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    case = (await hand_in(world, measure())).json()["case_id"]
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).json()["status"] == "withdrawn"
    told = (await read(world, "r-2")).json()
    assert (told["status"], told["case_id"]) == ("accepted", case)


async def test_a_case_tells_in_words_on_which_day_it_will_be_revoked(world: World) -> None:
    case = (await hand_in(world, measure())).json()["case_id"]
    day = date.fromisoformat(today(6))
    await hand_in(world, revocation(effective_on=day.isoformat()))
    told = (await world.get(f"/v1/cases/{case}?languages=all", world.clerk)).json()
    ahead, line = told["next"]["beside"][-1], told["timeline"][-1]
    assert line["type"] == "revocation_ahead"
    assert line["text"] == ahead["text"]
    assert all(f"{day:%d.%m.%Y}" in said for said in line["text"].values())
    assert (ahead["who"], ahead["last_day"]) == (["nobody"], today(5))
    events = (await world.get(f"/v1/cases/{case}/events?languages=all", world.clerk)).json()
    assert events["events"][-1]["text"] == line["text"]


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_revocation_and_its_measure_come_in_one_array(world: World, reverse: bool) -> None:
    both = [revocation(), measure()]
    told = (await hand_in(world, both[::-1] if reverse else both)).json()
    assert [one["status"] for one in told] == ["accepted", "accepted"]
    case = await world.get(f"/v1/cases/{told[0]['case_id']}", world.clerk)
    assert case.json()["status"] == "withdrawn"


async def test_a_revision_told_otherwise_is_answered_as_a_conflict(world: World) -> None:
    await hand_in(world, measure(programme__revision=2))
    other = measure(message_id="m-2", programme__revision=2, item__quantity=1, payer="EMPLOYER")
    answer = await hand_in(world, other)
    assert (answer.status_code, answer.json()["code"]) == (409, "revision_conflict")
    assert answer.json()["errors"][0]["pointer"] == "/programme/revision"
    (told,) = (await hand_in(world, [other])).json()
    assert (told["status"], told["errors"][0]["code"]) == ("conflict", "revision_differs")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[{},]",
        b"[{} {}]",
        b"{} {}",
        b"\xff",
        b"[" * 100_000,
    ],
)
async def test_what_is_no_json_is_said_to_be_none(world: World, body: bytes) -> None:
    for _ in range(2):
        answer = await send(world, "esobes", PATH, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    found = [task["mistakes"][0]["code"] for task in await tasks(world, world.admin)]
    assert found == (["text_unreadable"] if body else [])


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(measure(), ensure_ascii=False).encode("cp1251", "replace"),
        json.dumps(measure()).replace("MOBILITY_AID", "\x01").encode(),
        json.dumps(measure()).replace("}", ",}").encode(),
        json.dumps(measure()).encode() + b"\0",
    ],
)
async def test_a_message_damaged_on_its_way_is_kept_and_harms_no_later_one(
    world: World, body: bytes
) -> None:
    assert (await send(world, "esobes", PATH, body)).status_code == 400
    assert len(await tasks(world, world.admin)) == 1
    assert (await hand_in(world, measure())).status_code == 202


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-be"])
async def test_a_message_in_another_encoding_is_read(world: World, encoding: str) -> None:
    body = json.dumps(measure(), ensure_ascii=False).encode(encoding)
    answer = await send(world, "esobes", PATH, body)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        *(
            (one, "no_number")
            for one in ("9" * 5001, "NaN", "1e999", "01", "+1", ".5", "1.", "0x1")
        ),
        ("9" * 20, "above_maximum"),
        ("1.0", None),
    ],
)
async def test_a_number_that_is_none_rejects_its_message_and_no_other(
    world: World, number: str, code: str | None
) -> None:
    odd = json.dumps(measure(2)).replace('"quantity": 1', f'"quantity": {number}')
    body = f"[{json.dumps(measure(1))}, {odd}, {json.dumps(measure(3))}]".encode()
    told = (await send(world, "esobes", PATH, body)).json()
    verdict = "rejected" if code else "accepted"
    assert [one["status"] for one in told] == ["accepted", verdict, "accepted"]
    assert [one["message_id"] for one in told] == ["message-1", "message-2", "message-3"]
    expected = [("/item/quantity", code)] if code else []
    assert [(one["pointer"], one["code"]) for one in told[1]["errors"]] == expected


@pytest.mark.parametrize(
    "odd", ["[" * 100_000 + "]" * 100_000, '{"a": "\\ud800"}', "7", "01", "null"]
)
async def test_what_no_message_could_be_spoils_no_other(world: World, odd: str) -> None:
    body = f"[{json.dumps(measure(1))}, {odd}, {json.dumps(measure(3))}]".encode()
    told = (await send(world, "esobes", PATH, body)).json()
    assert [one["status"] for one in told] == ["accepted", "rejected", "accepted"]
    again = (await send(world, "esobes", PATH, body)).json()
    assert [one["errors"] for one in again] == [one["errors"] for one in told]


DAMAGED = [
    json.dumps(measure(2)).replace("}", ",}").encode(),
    json.dumps(measure(2)).replace('": ', '" ').encode(),
    json.dumps(measure(2)).replace("MOBILITY_AID", "\n").encode(),
    json.dumps(measure(2)).replace("MOBILITY_AID", "\\x").encode(),
    json.dumps(measure(2), ensure_ascii=False).encode("cp1251", "replace"),
    json.dumps(measure(2)).encode().replace(b"MOBILITY_AID", b"\xed\xa0\x80"),
    b"nul",
    b"'a: b'",
    b'"\x01, ]"',
    b"\xff",
]


@pytest.mark.parametrize("damaged", DAMAGED)
async def test_what_is_no_json_in_an_array_is_kept_and_spoils_no_other(
    world: World, damaged: bytes
) -> None:
    first, last = (json.dumps(measure(number)).encode() for number in (1, 3))
    body = b"[%b, %b , %b]" % (first, damaged, last)
    told = (await send(world, "esobes", PATH, body)).json()
    assert [one["status"] for one in told] == ["accepted", "rejected", "accepted"]
    assert [one["code"] for one in told[1]["errors"]] == ["text_unreadable"]
    assert (await send(world, "esobes", PATH, body)).json() == told
    (task,) = await tasks(world, world.admin)
    assert [one["code"] for one in task["mistakes"]] == ["text_unreadable"]
    assert (await hand_in(world, measure(2))).status_code == 202


async def test_a_key_given_twice_is_refused_and_named(world: World) -> None:
    body = json.dumps(measure()).replace('"quantity": 1', '"quantity":1,"quantity":9').encode()
    answer = await send(world, "esobes", PATH, body)
    assert answer.status_code == 422
    named = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert named == [("/item/quantity", "key_twice")]
    assert (await read(world, "message-1")).json()["status"] == "rejected"


async def test_no_other_address_takes_a_key_given_twice_either(world: World) -> None:
    case = world.receive(1)
    command = f"/v1/cases/{case}/commands"
    twice = b'{"command": "change_contacts", "phone": "+77000000001", "phone": "+77000000002"}'
    signed_in = {"Authorization": f"Bearer {world.clerk.token}"}
    headers = {**signed_in, "Content-Type": "application/json", "Idempotency-Key": "k-1"}
    answer = await world.http.post(command, content=twice, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [one["code"] for one in answer.json()["errors"]] == ["key_twice"]


async def test_a_message_without_end_is_refused_as_such(world: World) -> None:
    body = json.dumps({**measure(), **{f"k{n}": "x" * 10 for n in range(400_000)}}).encode()
    assert len(body) > 9_000_000
    answer = await send(world, "esobes", PATH, body)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["message_too_long"]
    assert len(answer.content) < 2_000
    assert (await read(world, "message-1")).json()["status"] == "rejected"


async def test_more_than_a_megabyte_is_too_much_for_another_address(world: World) -> None:
    answer = await send(world, "gateway", "/v1/receipts/sms", b'"' + b"x" * 1024 * 1024 + b'"')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_more_than_sixteen_megabytes_are_too_many(world: World) -> None:
    answer = await send(world, "esobes", PATH, b'"' + b"x" * 16 * 1024 * 1024 + b'"')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_more_than_a_thousand_at_once_are_too_many(world: World) -> None:
    answer = await hand_in(world, [0] * 1001)
    assert (answer.status_code, "1000" in answer.json()["detail"]) == (413, True)


async def test_an_empty_array_has_no_verdicts(world: World) -> None:
    answer = await hand_in(world, [])
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("sign", ["\ud800", "\x00"])
async def test_what_no_text_can_have_is_a_mistake_and_no_fault(world: World, sign: str) -> None:
    body = json.dumps(measure(person__name=f"A{sign}")).encode()
    answer = await send(world, "esobes", PATH, body)
    assert answer.status_code == 422
    named = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert named == [("/person/name", "no_text")]


@pytest.mark.parametrize("role", ["gateway", "treasury"])
async def test_no_other_system_hands_measures_in(world: World, role: str) -> None:
    assert (await send(world, role, PATH, b"{}")).status_code == 403


async def test_another_kind_of_data_is_not_taken(world: World) -> None:
    answer = await send(world, "esobes", PATH, b"a=b", "application/x-www-form-urlencoded")
    assert answer.status_code == 415
