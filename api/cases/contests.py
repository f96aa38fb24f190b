"""Disputed deadlines, counted both ways."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Reader
from api.deps import Parts, PartsDep, PoolDep
from api.pages import PRIVATE, sight_of
from api.problems import Problem
from api.rendering import dump
from api.routes.deadlines import Which, deadline_document
from api.schemas import ContestView
from db.engine import reads
from db.reference import read_case
from definitions.calendars import current_calendar, load_calendar
from domain.case import Case
from domain.certificates import document
from domain.contests import reading
from domain.proceedings import Contest

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])
TWO: Final = "The certificate that stands, and the one that follows from the dispute"


@router.get(
    "/contests/{contest}",
    operation_id="readContest",
    response_class=Response,
    responses={200: {"model": ContestView, "description": TWO}},
)
async def read_contest(
    pool: PoolDep, parts: PartsDep, reader: Reader, case_id: UUID, contest: UUID
) -> Response:
    """A disputed deadline counted both ways, side by side, each in full."""
    seen = await sight_of(pool, reader, case_id)
    case = seen.case if seen else await run_in_threadpool(_case, parts, case_id)
    number, held = _contest(case, str(contest))
    which = Which(case_id, number, held.term, held.revision)
    stands = await deadline_document(pool, which, seen)
    calendar = load_calendar(held.calendar) if held.calendar else current_calendar()
    claimed = reading(held, case.periods[number].deadlines[held.term], calendar)
    told = {
        "contest": held.model_dump(mode="json"),
        "stands": stands,
        "claimed": document(claimed, calendar, event="deadline_contested"),
    }
    return Response(dump(told), headers=PRIVATE, media_type="application/json")


def _case(parts: Parts, case_id: UUID) -> Case:
    with reads(parts.engine) as connection:
        return read_case(connection, str(case_id))


def _contest(case: Case, contest: str) -> tuple[int, Contest]:
    for number, period in case.periods.items():
        for one in period.contests:
            if one.id == contest and one.term in period.deadlines:
                return number, one
    raise Problem("not_found")
