"""Plays the runs of cases without Temporal: looks into the file when it is told."""

from dataclasses import dataclass, field

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from db.casefile import look, opened, take
from domain.case.state import Case
from domain.messages import Message
from workflows.pulse import TemporalPulse


@dataclass
class Host:
    """Every run in one process. `asleep` plays Temporal down; `told` names whose runs were told."""

    engine: Engine
    asleep: bool = False
    told: list[str] = field(default_factory=list)

    async def feel(self, pulse: TemporalPulse) -> None:
        """There is no server here that could fall silent."""

    async def tell(self, case_id: str) -> bool:
        if self.asleep:
            return False
        self.told.append(case_id)
        await run_in_threadpool(self.record, case_id)
        return True

    async def restart(self, case_id: str) -> bool:
        return await self.tell(case_id)

    def record(self, case_id: str) -> Case:
        """Have the file take everything that waits or has come; the case after it."""
        with self.engine.begin() as connection:
            look(connection, case_id)
        return self.case(case_id)

    def say(self, case_id: str, message: Message) -> Case:
        """Record one message that has no row in the inbox (a term, the outcome of an effect)."""
        with self.engine.begin() as connection:
            take(connection, case_id, message)
        return self.case(case_id)

    def case(self, case_id: str) -> Case:
        with self.engine.begin() as connection, opened(connection, case_id) as file:
            return file.case
