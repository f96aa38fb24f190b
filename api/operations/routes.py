"""For officials: what is stuck and why; for administrators: to get it going again."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from temporalio.client import Client

from api.auth import Caller, Official, Taker, person_of, require_fresh
from api.deps import Parts, PartsDep, PoolDep
from api.once import Once, OnceDep
from api.operations.asked import (
    ApproveReset,
    CasesPage,
    Export,
    Hold,
    LiftLegalHold,
    Operation,
    PlaceLegalHold,
    Proof,
    Rebuild,
    Release,
    Replay,
    Reset,
    Restart,
    Retry,
)
from api.operations.asking import (
    OverseerDep,
    authority_of,
    cases_of,
    client_of,
    read,
    write,
)
from api.operations.exports import exported
from api.operations.holds import hold, legal_hold, let_go
from api.operations.models import (
    HoldReport,
    Inspection,
    LegalHoldReport,
    RebuildReport,
    ReplayReport,
    ResetReport,
    RestartReport,
    Retried,
    StuckList,
    told_case,
    told_run,
    told_troubles,
    told_waiting,
    wall_now,
)
from api.operations.surroundings import look_around
from api.problems import Problem, Refused
from api.reading import JSON
from api.sheets import MEDIA
from db.audit import note
from db.operations import Opened, count, page, read_opened
from db.rebuild import BrokenFile, rewrite
from db.resets import approve, propose
from db.sides import own_cases
from domain.messages import Refusal, Role
from workflows.operations import NoRun, Run, TemporalDown, look, page_of, restart, retry
from workflows.proofs import dry_run, prove_files
from workflows.resets import BeyondEnd, Cut, NoSuchPoint, Point, carry_out, plan
from workflows.troubles import stuck

router = APIRouter(prefix="/v1", tags=["operations"])
Report = (
    ReplayReport
    | RebuildReport
    | RestartReport
    | Retried
    | ResetReport
    | HoldReport
    | LegalHoldReport
)
# They are done and answered in one transaction: who asks the same meanwhile waits for its end.
IN_ONE: Final = (Hold, Release, PlaceLegalHold, LiftLegalHold)
FILE: Final = {"type": "string", "format": "binary"}
REPORTS: Final[Mapping[str, type[Report]]] = {
    "replay": ReplayReport,
    "rebuild": RebuildReport,
    "restart": RestartReport,
    "retry": Retried,
    "reset": ResetReport,
    "approve_reset": ResetReport,
}


async def _opened(parts: Parts, caller: Caller, case_id: UUID) -> Opened:
    found = await read(parts, lambda connection: read_opened(connection, case_id))
    if found is None or authority_of(caller) not in (None, found.view and found.view.authority_id):
        raise Problem("not_found")
    return found


async def _own_of(parts: Parts, caller: Caller, cases: Iterable[UUID]) -> set[UUID]:
    """Of these cases those in which the caller is a party."""
    person, ids = person_of(caller), list(cases)
    return await read(parts, lambda connection: own_cases(connection, person, ids))


async def _opened_by_other(parts: Parts, caller: Caller, case_id: UUID) -> Opened:
    """The case; refused to an administrator who is a party to it: nobody acts in their own."""
    opened = await _opened(parts, caller, case_id)
    if await _own_of(parts, caller, [case_id]):
        raise Refused([Refusal(code="party_cannot_decide").model_dump(mode="json")])
    return opened


async def _note(parts: Parts, caller: Caller, action: str, *cases: UUID) -> None:
    """What is done from outside the process is written down before it is done."""
    if caller.person is None:
        raise Problem("not_allowed")

    def in_thread() -> None:
        with parts.engine.begin() as connection:
            for case_id in cases:
                note(connection, caller.actor, action, case_id)

    await run_in_threadpool(in_thread)


@router.get("/operations/stuck", operation_id="listStuck")
async def list_stuck(parts: PartsDep, overseer: OverseerDep) -> StuckList:
    """Every case that does not go on by itself: why, since when, who must act, what helps.

    And what administrators hold, how outside systems answer, and who works.
    """
    cases = cases_of(parts)
    authority = authority_of(overseer)
    client = cases.client if cases else None
    found = await stuck(client, parts.engine, wall_now(), authority)
    return told_troubles(found, await look_around(parts, client), parts.seal)


@router.get("/cases/{case_id}/inspection", operation_id="inspectCase")
async def inspect_case(parts: PartsDep, official: Official, case_id: UUID) -> Inspection:
    """The state, what is owed to the outside and how often it was tried, what waits, the run."""
    opened = await _opened(parts, official, case_id)
    cases, run, reachable = cases_of(parts), None, False
    if cases is not None:
        run, reachable = await _run(cases.client, case_id)
    url = None
    if parts.temporal_ui_url is not None and cases is not None:
        run_id = run.run_id if run else None
        namespace = cases.client.namespace
        url = page_of(parts.temporal_ui_url, namespace, str(case_id), run_id)
    temporal = told_run(case_id, run, reachable=reachable, url=url)
    return told_case(case_id, opened, temporal, run)


async def _run(client: Client, case_id: UUID) -> tuple[Run | None, bool]:
    try:
        return await look(client, str(case_id)), True
    except NoRun:
        return None, True
    except TemporalDown:
        return None, False


@router.post(
    "/operations",
    operation_id="operate",
    response_model=Report,
    dependencies=JSON,
    responses={
        200: {"content": {one: {"schema": FILE} for one in MEDIA.values()}},
        404: {"description": "There is no such case, or no such point"},
        409: {"description": "Refused, with the reasons"},
    },
)
async def operate(
    request: Request,
    parts: PartsDep,
    pool: PoolDep,
    official: Taker,
    once: OnceDep,
    wish: Operation,
) -> Any:
    """For administrators: prove cases, get them going again, or hold what goes out. What changes
    something is noted before it is done. For every official, and a supplier: take a list away as a
    file, which is recorded.

    The same request under its key again is answered with the same report; one that was broken off
    is carried out to its end.
    """
    if isinstance(wish, Export):
        return await exported(pool, parts, official, once, wish)
    if official.role != Role.ADMINISTRATOR:
        raise Problem("not_allowed")
    if _is_grave(wish):
        require_fresh(request, official)
    if isinstance(wish, IN_ONE):
        return await _operated(parts, official, once, wish)
    made = await write(parts, once.known)
    if made is not None:
        return REPORTS[wish.kind].model_validate(made)
    report = await _operated(parts, official, once, wish)
    await write(parts, lambda connection: once.keep(connection, report.model_dump(mode="json")))
    return report


def _is_grave(wish: Proof) -> bool:
    """Whether it takes a case back, or lets somebody be erased."""
    always = isinstance(wish, ApproveReset | LiftLegalHold)
    return always or (isinstance(wish, Reset) and not wish.dry_run)


async def _operated(parts: Parts, administrator: Caller, once: Once, wish: Proof) -> Report:
    match wish:
        case Replay():
            return await _replay(parts, administrator, wish)
        case Rebuild():
            return await _rebuild(parts, administrator, wish)
        case Restart():
            return await _restart(parts, administrator, wish)
        case Retry():
            return await _retry(parts, administrator, wish)
        case Reset():
            return await _reset(parts, administrator, wish)
        case ApproveReset():
            return await _approve_reset(parts, administrator, wish)
        case Hold():
            return await hold(parts, administrator, once, wish)
        case Release():
            return await let_go(parts, administrator, once, wish)
        case PlaceLegalHold() | LiftLegalHold():
            return await legal_hold(parts, administrator, once, wish)


async def _replay(parts: Parts, administrator: Caller, wish: Replay) -> ReplayReport:
    """Of one case what came of it, of many those that come out differently."""
    cases = cases_of(parts)
    client = cases.client if cases else None
    if wish.case is not None:
        await _opened(parts, administrator, wish.case)
        found = await dry_run(client, parts.engine, [str(wish.case)])
        return ReplayReport(checked=1, total=1, next=None, cases=found)
    ids, total, after = await _part(parts, wish, every=False)
    found = await dry_run(client, parts.engine, ids)
    listed = [one for one in found if not one.fine]
    return ReplayReport(checked=len(ids), total=total, next=after, cases=listed)


async def _part(
    parts: Parts, body: CasesPage, *, every: bool
) -> tuple[list[str], int, UUID | None]:
    """The ids of a page, how many there are in all, and where the next page begins."""
    found, total = await read(
        parts,
        lambda connection: (
            page(connection, body.after, body.limit, every=every),
            count(connection, every=every),
        ),
    )
    return found, total, UUID(found[-1]) if len(found) == body.limit else None


async def _retry(parts: Parts, administrator: Caller, wish: Retry) -> Retried:
    case_id = wish.case
    await _opened_by_other(parts, administrator, case_id)
    client = client_of(parts)
    await _note(parts, administrator, "case_retried", case_id)
    chosen = None if wish.activity is None else [wish.activity]
    with _temporal():
        run = await retry(client, str(case_id), chosen)
    activities = [one for one in run.activities if chosen is None or one.id in chosen]
    return Retried(case_id=case_id, activities=activities, task=run.task)


async def _reset(parts: Parts, administrator: Caller, wish: Reset) -> ResetReport:
    case_id = wish.case
    opened = await _opened_by_other(parts, administrator, case_id)
    if wish.to_seq is not None and wish.to_seq > opened.head.seq:
        raise _beyond(opened.head.seq)
    client = client_of(parts)
    point = wish.model_dump(include={"to_seq", "to_event"})
    with _temporal():
        cut = await plan(client, str(case_id), Point(**point))
    proposal = None
    if not wish.dry_run:
        person = person_of(administrator)
        made = await write(parts, lambda c: propose(c, person, case_id, cut.run_id, point))
        proposal = made.id
    return _told_reset(case_id, opened, cut, proposal=proposal)


async def _approve_reset(parts: Parts, administrator: Caller, wish: ApproveReset) -> ResetReport:
    case_id = wish.case
    opened = await _opened_by_other(parts, administrator, case_id)
    client = client_of(parts)
    with _temporal():
        run = await look(client, str(case_id))
    person = person_of(administrator)
    found = await write(parts, lambda c: approve(c, person, case_id, wish.reset, run.run_id))
    if isinstance(found, Refusal):
        raise Refused([found.model_dump(mode="json")])
    if found is None:
        raise Problem("not_found")
    point = Point(to_seq=found.to_seq, to_event=found.to_event)
    with _temporal():
        cut = await plan(client, str(case_id), point)
        made = await carry_out(client, str(case_id), cut)
    return _told_reset(case_id, opened, cut, new_run_id=made, proposal=found.id)


@contextmanager
def _temporal() -> Iterator[None]:
    """While Temporal is asked: what it lacks, or that it is away, as a problem."""
    try:
        yield
    except (NoRun, NoSuchPoint):
        raise Problem("not_found") from None
    except BeyondEnd as end:
        raise _beyond(end.last) from None
    except TemporalDown:
        raise Problem("unavailable") from None


def _beyond(last: int) -> Refused:
    """Nobody means a point that there is not yet."""
    return Refused([Refusal(code="beyond_the_end", facts={"last": last}).model_dump(mode="json")])


def _told_reset(case_id: UUID, opened: Opened, cut: Cut, **became: Any) -> ResetReport:
    waiting = told_waiting(opened)
    return ResetReport(
        case_id=case_id, cut=cut, recorded=opened.head.seq, waiting=waiting, **became
    )


async def _rebuild(parts: Parts, administrator: Caller, wish: Rebuild) -> RebuildReport:
    if wish.case is not None:
        opened = _opened_by_other if wish.apply else _opened
        await opened(parts, administrator, wish.case)
        ids, total, after = [str(wish.case)], 1, None
    else:
        ids, total, after = await _part(parts, wish, every=True)
    proof = await run_in_threadpool(prove_files, parts.engine, ids)
    applied = False
    if wish.case is not None and wish.apply:
        await _note(parts, administrator, "case_rebuilt", wish.case)
        applied = await run_in_threadpool(_rewrite, parts, str(wish.case))
    return RebuildReport(
        checked=proof.checked,
        total=total,
        next=after,
        damages=list(proof.damages),
        applied=applied,
    )


def _rewrite(parts: Parts, case_id: str) -> bool:
    """False where the events themselves are damaged: nothing is made from those."""
    try:
        with parts.engine.begin() as connection:
            rewrite(connection, case_id)
    except BrokenFile:
        return False
    return True


async def _restart(parts: Parts, administrator: Caller, wish: Restart) -> RestartReport:
    client_of(parts)
    cases = cases_of(parts)
    assert cases is not None
    if wish.case is not None:
        await _opened_by_other(parts, administrator, wish.case)
        found, total, after = [str(wish.case)], 1, None
    else:
        found, total, after = await _part(parts, wish, every=False)
    own = await _own_of(parts, administrator, map(UUID, found))
    others = [one for one in found if UUID(one) not in own]
    await _note(parts, administrator, "case_restarted", *map(UUID, others))
    failed = await restart(cases, others)
    return RestartReport(
        checked=len(found),
        total=total,
        next=after,
        failed=[UUID(one) for one in failed],
        own=sorted(own),
    )
