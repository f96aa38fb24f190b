"""A command is decided once: when it came counts, and what is true once it has the lock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from api.door import AskedCommand, Decided, Door
from db.inbox import fingerprint
from db.wakes import Untold
from integrations.signatures import SignatureVerdict, SignatureVerifier
from tests.api.world import World, reasons
from tests.support.intake import SEAL
from tests.support.polling import soon_told

_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
_LOCK = text("SELECT 1 FROM case_head WHERE case_id = :id FOR NO KEY UPDATE")
_NOW = text("SELECT legal_now()")
_SAME_KEY = text(
    "INSERT INTO inbox (case_id, name, actor_role, actor_id, on_behalf_of, actor_key,"
    " idempotency_key, body_hash, data, facts) SELECT case_id, name, actor_role, actor_id,"
    " on_behalf_of, actor_key, :key, body_hash, data, facts FROM inbox WHERE name = 'escalate'"
)
_PRICE = text("UPDATE offer SET price = price + 100 WHERE id = :id")


@asynccontextmanager
async def held(world: World, case: str, asks: Any) -> AsyncIterator[tuple[Connection, Any]]:
    """Somebody holds the lock of a case, and a command waits for it."""
    with world.engine.begin() as connection:
        connection.execute(_LOCK, {"id": case})
        asking = asyncio.create_task(asks)
        await soon_told(lambda: asyncio.to_thread(_waiting, world), lambda waits: waits > 0)
        yield connection, asking


def _waiting(world: World) -> int:
    with world.engine.connect() as connection:
        found: int = connection.execute(_WAITS).scalar_one()
    return found


async def test_what_waits_for_the_lock_came_when_it_asked_for_it(world: World) -> None:
    case, person = await world.choosing(), world.recipient()
    asks = world.ask(case, "decline", person, {"reason": "Керек емес"})
    async with held(world, case, asks) as (connection, asking):
        then: datetime = connection.execute(_NOW).scalar_one()
    told = (await asking).json()
    assert datetime.fromisoformat(told["outcome"]["events"][0]["at"]) < then


async def test_an_order_is_decided_by_the_price_that_holds_once_it_has_the_lock(
    world: World,
) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body = world.order(case, offer, person)
    async with held(world, case, world.ask(case, "place_order", person, body)) as (_, asking):
        raised(world, offer)
    assert "price_changed" in reasons(await asking)


def raised(world: World, offer: UUID) -> None:
    with world.engine.begin() as connection:
        connection.execute(_PRICE, {"id": offer})


class Meanwhile:
    """A verifier during whose work something else happens."""

    def __init__(self, real: SignatureVerifier, happens: Callable[[], None]) -> None:
        self.real, self.happens = real, happens

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        self.happens()
        return self.real.verify(cms, data, at)


async def test_what_changes_while_a_signature_is_judged_is_seen_before_it_is_decided(
    world: World,
) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body = world.order(case, offer, person)
    door = world.app.state.door
    slow = Meanwhile(door.signatures, lambda: raised(world, offer))
    world.app.state.door = replace(door, signatures=slow)
    answer = await world.ask(case, "place_order", person, body)
    assert "price_changed" in reasons(answer)


async def test_nobody_waits_for_a_case_while_a_signature_in_it_is_judged(world: World) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body = world.order(case, offer, person)
    door = world.app.state.door

    def look() -> None:
        with world.engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            assert connection.execute(_LOCK, {"id": case}).first()

    world.app.state.door = replace(door, signatures=Meanwhile(door.signatures, look))
    assert (await world.ask(case, "place_order", person, body)).status_code == 200


async def test_what_was_drafted_is_judged_once_and_for_a_repetition_not_again(
    world: World,
) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body, door = world.order(case, offer, person), world.app.state.door
    judged: list[str] = []
    counts = Meanwhile(door.signatures, lambda: judged.append("a signature"))
    world.app.state.door = replace(door, signatures=counts)
    for _ in range(2):
        answer = await world.ask(case, "place_order", person, body, key="k1")
        assert answer.status_code == 200, answer.text
    assert judged == ["a signature"]


def late(door: Door, seconds: float) -> Door:
    """The same door, whose requests have lived so long when they reach it."""

    class Late(Door):
        def _admit(self, asked: AskedCommand, started: float) -> tuple[Decided, Untold | None]:
            return super()._admit(asked, started - seconds)

    return Late(door.engine, door.seal, door.signatures, door.link)


async def test_what_was_not_decided_within_five_seconds_is_turned_away_and_nothing_is_written(
    world: World,
) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body, before = world.order(case, offer, person), world.everything()
    door = world.app.state.door
    world.app.state.door = late(door, 5.0)
    answer = await world.ask(case, "place_order", person, body, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert world.everything() == before
    world.app.state.door = late(door, 2.0)
    assert (await world.ask(case, "place_order", person, body, key="k1")).status_code == 200


async def test_a_key_that_is_used_in_two_cases_at_the_same_moment_counts_in_one(
    world: World,
) -> None:
    mine, other = await world.choosing(1), await world.choosing(2)
    body = {"to": "authority_lead", "reason": "Вопрос"}
    assert (await world.ask(mine, "escalate", world.clerk, body)).status_code == 200
    with world.engine.begin() as connection:
        connection.execute(_SAME_KEY, {"key": fingerprint(SEAL, b"k2").hex()})
        asks = world.ask(other, "escalate", world.clerk, body, key="k2")
        asking = asyncio.create_task(asks)
        await soon_told(lambda: asyncio.to_thread(_waiting, world), lambda waits: waits > 0)
    answer = await asking
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency_conflict")
