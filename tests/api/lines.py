"""The lines of a case file as somebody is told them."""

from typing import Any

from tests.api.world import Person, World


async def lines_of(world: World, case: str, by: Person) -> list[dict[str, Any]]:
    """All of them, also those that are folded away."""
    answer = await world.get(f"/v1/cases/{case}/events?limit=200&noted=true", by)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["events"]
    return told
