"""So many effects of one kind at a time: an outside system that hangs takes no other's threads."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from integrations.errors import Unavailable

# As long as a connection is waited for: after that it is tried again later, like any other failure.
PATIENCE_SECONDS: Final = 3.0


class Rooms(Interceptor):
    """Whoever finds no room waits without a thread."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.rooms = {kind: asyncio.Semaphore(size) for kind, size in sizes.items()}

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Waiting(next, self.rooms)


class _Waiting(ActivityInboundInterceptor):
    def __init__(
        self, next: ActivityInboundInterceptor, rooms: Mapping[str, asyncio.Semaphore]
    ) -> None:
        super().__init__(next)
        self.rooms = rooms

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        kind = activity.info().activity_type
        room = self.rooms.get(kind)
        if room is None:
            return await self.next.execute_activity(input)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await room.acquire()
        except TimeoutError:
            raise Unavailable(kind, "others are waiting for it") from None
        try:
            return await self.next.execute_activity(input)
        finally:
            room.release()
