"""Does Temporal answer, and does it know the namespace."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

EVERY_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 8.0
_PATIENCE: Final = timedelta(seconds=3)


class TemporalPulse:
    """`namespace_known` is None before anything was heard."""

    def __init__(self) -> None:
        self._heard: float | None = None
        self.namespace_known: bool | None = None

    def answers(self) -> bool:
        """Whether it has answered lately."""
        return self._heard is not None and monotonic() - self._heard < SILENT_SECONDS

    @property
    def told(self) -> str:
        """`answers`, `silent` or `namespace_unknown`."""
        if not self.answers():
            return "silent"
        return "answers" if self.namespace_known else "namespace_unknown"

    async def feel(self, client: Client) -> None:
        """Ask for as long as the process runs."""
        asked = DescribeNamespaceRequest(namespace=client.namespace)
        while True:
            try:
                await client.workflow_service.describe_namespace(asked, timeout=_PATIENCE)
                self._heard, self.namespace_known = monotonic(), True
            except RPCError as error:
                # Whoever refuses has answered.
                if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED):
                    self._heard, self.namespace_known = monotonic(), False
            await asyncio.sleep(EVERY_SECONDS)
