"""The real worker in this process, on real servers; at the end every history is replayed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import randbelow
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from db.engine import make_engine
from db.events import read_events
from db.runs import hear
from domain.case.state import Case
from domain.messages import Event, Message
from tests.support.casework import check_chain, read_case
from tests.support.effects import effects_over
from tests.support.intake import SEAL
from tests.support.outside import Outside
from tests.support.party_play import Line, Party, Shop, next_line, open_case, open_shop, write
from tests.support.polling import soon, soon_told
from tests.support.servers import Database
from worker import WorkerParts, make_workers, running
from workflows.client import Cases, workflow_id
from workflows.codec import make_data_converter
from workflows.housekeeping import Housekeeping, TellReturned
from workflows.measure import MeasureCase
from workflows.options import CASES

KEYS = {"k1": b"p" * 31 + b"1"}
ENDED = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
)
# So long after its end a term is recorded as over, whatever was on its way.
RECORDED = timedelta(minutes=1)
COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
WAITING = text(
    "SELECT count(*), (SELECT seq FROM case_head WHERE case_id = :id)"
    " FROM inbox i WHERE case_id = :id AND refused IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM event e WHERE e.case_id = i.case_id AND e.message_id = CAST(i.id AS text))"
)


@dataclass(frozen=True)
class Host:
    """Cases on real servers, and what tests do to them."""

    client: Client
    engine: Engine
    database: Database
    outside: Outside
    shop: Shop
    parts: WorkerParts
    cases: Cases
    begun: list[str] = field(default_factory=list)
    # What a case owes to the outside when so many events stand in its file.
    owed: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    @asynccontextmanager
    async def working(self, **changes: Any) -> AsyncIterator[None]:
        """The real workers while the block lasts; `changes` override their parts."""
        async with running(make_workers(replace(self.parts, **changes))):
            yield

    async def begin(self, **measure: Any) -> Party:
        """A measure arrives and its run is started."""
        party = await asyncio.to_thread(open_case, self.engine, self.shop, **measure)
        self.begun.append(party.file.id)
        await self.tells(party)
        return party

    async def journal(self, party: Party, line: Line, **changes: Any) -> Message:
        """What somebody says stands in the inbox, and nobody was told."""
        message: Message = await asyncio.to_thread(write, self.engine, party, line, **changes)
        return message

    async def say(self, party: Party, line: Line, **changes: Any) -> Message:
        """What somebody says is taken by the file, and the run told of it."""
        message = await self.journal(party, line, **changes)
        await asyncio.to_thread(self.heard, party)
        await self.tells(party)
        return message

    def heard(self, party: Party) -> None:
        """The file takes what waits, as the door has it do."""
        hear(self.engine, [party.file.id])

    def grow_old(self) -> None:
        """All that came and was recorded did so a minute ago: housekeeping leaves young rows be."""
        owner = make_engine(self.database.owner_url)
        with owner.begin() as connection:
            for table, at in (("journal", "received_at"), ("wake", "since"), ("wake", "tried_at")):
                connection.execute(text(f"UPDATE {table} SET {at} = {at} - interval '1 minute'"))
        owner.dispose()

    async def tells(self, party: Party) -> None:
        """The run looks into the file; sooner or later, for it is told until it has."""
        await soon_told(lambda: self.cases.tell(party.file.id))

    async def play(self, party: Party, until: str, within: float = 20.0) -> None:
        """Line by line until the case has a status, each when the case is at rest."""
        await self.rests(party, within)
        while (case := self.case(party)).status != until:
            line, status = next_line(case)
            await self.say(party, line)
            await self.reaches(party, status, within)
            await self.rests(party, within)

    async def advance(self, **by: Any) -> Any:
        """Move the legal clock without holding up the workers of this process."""
        return await asyncio.to_thread(self.outside.post, "/clock/advance", **by)

    async def advance_to(self, instant: datetime) -> Any:
        return await self.advance(to=instant.isoformat())

    async def let_run_out(self, party: Party, term: str, period: int = 1) -> datetime:
        """Move the legal clock past the end of a term, which it answers with."""
        end = self.case(party).periods[period].deadlines[term].expires_at
        await self.advance_to(end + RECORDED)
        return end

    def payments(self, party: Party) -> list[dict[str, Any]]:
        """What the treasury holds of a case."""
        return self.outside.payments(party.file.measure["reference"])

    def sent(self, party: Party) -> list[str]:
        """The keys of what went out to people in a case."""
        return self.outside.messages(party.file.id, party.file.person)

    def case(self, party: Party) -> Case:
        with self.engine.connect() as connection:
            return read_case(connection, party.file)

    def events(self, party: Party, after: int = 0) -> list[Event]:
        with self.engine.connect() as connection:
            return read_events(connection, party.file.id, after)

    def rows(self, party: Party) -> list[str]:
        """The rows that changed something, in order."""
        return [event.row for event in self.events(party) if event.row != "-"]

    def of(self, party: Party, message: Message) -> list[Event]:
        """What a message became."""
        return [event for event in self.events(party) if event.message_id == message.id]

    async def reaches(self, party: Party, status: str, within: float = 20.0) -> None:
        """Wait until the case has a status."""
        await soon(lambda: self.case(party).status, lambda found: found == status, within)

    async def rests(self, party: Party, within: float = 20.0) -> None:
        """Wait until nothing is owed to the outside and nothing waits in the inbox."""
        await soon(lambda: self._owed(party), lambda owed: owed == (0, []), within)

    def _owed(self, party: Party) -> tuple[int, list[str]]:
        with self.engine.connect() as connection:
            waiting, seq = connection.execute(WAITING, {"id": party.file.id}).one()
            if (party.file.id, seq) not in self.owed:
                case = read_case(connection, party.file)
                kinds = [effect.kind for effect in case.outbox.values()]
                self.owed[party.file.id, case.seq] = kinds if case.seq else ["begin"]
                seq = case.seq
        return waiting, self.owed[party.file.id, seq]

    def handle(self, party: Party) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(party.file.id))

    async def history(self, party: Party) -> list[HistoryEvent]:
        """Of the current run."""
        return list((await self.handle(party).fetch_history()).events)

    async def count(self, party: Party, kind: "EventType.ValueType") -> int:
        """How many events of a kind the current run's history has."""
        return sum(event.event_type == kind for event in await self.history(party))

    async def task_ends(self, party: Party) -> list[int]:
        """The workflow tasks that the current run completed: where it can be reset to."""
        return [e.event_id for e in await self.history(party) if e.event_type == COMPLETED]

    async def run_id(self, party: Party) -> str:
        """The current run's."""
        return (await self.handle(party).describe()).run_id

    async def reset(self, party: Party, event_id: int | None = None) -> str:
        """Reset the current run to a task, the last one unless told; the new run's id."""
        if event_id is None:
            event_id = (await self.task_ends(party))[-1]
        return await reset(self.client, party.file.id, await self.run_id(party), event_id)

    async def looked_anew(self, party: Party, after: int) -> None:
        """Wait until a run that was reset to the task `after` has ended one of its own."""
        await soon_told(lambda: self.task_ends(party), lambda ends: ends and ends[-1] > after)

    async def moved(self, client: Client) -> "Host":
        """The same cases on another server."""
        parts = replace(self.parts, client=client)
        cases = replace(self.cases, client=client)
        return replace(self, client=client, parts=parts, cases=cases)

    def at_rest(self, party: Party) -> bool:
        """Nothing is owed to the outside, and nothing waits in the inbox."""
        return self._owed(party) == (0, [])

    async def check(self) -> None:
        """Every chain recomputes, and every history of every run replays."""
        with self.engine.connect() as connection:
            for case_id in self.begun:
                check_chain(connection, case_id)
        await replay_all(self.client, self.parts.prefix, 0)

    async def end_all(self) -> None:
        """Terminate what is open: the clock of a later test would wait for it."""
        for case_id in self.begun:
            await end(self.client, workflow_id(case_id))


async def reset(client: Client, case_id: str, run_id: str, event_id: int) -> str:
    """Reset a run to the workflow task that ended with an event; the new run's id."""
    asked = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id(case_id), run_id=run_id),
        reason="a test",
        workflow_task_finish_event_id=event_id,
        request_id=str(uuid4()),
    )
    return (await client.workflow_service.reset_workflow_execution(asked)).run_id


async def last_task(client: Client, name: str, run_id: str) -> int | None:
    """Where a run can be reset to: the last task that ended. In its first it cannot be reset."""
    history = await client.get_workflow_handle(name, run_id=run_id).fetch_history()
    ends = [event.event_id for event in history.events if event.event_type in ENDED]
    return ends[-1] if ends else None


async def end(client: Client, name: str) -> None:
    """Terminate a workflow unless it has ended."""
    try:
        await client.get_workflow_handle(name).terminate()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise


async def histories(client: Client, prefix: str, least: int) -> list[WorkflowHistory]:
    """The histories of every run on a test's queue."""
    query = f"TaskQueue = '{prefix}{CASES}'"

    async def found() -> list[tuple[str, str | None]]:
        return [(one.id, one.run_id) async for one in client.list_workflows(query)]

    # The list is brought up to date a moment after the runs.
    runs = await soon_told(found, lambda runs: len(runs) >= least)
    handles = [client.get_workflow_handle(name, run_id=run) for name, run in runs]
    return [await handle.fetch_history() for handle in handles]


async def replay_all(client: Client, prefix: str, least: int) -> int:
    """Replay every run of a test; how many there were."""
    replayer = Replayer(
        workflows=[MeasureCase, Housekeeping, TellReturned],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=client.data_converter,
        namespace=client.namespace,
    )
    found = await histories(client, prefix, least)
    for history in found:
        # Of a run that never completed a task there is nothing to replay.
        if any(event.event_type == COMPLETED for event in history.events):
            await replayer.replay_workflow(history)
    return len(found)


async def connect(
    address: str, keys: dict[str, bytes] | None = None, namespace: str = "default"
) -> Client:
    """A client with the product's own converter."""
    converter = make_data_converter(keys or KEYS)
    return await Client.connect(
        address, namespace=namespace, data_converter=converter, identity="tests"
    )


@asynccontextmanager
async def hosting(
    address: str, database: Database, outside: Outside, keys: dict[str, bytes] | None = None
) -> AsyncIterator[Host]:
    """Cases on a queue of the test's own, without a worker yet; checked and ended on leaving."""
    with ExitStack() as stack:
        engine = make_engine(database.app_url, most=20)
        stack.callback(engine.dispose)
        scatter_references(database)
        prefix = f"{uuid4().hex}-"
        client = await connect(address, keys)
        effects = stack.enter_context(effects_over(engine, outside.url))
        host = Host(
            client=client,
            engine=engine,
            database=database,
            outside=outside,
            shop=open_shop(engine),
            parts=WorkerParts(client, engine, SEAL, effects, prefix),
            cases=Cases(client, engine, prefix + CASES),
        )
        try:
            yield host
            await host.check()
        finally:
            await host.end_all()


def scatter_references(database: Database) -> None:
    """References of two databases differ: the treasury of all tests is one."""
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        connection.execute(
            text("SELECT setval('case_reference', :start)"), {"start": 1 + randbelow(99_000_000)}
        )
    owner.dispose()
