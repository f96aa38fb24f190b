"""What-if questions and their answers: shapes, and words for what is assumed."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.access import OFFICIALS
from api.auth import Caller
from api.bodies import Body, Day
from api.language import Text, said
from api.problems import told_reasons
from api.schemas import Answer, Reason
from domain.forecasts.what_if import Forecast


class NobodyActs(Body):
    """What happens if everybody leaves the case alone?"""

    question: Literal["nobody_acts"]


class OrderOn(Body):
    """Would an order of that day be in time, and what deadline would then run?"""

    question: Literal["order_on"]
    day: Day


class DayOff(Body):
    """Which deadlines of this case move if that day becomes a day off?"""

    question: Literal["day_off"]
    day: Day


Question = Annotated[NobodyActs | OrderOn | DayOff, Field(discriminator="question")]


class Assumption(Answer):
    """What is taken for granted."""

    code: str
    text: Text


class RunningTerm(Answer):
    """A deadline as it would stand."""

    period: int
    term: str
    last_day: date
    expires_at: datetime
    certificate: dict[str, Any]


class ExpectedEvent(Answer):
    """An event that would be recorded; `fires` is the term that runs out or reminds."""

    on: date
    at: datetime
    type: str
    row: str
    period: int
    to: str | None
    fires: dict[str, str] | None
    tells: list[dict[str, Any]]
    opens: list[str]
    closes: list[str]
    starts: list[RunningTerm]
    escalates: bool


class StandingView(Answer):
    """Where the case stands: statuses by period, tasks, open questions, terms that run."""

    statuses: dict[int, str]
    tasks: list[str]
    escalations: int
    runs: list[RunningTerm]


class MovedTerm(Answer):
    """What the day off makes of a deadline; `outcome` is why it moves or stays."""

    period: int
    term: str
    old: date
    new: date
    outcome: Literal["moves", "unchanged", "earlier", "outside"]
    text: Text
    certificate: dict[str, Any]


class ForecastView(Answer):
    """`now` and `then` is the difference; `ended` why the forecast goes no further.

    `in_time` and `reasons` answer `order_on`, `moves` answers `day_off`.
    """

    question: str
    at: datetime
    until: datetime
    assumes: list[Assumption]
    events: list[ExpectedEvent]
    ended: Literal["nothing_due", "closed", "horizon", "calendar_ends"] | None
    now: StandingView
    then: StandingView
    in_time: bool | None
    reasons: list[Reason]
    moves: list[MovedTerm]


def told_forecast(question: str, forecast: Forecast, caller: Caller) -> dict[str, Any]:
    """In JSON and words, as far as the caller sees the case.

    Tasks and questions to persons are the authority's.
    """
    told = forecast.model_dump(mode="json")
    told["question"] = question
    told["assumes"] = [
        {"code": code, "text": said(f"what_if.assumes.{code}")} for code in forecast.assumes
    ]
    told["reasons"] = told_reasons(told["reasons"])
    for move in told["moves"]:
        move["text"] = said(f"recount.{move['outcome']}")
    for event in told["events"]:
        if caller.role not in OFFICIALS:
            event |= {"opens": [], "closes": [], "escalates": False}
    if caller.role not in OFFICIALS:
        told["now"] |= {"tasks": [], "escalations": 0}
        told["then"] |= {"tasks": [], "escalations": 0}
    return told
