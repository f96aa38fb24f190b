"""Puts the API together from its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg
from fastapi import APIRouter, FastAPI

from api import document, problems
from api.auth import Doorkeeper
from api.deps import Parts
from api.door import Door
from api.facts import Facts
from api.gate import Figures, Gate
from api.identify import Register
from api.pages import Pages
from api.routes import cases, commands, health

ROUTERS: Final[tuple[APIRouter, ...]] = (
    cases.router,
    commands.router,
    health.router,
)
POOL_SIZE: Final = 8


def create_app(parts: Parts) -> FastAPI:
    """The application; it starts and serves while Temporal and even PostgreSQL are away."""
    app = FastAPI(
        title="ozhb",
        version="1",
        summary=document.SUMMARY,
        description=document.DESCRIPTION,
        openapi_tags=document.TAGS,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.parts = parts
    app.state.doorkeeper = Doorkeeper(parts.tokens, Register(parts.engine, parts.seal).identify)
    app.state.door = Door(parts.engine, parts.seal, parts.link)
    app.state.pages = Pages()
    app.state.facts = Facts(parts.seal, parts.signatures)
    app.state.figures = Figures()
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    document.install(app)
    app.add_middleware(Gate, figures=app.state.figures)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    seeking = asyncio.create_task(parts.link.seek(), name="seek Temporal")
    app.state.pool = make_pool(parts.dsn)
    try:
        async with app.state.pool:
            yield
    finally:
        seeking.cancel()
        with suppress(asyncio.CancelledError):
            await seeking


def make_pool(dsn: str) -> "asyncpg.Pool[asyncpg.Record]":
    """Connections for reads of one statement each; none is opened before it is needed."""
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=POOL_SIZE,
        command_timeout=5,
        reset=_keep,
        server_settings={"application_name": "ozhb", "timezone": "UTC"},
    )


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """One statement leaves nothing behind that would have to be cleaned up."""
