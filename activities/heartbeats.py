"""An effect says that its worker lives for as long as it takes: else another goes on with it."""

import asyncio
from typing import Any, Final

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.effects import EffectKeys

EVERY_SECONDS: Final = 1.0


class Heartbeats(Interceptor):
    """For effects; sweeps say by themselves how far they are."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if not (input.args and isinstance(input.args[0], EffectKeys)):
            return await self.next.execute_activity(input)
        beating = asyncio.create_task(_beat())
        try:
            return await self.next.execute_activity(input)
        finally:
            beating.cancel()


async def _beat() -> None:
    """The server hears of it now and again: the SDK holds back what comes too often."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        activity.heartbeat()
