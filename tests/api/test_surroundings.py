"""What is around the portal is told: outside systems, processes, and the schema."""

from datetime import UTC, datetime, timedelta

import pytest

from db.processes import OwnProcess, beat
from db.revisions import newest_revision
from definitions.build import build_id
from integrations.pulse import Sign
from tests.api.test_operations import STUCK, operate
from tests.api.world import World

NOW = datetime.now(UTC)
EARLIER = NOW - timedelta(minutes=5)


def seen(world: World, **signs: Sign) -> None:
    """What a worker has seen since it said so last."""
    with world.engine.begin() as connection:
        beat(connection, OwnProcess("worker", "7@somewhere", ("cases",)), signs)


async def test_each_outside_system_is_told_with_its_last_word_and_what_waits_for_it(
    world: World,
) -> None:
    world.receive()
    seen(world, sms=Sign(answered_at=EARLIER), treasury=Sign(answered_at=EARLIER))
    seen(world, sms=Sign(failed_at=NOW, fault="503"))
    # Another process saw less of it.
    seen(world, sms=Sign(failed_at=EARLIER, fault="ReadTimeout"))
    await operate(world, "hold", switch="notices", reason="Проверка")
    told = (await world.get(STUCK, world.admin)).json()
    found = {one["system"]: one for one in told["systems"]}
    assert set(found) == {
        "treasury",
        "sms",
        "email",
        "esobes",
        "ca",
        "ncanode",
        "identity",
        "scanner",
    }
    sms = found["sms"]
    assert (sms["state"], sms["fault"], sms["waiting"]) == ("fails", "ответ с кодом 503", 1)
    assert sms["held_by"] == ["notices"]
    assert sms["since"] is not None
    assert (found["treasury"]["state"], found["treasury"]["waiting"]) == ("answers", 0)
    assert (found["ca"]["state"], found["ca"]["answered_at"]) == ("not_asked", None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("ConnectError", "нет соединения"),
        ("ReadTimeout", "нет ответа вовремя"),
        ("TimeoutError", "нет ответа вовремя"),
        ("DecodingError", "непригодный ответ"),
        ("401", "ответ с кодом 401"),
    ],
)
async def test_whatever_an_outside_system_fails_by_is_told_in_words(
    world: World, fault: str, told: str
) -> None:
    seen(world, sms=Sign(failed_at=NOW, fault=fault))
    systems = (await world.get(STUCK, world.admin)).json()["systems"]
    sms = next(one for one in systems if one["system"] == "sms")
    assert (sms["state"], sms["fault"]) == ("fails", told)
    assert sms["remedy"]


async def test_processes_are_told_with_their_build_and_the_schema_that_they_know(
    world: World,
) -> None:
    seen(world)
    told = (await world.get(STUCK, world.clerk)).json()
    worker = next(one for one in told["processes"] if one["kind"] == "worker")
    assert (worker["identity"], worker["build"], worker["polls"]) == ("7@somewhere", build_id(), [])
    assert worker["editions"]
    assert told["revision"] == {"database": newest_revision(), "known": newest_revision()}
