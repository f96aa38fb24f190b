"""What is too long for a message is refused unread, and costs little more than to find its end."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from api.intake.bodies import split
from api.problems import Problem
from db.journal import read_came
from definitions.intake import LONGEST, check_message
from tests.api.world import World
from tests.support.intake import measure
from tests.support.systems import send

UNKNOWN = {f"unknown_{number:012d}": number for number in range(330_000)}
NESTED = {"unknown": [{"key": number} for number in range(700_000)]}


def cpu(work: Callable[[], Any]) -> float:
    """The least CPU seconds of two."""

    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return min(once() for _ in range(2))


def mistakes(body: bytes) -> list[str]:
    (raw,), _ = split(body)
    reading = read_came(raw.text)
    return [one.code for one in check_message(reading.message, text=reading.faults)]


@pytest.mark.parametrize("extra", [UNKNOWN, {"person": UNKNOWN}, NESTED])
@pytest.mark.long
def test_ten_megabytes_of_unknown_keys_cost_little_more_than_to_read_them_as_plain_json(
    extra: dict[str, Any],
) -> None:
    body = json.dumps(measure() | extra).encode()
    assert len(body) > 9_900_000
    assert mistakes(body) == ["message_too_long"]
    assert cpu(lambda: mistakes(body)) < 1.7 * cpu(lambda: json.loads(body))


async def test_a_long_message_goes_to_the_database_once_as_it_is_and_comes_back_once(
    world: World,
) -> None:
    """Beside reading it as JSON that is what it costs; each way more is a tenth of a second."""
    sent: list[object] = []
    read: list[str] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        sent.extend(one for one in values if len(str(one)) > LONGEST)
        if statement.startswith("SELECT") and "sealed" in statement and "journal" in statement:
            read.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    body = json.dumps(measure() | {"x": "y" * 3 * LONGEST}).encode()
    answer = await send(world, "esobes", "/v1/esobes/messages", body)
    event.remove(world.engine, "before_cursor_execute", note)
    assert answer.status_code == 422
    assert [type(one) for one in sent] == [bytes]
    assert len(read) == 1


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 3 * LONGEST])
def test_around_the_bound_each_message_of_an_array_is_itself(length: int) -> None:
    first, last = measure(1), measure(3)
    empty = len(json.dumps(measure(2) | {"x": ""}))
    long = measure(2) | {"x": "y" * (length - empty)}
    found, many = split(json.dumps([first, long, last]).encode())
    assert many
    assert [one.value["message_id"] for one in found] == ["message-1", "message-2", "message-3"]
    assert [json.loads(one.text) for one in found] == [first, long, last]
    assert (found[1].value == long) == (length <= LONGEST)


@pytest.mark.parametrize("end", ["", "}}", ",", "] ["])
def test_what_is_too_long_and_no_json_is_none(end: str) -> None:
    body = json.dumps(measure() | {"x": "y" * 2 * LONGEST})[:-1] + end
    with pytest.raises(Problem, match="malformed_json"):
        split(body.encode())


async def test_the_long_message_is_kept_under_its_id_and_the_others_are_taken(
    world: World,
) -> None:
    long = measure(2) | {"x": [1] * LONGEST}
    for _ in range(2):
        content = json.dumps([measure(1), long, measure(3)]).encode()
        answer = await send(world, "esobes", "/v1/esobes/messages", content)
        told = [(one["message_id"], one["status"]) for one in answer.json()]
        assert told == [
            ("message-1", "accepted"),
            ("message-2", "rejected"),
            ("message-3", "accepted"),
        ]
