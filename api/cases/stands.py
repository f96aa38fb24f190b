"""Whether what was rendered of a case still holds."""

import asyncio
from typing import Any
from uuid import UUID

from db.pool import ReadPool
from db.views import read_stands


class Stands:
    """How cases stand is read once for all who ask at the same moment."""

    def __init__(self) -> None:
        self._cases: set[UUID] = set()
        self._coming: asyncio.Task[dict[UUID, Any]] | None = None

    async def of(self, pool: ReadPool, case_id: UUID) -> Any:
        """How a case stands from now on; None without one."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._read(pool), name="read stands")
        self._cases.add(case_id)
        # Who leaves does not take the answer away from the others.
        return (await asyncio.shield(self._coming)).get(case_id)

    async def _read(self, pool: ReadPool) -> dict[UUID, Any]:
        cases, self._cases, self._coming = self._cases, set(), None
        return await read_stands(pool, cases)
