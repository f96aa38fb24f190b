"""An outside system that hangs keeps those waiting who ask it, and nobody else."""

import asyncio
from dataclasses import replace
from threading import Event
from typing import Any

import httpx

from api.door import OUTSIDE_THREADS
from integrations.signatures import PyhankoVerifier, RevocationLists, TrustStore
from tests.api.world import World
from tests.integrations.ca import authority

# More than all threads there are.
CROWD = 60


class Hanging:
    """A certificate authority that answers nobody until it is let go."""

    def __init__(self) -> None:
        self.asked, self.open = Event(), Event()

    def answer(self, _: httpx.Request) -> httpx.Response:
        self.asked.set()
        self.open.wait(60)
        return httpx.Response(503)

    def verifier(self) -> PyhankoVerifier:
        client = httpx.Client(transport=httpx.MockTransport(self.answer))
        trust = authority("national").trust()
        return PyhankoVerifier(TrustStore(trust, RevocationLists(client, patience=60.0)))


async def test_while_the_certificate_authority_hangs_every_other_request_is_answered(
    world: World,
) -> None:
    _, offer = world.offer()
    case, other = await world.choosing(1), await world.choosing(2)
    person = world.recipient(1)
    body = world.order(case, offer, person)
    authority_ = Hanging()
    world.app.state.door = replace(world.app.state.door, signatures=authority_.verifier())

    async def order() -> httpx.Response:
        return await world.ask(case, "place_order", person, body)

    orders = [asyncio.create_task(order()) for _ in range(CROWD)]
    try:
        assert await asyncio.to_thread(authority_.asked.wait, 30)
        told: dict[str, Any] = await world.act(other, "decline", world.recipient(2), reason="Иә")
        assert told["status"] == "declined"
        assert (await world.get("/v1/me", person)).status_code == 200
        assert (await world.get(f"/v1/cases/{case}", world.clerk)).status_code == 200
        assert not any(one.done() for one in orders), "they wait, and the others did not"
        assert world.app.state.door.outside.borrowed_tokens == OUTSIDE_THREADS
    finally:
        authority_.open.set()
        answers = await asyncio.gather(*orders)
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
