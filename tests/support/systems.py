"""The routes of outside systems and of reference data, and what is sent to them."""

from typing import Any

import httpx
from fastapi import FastAPI

from api.app import ROUTERS as SERVED
from api.routes import drafts, esobes, receipts, suppliers, treasury
from tests.api.world import World, token

ROUTERS = (esobes.router, receipts.router, treasury.router, suppliers.router, drafts.router)


def serve(app: FastAPI) -> None:
    """Have an application serve them, unless it does already."""
    for router in ROUTERS:
        if router not in SERVED:
            app.include_router(router)


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
