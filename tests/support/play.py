"""Plays the host of cases without Temporal: decides and records what waits in the inbox."""

from dataclasses import dataclass, field

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine

from db.casefile import Append, Appended, append
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.apply import fold
from domain.case import Case
from domain.decide import decide
from domain.messages import Message

RUN = "played"


@dataclass
class Host:
    """Every case in one process. `asleep` plays Temporal down: messages stay in the inbox.

    `deaf` plays a closed or lost run, which takes no updates and can be woken.
    """

    engine: Engine
    asleep: bool = False
    deaf: bool = False
    heard: list[str] = field(default_factory=list)

    async def submit(self, case_id: str, message: Message, timeout: float = 5.0) -> bool:
        self.heard.append(message.name)
        if self.deaf:
            return False
        return await self.wake(case_id, "")

    async def wake(self, case_id: str, edition: str) -> bool:
        if self.asleep:
            return False
        await run_in_threadpool(self.record, case_id)
        return True

    async def start(self, case_id: str, edition: str) -> bool:
        return await self.wake(case_id, edition)

    def record(self, case_id: str) -> Case:
        """Record everything that waits, in the order of the inbox; the case after it."""
        with self.engine.begin() as connection:
            tail = append(connection, Append(case_id=case_id, expected_seq=0), RUN, RUN)
            case = fold(Case(id=case_id, edition=tail.edition), list(tail.tail))
            for message in tail.waiting:
                case = self._take(connection, case, message)
        return case

    def say(self, case_id: str, message: Message) -> Case:
        """Record one message that has no row in the inbox (a term, the outcome of an effect)."""
        with self.engine.begin() as connection:
            tail = append(connection, Append(case_id=case_id, expected_seq=0), RUN, RUN)
            case = fold(Case(id=case_id, edition=tail.edition), list(tail.tail))
            return self._take(connection, case, message)

    def _take(self, connection: Connection, case: Case, message: Message) -> Case:
        events = decide(case, message, edition(case.edition), current_calendar())
        after = fold(case, events)
        asked = Append(
            case_id=case.id,
            expected_seq=case.seq,
            message=message,
            events=tuple(events),
            case=after,
        )
        answer: Appended = append(connection, asked, RUN, RUN)
        assert answer.recorded, answer
        return fold(case, list(answer.tail))
