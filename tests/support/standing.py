"""Cases that stand at every place of the way, so that the pages of everybody are full."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from cli.demo.decisions import with_day_off
from domain.parties.suppliers import REQUIRED
from tests.api.paying import send_payment
from tests.api.test_registration import applied
from tests.api.world import SUPPLIER_BIN, Person, World, person, today
from tests.support.intake import measure
from tests.support.intake_desk import WRONG_CONTACTS, rejected
from tests.support.systems import call

# Acts for everybody else here.
GUARDIAN: Final = 1
WHY: Final = {"reason": "Дөңгелегі сынды"}
REFUSED: Final = {"ground": "not_delivered", "reason": "Акт қабылданбады"}
Step = Callable[["Standing", str], Awaitable[Any]]


class Standing:
    """The world with one case at each place; `references` are named by the place."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.references: dict[str, str] = {}
        _, self.offer = world.offer()

    @property
    def actor(self) -> Person:
        return self.world.recipient(GUARDIAN)

    async def place(self, name: str, number: int, *steps: Step) -> str:
        """A case of the number-th person after these steps; its id."""
        acting = self.world.representing(GUARDIAN)
        case = self.world.receive(number, representative=acting)
        with self.world.engine.connect() as connection:
            asked = text("SELECT reference FROM case_head WHERE case_id = :id")
            self.references[name] = str(connection.execute(asked, {"id": case}).scalar_one())
        for step in steps:
            await step(self, case)
        return case


async def choose(standing: Standing, case: str) -> None:
    await standing.world.act(case, "open_case", standing.actor)


async def order(standing: Standing, case: str) -> None:
    said = standing.world.order(case, UUID(str(standing.offer)), standing.actor)
    await standing.world.act(case, "place_order", standing.actor, **said)


async def confirm(standing: Standing, case: str) -> None:
    await standing.world.act(case, "confirm", standing.world.supplier)


async def deliver(standing: Standing, case: str) -> None:
    said = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await standing.world.act(case, "mark_delivered", standing.world.supplier, **said)


async def accept(standing: Standing, case: str) -> None:
    await standing.world.act(case, "accept", standing.actor, quantity=1)


async def sign(standing: Standing, case: str) -> None:
    world = standing.world
    await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))


async def approve_first(standing: Standing, case: str) -> None:
    await standing.world.act(case, "approve", standing.world.clerk)


async def approve_second(standing: Standing, case: str) -> None:
    await standing.world.act(case, "approve", standing.world.second_clerk)


async def pay(standing: Standing, case: str) -> None:
    send_payment(standing.world, case)


async def complain(standing: Standing, case: str) -> None:
    world = standing.world
    await world.act(case, "complain", standing.actor, known_on=today(), **WHY)
    await world.act(case, "state_position", world.supplier, **WHY)


async def hear(standing: Standing, case: str) -> None:
    world = standing.world
    await world.act(case, "intend_refusal", world.clerk, **REFUSED)
    await world.act(case, "open_case", standing.actor)
    await world.act(case, "raise_objection", standing.actor, **WHY)


async def decline(standing: Standing, case: str) -> None:
    await standing.world.act(case, "decline", standing.actor, **WHY)


async def lack_supplier(standing: Standing, case: str) -> None:
    await standing.world.act(case, "report_no_supplier", standing.actor, **WHY)


async def be_unknown(standing: Standing, case: str) -> None:
    standing.world.fail_notice(case)


DELIVERED: Final = (choose, order, confirm, deliver)
SIGNED: Final = (*DELIVERED, accept, sign)
PLACES: Final[dict[str, tuple[Step, ...]]] = {
    "notifying": (),
    "unknown": (be_unknown,),
    "choosing": (choose,),
    "no_supplier": (choose, lack_supplier),
    "declined": (choose, decline),
    "ordered": (choose, order),
    "confirmed": (choose, order, confirm),
    "delivered": DELIVERED,
    "disputed": (*DELIVERED, complain),
    "accepted": (*DELIVERED, accept),
    "reviewed": SIGNED,
    "approved_once": (*SIGNED, approve_first),
    "heard": (*SIGNED, hear),
    "paying": (*SIGNED, approve_first, approve_second, pay),
}


async def standing(world: World) -> Standing:
    """A case at each place, and something on every desk; its guardian acts for all of them."""
    made = Standing(world)
    body = {"bin": SUPPLIER_BIN, "name": "ТОО «Үлгі»", "phone": "+77010000022", "regions": ["71"]}
    told = await call(world, "POST", "/v1/suppliers", world.admin.token, body)
    assert told.is_success, told.text
    for number, (name, steps) in enumerate(PLACES.items(), start=GUARDIAN + 1):
        await made.place(name, number, *steps)
    await rejected(world, measure(GUARDIAN, message_id="4711-0815", **WRONG_CONTACTS))
    newcomer = person("supplier", 911, bin="200140000030")
    calendar = with_day_off("2027-05-18")
    wish = {"kind": "calendar", "content": calendar}
    proposed = await world.post("/v1/changes", world.admin, wish)
    assert proposed.is_success, proposed.text
    proofs = [{"condition": one, "evidence": "№ 14"} for one in REQUIRED]
    await applied(world, newcomer, proofs=proofs)
    return made
