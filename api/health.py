"""Is the process alive, can it serve, and how busy is it."""

import asyncio
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg import Error as DatabaseError
from starlette.responses import Response

import logs
from api.deps import PartsDep, PoolDep
from api.problems import Problem
from db.pool import ReadPool
from db.poolers import HELPS, REFUSED, pooling
from db.revisions import ASK, newest_revision, standing_of
from definitions.build import build

# What proxies say of whom they bring.
_BROUGHT: Final = frozenset(("x-forwarded-for", "forwarded", "x-real-ip"))
router = APIRouter(tags=["health"])
_HELPS: Final = {"older": "`ozhb migrate`, as the owner", "newer": "a build as new as the schema"}


@router.get("/health/live", include_in_schema=False)
async def live() -> dict[str, Any]:
    """The loop of the process turns."""
    return {"status": "alive", "build": build()}


@router.get("/health/ready", include_in_schema=False)
async def ready(pool: PoolDep, parts: PartsDep) -> dict[str, Any]:
    """PostgreSQL answers, with a schema that this build knows. Temporal is shown and decides
    nothing: what is said meanwhile is answered in full, and told to it later.

    Problem `unavailable`.
    """
    try:
        async with asyncio.timeout(3):
            schema = standing_of(await pool.fetchval(ASK))
    except TimeoutError:
        raise Problem("unavailable") from None
    if schema == "older":
        raise Problem("unavailable")
    return {
        "status": "ready",
        "postgresql": "answers",
        "schema": schema,
        "temporal": parts.link.pulse.told,
        "build": build(),
    }


async def tell_start(pool: ReadPool, dsn: str) -> None:
    """Say in the log, once, what is not as it should be when a process starts: it serves all the
    same, and is ready when the rest is. Behind a pooler of transactions it cannot serve, and ends.
    """
    log = structlog.get_logger("api")
    try:
        if await asyncio.to_thread(pooling, dsn) == "transactions":
            logs.give_up("api", "pooler", REFUSED, HELPS, code=logs.FAULT)
        found = await pool.fetchval(ASK)
    except DatabaseError as error:
        # With a code a server has answered.
        event = "schema unknown" if error.sqlstate else "not reachable"
        what = "the database of OZHB_DATABASE_URL cannot be asked for its schema"
        why = " ".join(str(error).split())
        log.error(event, what=what, helps="`ozhb migrate`, `ozhb doctor`", why=why)
        return
    schema = standing_of(found)
    if schema in _HELPS:
        what = f"the schema is {found}, this build's is {newest_revision()}"
        log.warning(f"schema {schema}", what=what, helps=_HELPS[schema])


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus, and for nobody whom a proxy brings."""
    if not _BROUGHT.isdisjoint(request.headers):
        raise Problem("not_found")
    registry = request.app.state.figures.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
