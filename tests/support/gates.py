"""An interceptor that holds or counts the activities of a worker in this process."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from activities.effects import EffectKeys

LONGEST_SECONDS = 60.0


@dataclass
class Gate(Interceptor):
    """Holds the first activity of the kind `holds` before it begins; `open` lets it go on.

    Not for ever: a test that failed meanwhile must end.

    `held` is set while it waits, `ended` afterwards, with what came of it in `outcome`.
    """

    holds: str | None = None
    held: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Any = None
    asked: list[str] = field(default_factory=list)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Held(next, self)


class _Held(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, gate: Gate) -> None:
        super().__init__(next)
        self.gate = gate

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        gate, asked = self.gate, input.args[0] if input.args else None
        if isinstance(asked, EffectKeys):
            gate.asked += [f"{asked.case_id}/{key}" for key in asked.keys]
        if input.fn.__name__ != gate.holds:
            return await self.next.execute_activity(input)
        gate.holds = None
        gate.held.set()
        try:
            await asyncio.wait_for(gate.open.wait(), LONGEST_SECONDS)
            gate.outcome = await self.next.execute_activity(input)
            return gate.outcome
        except BaseException as error:
            gate.outcome = error
            raise
        finally:
            gate.ended.set()
