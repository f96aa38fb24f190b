"""What would become of a case: computed from its file, without asking anybody."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from api.access import OFFICIALS, Parties, may_see
from api.auth import Reader
from api.cases.forecasts import (
    DayOff,
    ForecastView,
    NobodyActs,
    OrderOn,
    Question,
    told_forecast,
)
from api.deps import EngineDep
from api.mistakes import mistake_at
from api.problems import Invalid, Problem
from api.reading import JSON
from db.engine import reads
from db.events import read_events
from db.requests import read_case_row
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.apply import fold
from domain.case.state import Case
from domain.forecasts.what_if import (
    HORIZON,
    Forecast,
    Law,
    day_off,
    nobody_acts,
    nobody_acts_for,
    order_on,
)
from domain.messages import Role
from domain.terms.counting import local_day

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.post(
    "/{case_id}/what-if",
    operation_id="askWhatIf",
    response_model=ForecastView,
    dependencies=JSON,
)
async def ask(
    engine: EngineDep, reader: Reader, case_id: UUID, question: Question
) -> dict[str, Any]:
    """What is expected, with dates, and where the case would then stand. Nothing is changed.

    Recipients and suppliers may ask what happens if nobody acts; officials may ask everything.
    """
    if reader.role not in OFFICIALS and not isinstance(question, NobodyActs):
        raise Problem("not_allowed")

    def answer() -> Forecast:
        with reads(engine) as connection:
            row = read_case_row(connection, case_id)
            if row is None or row.seq is None or not may_see(reader, Parties.of(row._mapping)):
                raise Problem("not_found")
            events = read_events(connection, str(case_id))
        begun = Case(id=str(case_id), edition=row.edition)
        case = fold(begun, events)
        law = Law(edition(case.edition), current_calendar())
        if reader.role == Role.SUPPLIER:
            return nobody_acts_for(str(reader.on_behalf_of), begun, events, law, row.now)
        return _answer(question, case, law, row.now)

    return told_forecast(question.question, await run_in_threadpool(answer), reader)


def _answer(
    question: NobodyActs | OrderOn | DayOff, case: Case, law: Law, now: datetime
) -> Forecast:
    match question:
        case OrderOn(day=day):
            _check(day, local_day(now), local_day(now + HORIZON))
            return order_on(case, law, now, day)
        case DayOff(day=day):
            _check(day, law.calendar.first, law.calendar.last)
            return day_off(case, law, now, day)
        case _:
            return nobody_acts(case, law, now)


def _check(day: date, first: date, last: date) -> None:
    if day < first:
        raise Invalid([mistake_at("day", "below_minimum", limit=first.isoformat())])
    if day > last:
        raise Invalid([mistake_at("day", "above_maximum", limit=last.isoformat())])
