"""Requests of outside systems and of people, each under its own token."""

from typing import Any

import httpx

from tests.api.world import World, token


async def send(
    world: World, role: str, path: str, content: bytes, kind: str = "application/json"
) -> httpx.Response:
    """A request of a system, under its own token."""
    headers = {"Authorization": f"Bearer {token(role)}", "Content-Type": kind}
    return await world.http.post(path, content=content, headers=headers)


async def call(
    world: World, method: str, path: str, bearer: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """A request of a person."""
    headers = {"Authorization": f"Bearer {bearer}"}
    return await world.http.request(method, path, json=body, headers=headers)
