"""E-Собес is told of what was handed back to it, until it acknowledges, and once."""

import json
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from activities.returns import ReturnActivities
from db.engine import make_engine
from db.intake_tasks import ACKNOWLEDGED, Act, give_back, late_intake, read_task
from integrations.errors import Unavailable
from integrations.esobes import Esobes
from tests.support.effect_play import Wire
from tests.support.intake import SEAL, measure, take_in

ACKNOWLEDGEMENT = httpx.Response(200, json={"acknowledged": True})


def returned(engine: Engine, number: int = 1, reason: str = "Нет такого изделия") -> UUID:
    """A rejected message that a caseworker has handed back."""
    take_in(engine, measure(number, payer="NOBODY"))
    newest = text("SELECT journal_id FROM intake_task ORDER BY journal_id DESC LIMIT 1")
    act = Act("return_message", uuid4(), f"key-{number}", b"hash")
    with engine.begin() as connection:
        task: UUID = connection.execute(newest).scalar_one()
        give_back(connection, SEAL, task, act, reason)
    return task


def told(engine: Engine, task: UUID) -> str | None:
    with engine.connect() as connection:
        found = read_task(connection, task)
    assert found is not None
    return found.told


def test_a_return_is_told_once_with_its_reason(engine: Engine) -> None:
    task = returned(engine)
    wire = Wire(lambda _: ACKNOWLEDGEMENT)
    activities = ReturnActivities(engine, SEAL, Esobes(wire.client()))
    assert [activities.tell_once(), activities.tell_once()] == [1, 0]
    (request,) = wire.requests
    said = json.loads(request.content)
    assert (said["key"], said["message_id"]) == (f"returned/{task}", "message-1")
    assert said["reason"] == "Нет такого изделия"
    assert told(engine, task) == ACKNOWLEDGED


def test_a_return_is_told_again_until_it_is_acknowledged(engine: Engine) -> None:
    task = returned(engine)
    answers = iter([httpx.Response(503), httpx.Response(200, json={}), ACKNOWLEDGEMENT])
    wire = Wire(lambda _: next(answers))
    activities = ReturnActivities(engine, SEAL, Esobes(wire.client()))
    for _ in range(2):
        with pytest.raises(Unavailable):
            activities.tell_once()
        assert told(engine, task) is None
    assert activities.tell_once() == 1
    assert len({json.loads(request.content)["key"] for request in wire.requests}) == 1


def test_a_return_that_is_refused_holds_up_no_other_and_keeps_the_code(engine: Engine) -> None:
    first, second = returned(engine, 1), returned(engine, 2)
    answers = iter([httpx.Response(422), ACKNOWLEDGEMENT])
    wire = Wire(lambda _: next(answers))
    assert ReturnActivities(engine, SEAL, Esobes(wire.client())).tell_once() == 2
    assert (told(engine, first), told(engine, second)) == ("http_422", ACKNOWLEDGED)


def test_a_return_that_nobody_acknowledges_is_seen_as_stuck(
    engine: Engine, database_url: str
) -> None:
    task = returned(engine)
    with engine.connect() as connection:
        assert late_intake(connection, None, 10) == []
    owner = make_engine(database_url)
    with owner.begin() as connection:
        older = "UPDATE intake_task SET closed_at = closed_at - interval '61 seconds'"
        connection.execute(text(older))
        (one,) = late_intake(connection, None, 10)
    owner.dispose()
    assert (one.intake_task, one.cause, one.who) == (str(task), "unanswered", ("administrator",))


def test_a_conflict_is_told_once_on_a_way_of_its_own(engine: Engine) -> None:
    take_in(engine, measure(1), measure(1, message_id="m-2", payer="EMPLOYER"))
    answers = iter([httpx.Response(503), ACKNOWLEDGEMENT])
    wire = Wire(lambda _: next(answers))
    activities = ReturnActivities(engine, SEAL, Esobes(wire.client()))
    with pytest.raises(Unavailable):
        activities.tell_once()
    assert [activities.tell_once(), activities.tell_once()] == [1, 0]
    assert {request.url.path for request in wire.requests} == {"/esobes/message-notices"}
    first, again = (json.loads(request.content) for request in wire.requests)
    assert first == again
    assert (first["message_id"], first["kind"]) == ("m-2", "revision_conflict")
