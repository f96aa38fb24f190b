"""Where somebody is signed in: their own sessions, and how to end the others."""

import asyncio
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.console.look import page
from api.console.visits import (
    WHOSE,
    Visit,
    Visitor,
    fingerprint_of,
    prove_fresh,
    prove_same_house,
    secret_of,
)
from api.deps import Parts, PartsDep
from db.engine import reads
from db.sessions import OwnSession, end_others, sessions_of

PLACE: Final = "/sessions"
router = APIRouter(prefix=PLACE, include_in_schema=False)
log = structlog.get_logger(__name__)


@router.get("")
async def listed(request: Request, parts: PartsDep, visit: Visitor, done: str = "") -> Response:
    """All of them, this one among them."""
    found = await asyncio.to_thread(_own, parts, *_named(request, parts, visit))
    return page(request, visit, "sessions.html", found=found, done=bool(done))


@router.post("/end")
async def end(request: Request, parts: PartsDep, visit: Visitor) -> Response:
    """Nobody is signed in as this person any more but here; it takes a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    ended = await asyncio.to_thread(_end_others, parts, *_named(request, parts, visit))
    log.info("signed out elsewhere", role=visit.role, sessions=ended)
    return RedirectResponse(f"{PLACE}?done=yes", 303)


def _named(request: Request, parts: Parts, visit: Visit) -> tuple[bytes, bytes]:
    """Whose sessions, and this one."""
    whose = fingerprint_of(parts, WHOSE, visit.signed_in.subject)
    return whose or b"", secret_of(parts, request) or b""


def _own(parts: Parts, whose: bytes, secret: bytes) -> list[OwnSession]:
    with reads(parts.engine) as connection:
        return sessions_of(connection, whose, secret, parts.session_idle)


def _end_others(parts: Parts, whose: bytes, secret: bytes) -> int:
    with parts.engine.begin() as connection:
        return end_others(connection, whose, secret)
