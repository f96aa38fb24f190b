"""Rejected messages on a desk, as those read them who may."""

from typing import Any

from tests.api.world import Person, World, person, token
from tests.support.intake import iin, measure, take_in

TASKS = "/v1/tasks"
OTHER_AUTHORITY = "190340910011"
RIGHT = {"phone": "+77000000077", "phone_confirmed": True}
WRONG_CONTACTS: dict[str, Any] = {
    "person__phone": "8 700 000 00 01",
    "person__phone_confirmed": "yes",
    "person__email": "mysal@example.com",
    "person__email_confirmed": "yes",
}


def stranger() -> Person:
    """A caseworker of another authority."""
    return person("caseworker", 907, authority=OTHER_AUTHORITY)


def five_mistakes(number: int = 1) -> dict[str, Any]:
    return measure(
        number,
        person__phone_confirmed="yes",
        person__birth_date="2027-01-01",
        item__quantity=0,
        payer="NOBODY",
        surplus=iin(8),
    )


async def tasks(world: World, by: Person, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await world.get(f"{TASKS}?task=intake{query.replace('?', '&')}", by)
    ).json()["tasks"]
    return found


async def rejected(world: World, message: Any) -> str:
    """A message that is rejected; the address of its task."""
    (verdict,) = take_in(world.engine, message)
    assert verdict.status == "rejected"
    return f"{TASKS}/{(await tasks(world, world.admin))[-1]['id']}"


async def of_esobes(world: World, message_id: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token('esobes')}"}
    answer = await world.http.get(f"/v1/esobes/messages/{message_id}", headers=headers)
    told: dict[str, Any] = answer.json()
    return told


def offered(task: dict[str, Any]) -> dict[str, list[str]]:
    """What may be done, with the codes of the reasons against it."""
    return {one["name"]: [why["code"] for why in one["reasons"]] for one in task["may"]}
