"""Effects say that they live, so that those of a worker that was killed go on with another."""

import asyncio
from typing import Any, Final

from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from activities.effects import EffectKeys

# A beat may be late, or lost, before anybody is taken for dead.
IN_A_SILENCE: Final = 2.5


class Beats(Interceptor):
    """The process speaks for its threads: a thread that hangs ends by its own bounds, and Temporal
    counts its attempt as over at `start_to_close_timeout` whatever is said.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    outbound: ActivityOutboundInterceptor

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self.outbound = outbound
        super().init(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        silence = activity.info().heartbeat_timeout
        if silence is None or not any(isinstance(one, EffectKeys) for one in input.args):
            return await self.next.execute_activity(input)
        beating = asyncio.create_task(self.beat(silence.total_seconds() / IN_A_SILENCE))
        try:
            return await self.next.execute_activity(input)
        finally:
            beating.cancel()

    async def beat(self, every: float) -> None:
        """Until the effect has ended.

        Not by `activity.heartbeat`: while a thread works, that is the thread's own way, by which
        the loop would wait for itself.
        """
        while True:
            await asyncio.sleep(every)
            self.outbound.heartbeat()
