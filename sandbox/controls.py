"""The sandbox's own buttons: clock, waiting callbacks and the health of the process."""

import asyncio
from datetime import timedelta
from typing import Self

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from sandbox.callbacks import Callbacks
from sandbox.clock import CasesOutOfReach, LegalClock, NeverBackwards, NoClock, write_instant


class AdvanceRequest(BaseModel, extra="forbid"):
    """Forward by seconds and days, or to an instant."""

    seconds: float | None = Field(default=None, ge=0, le=50 * 366 * 86_400)
    days: float | None = Field(default=None, ge=0, le=50 * 366)
    to: AwareDatetime | None = None

    @model_validator(mode="after")
    def check_one_way(self) -> Self:
        """A span or an instant, not both and not neither."""
        if (self.to is None) == (self.seconds is None and self.days is None):
            raise ValueError("give seconds and days, or to")
        return self

    @property
    def delta(self) -> timedelta | None:
        """The span; None when an instant was given."""
        if self.to is not None:
            return None
        return timedelta(seconds=self.seconds or 0, days=self.days or 0)


def routes(clock: LegalClock, callbacks: Callbacks, work: list[asyncio.Task[None]]) -> APIRouter:
    """`work` are the tasks in the background without which the process is not well."""
    router = APIRouter(tags=["controls"])

    @router.get("/health")
    async def tell_health() -> dict[str, str]:
        if any(task.done() and task.exception() for task in work):
            raise HTTPException(503, "a background task has died")
        return {"status": "ok"}

    @router.get("/callbacks")
    async def list_waiting() -> list[dict[str, str | int | float | None]]:
        return callbacks.list_waiting()

    @router.get("/clock")
    async def show() -> dict[str, str | float]:
        return {"now": write_instant(clock.now()), "offset_seconds": clock.offset_seconds}

    @router.post("/clock/advance")
    async def advance(request: AdvanceRequest) -> dict[str, str | float | int]:
        try:
            done = await clock.advance(request.delta, request.to)
        except NeverBackwards as error:
            raise HTTPException(400, "the legal clock only goes forward") from error
        except NoClock as error:
            raise HTTPException(503, "the row of the legal clock cannot be reached") from error
        except CasesOutOfReach as error:
            raise HTTPException(
                503, "the row has moved, the open cases cannot be reached"
            ) from error
        return {
            "now": write_instant(done.now),
            "offset_seconds": done.offset_seconds,
            "cases": done.cases,
            "failed": done.failed,
        }

    return router
