"""A case whose payment has been sent, and how the treasury reports on it."""

from functools import partial
from typing import Any

import httpx

from activities.effects import EffectKeys
from activities.payments import PaymentActivities
from db.reference import read_case
from integrations.treasury import Treasury
from tests.api.world import BIC, SUPPLIER_BIN, World
from tests.support.effect_play import Wire
from tests.support.intake import SEAL
from tests.support.systems import call, send

PATH = "/v1/treasury/status-reports"


async def approved(world: World) -> tuple[str, str, int]:
    """A case whose payment is about to be sent: its id, the payment's key and amount."""
    return await world.standing("approved", partial(_approved, world))


async def _approved(world: World) -> tuple[str, str, int]:
    body = {"bin": SUPPLIER_BIN, "name": "ТОО «Үлгі»", "regions": ["71"]}
    case = await world.reviewed()
    await call(world, "POST", "/v1/suppliers", world.admin.token, body)
    for clerk in (world.clerk, world.second_clerk):
        await world.act(case, "approve", clerk)
    with world.engine.connect() as connection:
        payment = read_case(connection, case).periods[1].payments[-1]
    return case, payment.key, payment.amount


async def paying(world: World) -> tuple[str, str, int]:
    """Likewise; it has been sent."""
    return await world.standing("paying", partial(_paying, world))


async def _paying(world: World) -> tuple[str, str, int]:
    case, key, amount = await approved(world)
    send_payment(world, case)
    return case, key, amount


def send_payment(world: World, case: str) -> None:
    """The order to pay leaves, and the treasury takes it."""
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    effect = next(one for one in found.outbox.values() if one.kind == "pay")
    wire = Wire(lambda _: httpx.Response(202))
    pay = PaymentActivities(world.engine, SEAL, Treasury(wire.client())).pay
    pay(EffectKeys(case_id=case, keys=(effect.key,)))
    assert BIC.encode() in wire.requests[0].content


async def report(world: World, content: bytes) -> httpx.Response:
    return await send(world, "treasury", PATH, content, "application/xml")


async def status(world: World, case: str) -> str:
    told: str = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["status"]
    return told


async def desk(world: World) -> list[dict[str, Any]]:
    """What lies on the desk of the administrators."""
    path = "/v1/tasks?task=treasury_report&state=open"
    told: list[dict[str, Any]] = (await world.get(path, world.admin)).json()["tasks"]
    return told
