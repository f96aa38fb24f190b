"""Is the process alive, can it serve, and how busy is it."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from api.deps import PartsDep, PoolDep
from api.problems import Problem

router = APIRouter(tags=["health"])


@router.get("/health/live", include_in_schema=False)
async def live() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/health/ready", include_in_schema=False)
async def ready(pool: PoolDep, parts: PartsDep) -> dict[str, Any]:
    """PostgreSQL answers. Temporal is shown; intake and commands do without it for a while."""
    try:
        async with asyncio.timeout(3):
            await pool.fetchval("SELECT 1 FROM legal_clock")
    except TimeoutError:
        raise Problem("unavailable") from None
    temporal = "connected" if parts.link.cases is not None else "not_connected"
    return {"status": "ready", "postgresql": "answers", "temporal": temporal}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    registry = request.app.state.figures.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
