"""Is the process alive, can it serve, and how busy is it."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from api.deps import PartsDep, PoolDep
from api.problems import Problem
from db.revisions import ASK, standing_of
from definitions.build import build

router = APIRouter(tags=["health"])


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


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    registry = request.app.state.figures.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
