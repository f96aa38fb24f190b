"""Uploading, and what is kept of it."""

from typing import Any

import httpx
from sqlalchemy import text

from tests.api.world import Person, World, today


async def send(
    world: World, case: str, by: Person, content: bytes, kind: str = "proof", **more: str
) -> httpx.Response:
    headers = {"Content-Type": "application/octet-stream", **more}
    address = f"/v1/cases/{case}/documents?kind={kind}"
    return await world.http.post(address, content=content, headers=world.headers(by, headers))


async def upload(world: World, case: str, by: Person, content: bytes, kind: str = "proof") -> str:
    """Something that must be taken; its hash."""
    answer = await send(world, case, by, content, kind)
    assert answer.status_code == 201, answer.text
    told: str = answer.json()["sha256"]
    return told


async def read(world: World, case: str, sha: str, by: Person) -> httpx.Response:
    return await world.get(f"/v1/cases/{case}/documents/{sha}", by)


def flaws(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["code"] for one in answer.json()["errors"]]


def kept(world: World) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM upload")).scalar_one())


async def delivering(world: World) -> str:
    """A case whose supplier is about to deliver."""
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    return case


def pass_the_time(world: World) -> None:
    """So much that whatever nobody has named is over its time."""
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE upload SET unused_until = unused_until - interval '31 d'"))


def delivery(*documents: str) -> dict[str, Any]:
    """The body of a delivery, with what proves it."""
    told: dict[str, Any] = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    return {**told, "documents": [*documents]} if documents else told
