"""Requests of outside systems and of people, each under its own token."""

from typing import Any
from uuid import uuid4

import httpx

from tests.api.world import World, token


async def send(
    world: World,
    role: str,
    path: str,
    content: bytes,
    kind: str = "application/json",
    **claims: str,
) -> httpx.Response:
    """A request of a system, under its own token; the provider of a gateway is its channel."""
    if role == "gateway":
        claims = {"provider": path.rpartition("/")[2], **claims}
    headers = {"Authorization": f"Bearer {token(role, **claims)}", "Content-Type": kind}
    return await world.http.post(path, content=content, headers=headers)


async def call(
    world: World, method: str, path: str, bearer: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """A request of a person."""
    headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": str(uuid4())}
    return await world.http.request(method, path, json=body, headers=headers)
