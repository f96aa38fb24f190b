"""What goes on while a person is erased, and afterwards, brings nothing of them back."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine, text

from api.auth import KNOWN_SECONDS
from db.erasures import erase
from db.persons import is_kept, person_of
from tests.api.test_erasing import WORDS, marks
from tests.api.test_erasing import owner as owner
from tests.api.test_esobes import revocation
from tests.api.test_parties import power
from tests.api.test_registration import form
from tests.api.world import World, person, reasons, today, token
from tests.support.erasing import end_all, erased
from tests.support.intake import SEAL, iin, measure
from tests.support.polling import soon_told

WAITS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
NAMED = text(
    "SELECT person_id FROM representation UNION SELECT person_id FROM supplier_application"
)


def known(world: World, number: int) -> UUID:
    with world.engine.begin() as connection:
        return person_of(connection, SEAL, iin(number))


async def against(world: World, whom: UUID) -> list[str]:
    """Why they may not be erased."""
    wish = {"kind": "erasure", "content": {"person": str(whom), "ground": "request"}}
    answer = await world.post("/v1/changes", world.admin, {**wish, "dry_run": True})
    return reasons(answer) if answer.status_code == 409 else []


async def while_erased(world: World, whom: UUID, asks: Any) -> httpx.Response:
    """What is answered to somebody who asks while they are being erased."""
    with world.engine.begin() as connection:
        erase(connection, SEAL, whom)
        asking = asyncio.create_task(asks)
        await soon_told(lambda: asyncio.to_thread(_waiting, world), lambda waits: waits > 0)
    answer: httpx.Response = await asking
    return answer


def _waiting(world: World) -> int:
    with world.engine.connect() as connection:
        found: int = connection.execute(WAITS).scalar_one()
    return found


def kept(world: World, whom: UUID) -> bool:
    with world.engine.connect() as connection:
        return is_kept(connection, whom)


async def test_who_is_signed_in_when_they_are_erased_says_and_sees_nothing_more(
    world: World, owner: Engine
) -> None:
    case, signed_in = await world.reviewed(), world.recipient(1)
    assert (await world.get(f"/v1/cases/{case}", signed_in)).status_code == 200
    whom = known(world, 1)
    with world.engine.begin() as connection:
        erased(connection, whom)
    said = {"known_on": today(), "reason": WORDS}
    assert (await world.ask(case, "complain", signed_in, said)).status_code == 404
    keeper = world.app.state.doorkeeper
    keeper._clock = lambda: time.time() + KNOWN_SECONDS
    assert (await world.get(f"/v1/cases/{case}", signed_in)).status_code == 404
    assert marks(owner).keys() <= {"person.iin_index", "person.sealed"}, "they are somebody new"
    assert not kept(world, whom)


@pytest.mark.parametrize("changes", [{}, {"person__iin": "123456789012"}], ids=["spelt", "wrong"])
async def test_a_refused_message_goes_with_them_however_it_names_them(
    world: World, owner: Engine, changes: dict[str, Any]
) -> None:
    case = await world.ordered()
    body = json.dumps(measure(1, message_id="refused", payer="NOBODY", **changes))
    if not changes:
        body = body.replace(iin(1), "".join(f"\\u{ord(one):04x}" for one in iin(1)))
    headers = {"Authorization": f"Bearer {token('esobes')}", "Content-Type": "application/json"}
    answer = await world.http.post("/v1/esobes/messages", content=body, headers=headers)
    assert answer.status_code == 422
    other = json.dumps(measure(2, message_id="other", person__phone="+77000000009")).replace(
        '"quantity": 1', '"quantity": 0x1'
    )
    await world.http.post("/v1/esobes/messages", content=other, headers=headers)
    whom = known(world, 1)
    assert "erasure_message_open" in await against(world, whom)
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE intake_task SET state = 'cured', closed_at = legal_now()"))
        erased(connection, whom)
    assert marks(owner) == {}
    assert case


async def test_who_is_to_act_for_another_is_not_erased_before_that_is_confirmed(
    world: World,
) -> None:
    case = await world.choosing()
    await world.act(case, "begin_representation", world.clerk, **power(2, phone="+77009998877"))
    assert await against(world, known(world, 2)) == ["erasure_case_open"]


def represented(world: World, case: str) -> Any:
    return world.ask(case, "begin_representation", world.clerk, power(2))


def registered(world: World, _: str) -> Any:
    return world.post("/v1/suppliers", person("supplier", 2), form())


@pytest.mark.parametrize("asks", [represented, registered])
async def test_who_is_named_while_they_are_erased_is_somebody_new(
    world: World, asks: Callable[[World, str], Any]
) -> None:
    case, whom = await world.choosing(), known(world, 2)
    await world.get("/v1/me", person("supplier", 2))
    answer = await while_erased(world, whom, asks(world, case))
    assert answer.is_success, answer.text
    with world.engine.connect() as connection:
        assert set(connection.execute(NAMED).scalars()) == {known(world, 2)} != {whom}
    assert not kept(world, whom)


@pytest.mark.parametrize(
    "message", [measure(1, message_id="later", programme__revision=2), revocation()]
)
async def test_what_comes_of_a_case_while_its_person_is_erased_is_taken_nowhere(
    world: World, message: dict[str, Any]
) -> None:
    world.receive()
    whom = known(world, 1)
    with world.engine.begin() as connection:
        end_all(connection, whom)
    headers = {"Authorization": f"Bearer {token('esobes')}"}
    asks = world.http.post("/v1/esobes/messages", json=message, headers=headers)
    answer = await while_erased(world, whom, asks)
    assert [one["code"] for one in answer.json()["errors"]] == ["person_erased"], answer.text
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM person_key")).scalar_one() == 0


async def test_whoever_is_erased_already_is_not_held(world: World) -> None:
    whom = known(world, 2)
    wish = {"kind": "legal_hold", "person": str(whom), "reason": "Дело в суде"}
    answer = await while_erased(world, whom, world.post("/v1/operations", world.admin, wish))
    assert reasons(answer) == ["erasure_nothing_kept"]


async def test_an_erased_supplier_is_not_put_on_the_portal_again(world: World) -> None:
    wish = {"iin": iin(2), "name": "ЖК Үлгі", "regions": ["71"], "active": False}
    supplier = (await world.post("/v1/suppliers", world.admin, wish)).json()["id"]
    whom = known(world, 2)
    with world.engine.begin() as connection:
        erased(connection, whom)
    wish = {"command": "change", "active": True}
    answer = await world.post(f"/v1/suppliers/{supplier}/commands", world.admin, wish)
    assert answer.status_code == 404


async def test_what_was_found_of_a_refused_message_stays_so_once_nobody_can_read_it(
    world: World,
) -> None:
    body = measure(1, message_id="m1", item__classifier_code="MOBILITY-NOTHING")
    headers = {"Authorization": f"Bearer {token('esobes')}"}

    async def found() -> list[str]:
        answer = await world.http.post("/v1/esobes/messages", json=body, headers=headers)
        return [one["code"] for one in answer.json()["errors"]]

    assert await found() == ["not_in_catalogue"]
    whom = known(world, 1)
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE intake_task SET state = 'cured', closed_at = legal_now()"))
        erased(connection, whom)
    assert await found() == ["not_in_catalogue"]
