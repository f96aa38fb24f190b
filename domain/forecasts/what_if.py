"""What would become of a case: the same decider on the same file, with a clock that is only said.

Pure. Nobody comes by themselves: no person, no receipt, no report. What the case itself asks of the
outside is answered at once and well (`ANSWERED`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from domain.apply import apply, fold
from domain.case.periods import is_closed, leading, live_periods
from domain.case.state import Case, Deadline, Effect
from domain.decide import decide
from domain.messages import SERVICE, Actor, Event, Frozen, Message, Refusal, Role
from domain.parties.sight import Sight, sight
from domain.process import Edition
from domain.terms.agenda import agenda, runs
from domain.terms.counting import ZONE, Calendar, CalendarEnds, Certificate, local_day
from domain.terms.recount import Outcome, open_deadlines, recount

HORIZON: Final = timedelta(days=3 * 365 + 1)
NOON: Final = time(12)
ANSWERED: Final = ("gateways_take", "treasury_settles", "esobes_takes", "signatures_good")
ORDERED: Final = ("order_good", *ANSWERED)
RECOUNTED: Final = ("later_day_holds",)
DAY_OFF: Final = "announced"
Ended = Literal["nothing_due", "horizon", "calendar_ends", "closed"]


class RunningEffect(Frozen):
    """A deadline as it would stand, with the certificate that explains it."""

    period: int
    term: str
    last_day: date
    expires_at: datetime
    certificate: dict[str, Any]


class Expected(Frozen):
    """An event that would be recorded.

    `on` is its local day; `fires` the term that ran out or reminds, with `over` or the reminder's
    code; `tells` texts with their addressees; `opens`, `closes` tasks; `starts` terms.
    """

    on: date
    at: datetime
    type: str
    row: str
    period: int
    to: str | None = None
    fires: dict[str, str] | None = None
    tells: tuple[dict[str, Any], ...] = ()
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    starts: tuple[RunningEffect, ...] = ()
    escalates: bool = False


class Standing(Frozen):
    """Where a case stands: statuses by period, tasks, open questions, and the terms that run."""

    statuses: dict[int, str]
    tasks: tuple[str, ...]
    escalations: int
    runs: tuple[RunningEffect, ...]


class Move(Frozen):
    """What a day off makes of one deadline."""

    period: int
    term: str
    old: date
    new: date
    outcome: Outcome
    certificate: dict[str, Any]


class Forecast(Frozen):
    """The answer: what is assumed, what is expected, and where the case stands now and then."""

    at: datetime
    until: datetime
    assumes: tuple[str, ...]
    events: tuple[Expected, ...] = ()
    ended: Ended | None = None
    now: Standing
    then: Standing
    in_time: bool | None = None
    reasons: tuple[Refusal, ...] = ()
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Law:
    """What messages are decided by."""

    edition: Edition
    calendar: Calendar


@dataclass
class Course:
    """A case on its way through time that has not passed yet."""

    case: Case
    law: Law
    now: datetime
    made: list[Event] = field(default_factory=list)

    def take(self, message: Message) -> list[Event]:
        """Decide one message and note what comes of it; refused, it changes nothing here."""
        made = decide(self.case, message, self.law.edition, self.law.calendar)
        for event in made:
            self.case = apply(self.case, event)
        self.made += made
        return made

    def settle(self) -> None:
        """Everything that the case has asked for is answered."""
        while effect := next(iter(self.case.outbox.values()), None):
            self.take(_answer(self.case, effect, self.now))

    def wait(self, until: datetime) -> Ended | None:
        """Every deadline up to an instant comes in turn; None where more would come later."""
        try:
            self.settle()
            while due := next(iter(agenda(self.case, self.law.edition.process)), None):
                if due.wake_at > until:
                    self.now = until
                    return None
                self.now = max(self.now, due.wake_at)
                self.take(due.message)
                self.settle()
        except CalendarEnds:
            return "calendar_ends"
        return "closed" if is_closed(self.case, self.law.edition.process) else "nothing_due"


def nobody_acts(case: Case, law: Law, at: datetime) -> Forecast:
    """Every deadline comes in its turn, until nothing more is due or the horizon."""
    course = Course(case, law, at)
    ended = course.wait(at + HORIZON) or "horizon"
    return _forecast(case, course, at, ANSWERED).model_copy(update={"ended": ended})


def nobody_acts_for(
    supplier: str, begun: Case, events: Sequence[Event], law: Law, at: datetime
) -> Forecast:
    """The same for a supplier, as far as it sees the case; `events` are the whole file.

    It hears of its orders until they end: when, and of nothing that begins then.
    """
    process = law.edition.process
    course = Course(fold(begun, list(events)), law, at)
    ended = course.wait(at + HORIZON) or "horizon"
    now = sight(begun, events, supplier, process)
    then = sight(begun, (*events, *course.made), supplier, process)
    told = [_seen(event, then) for event in course.made if event.seq in then.lines]
    forecast = _forecast(now.case, course, at, ANSWERED)
    return forecast.model_copy(
        update={
            "events": tuple(told),
            "ended": ended if then.standing else "nothing_due",
            "until": told[-1].at if told and not then.standing else forecast.until,
            "now": _standing(now.case, law.edition),
            "then": _standing(then.case, law.edition),
        }
    )


def _seen(event: Event, seen: Sight) -> Expected:
    shown = _expected(event)
    terms = [one for one in shown.starts if _is_seen(one, event, seen)]
    return shown.model_copy(update={"to": seen.lines[event.seq], "starts": tuple(terms)})


def _is_seen(one: RunningEffect, event: Event, seen: Sight) -> bool:
    made = {d["term"]: d["revision"] for d in event.data.get("deadlines", ())}
    return (event.period, one.term, made[one.term]) in seen.terms


def order_on(case: Case, law: Law, at: datetime, day: date) -> Forecast:
    """Nobody acts until that day, and then the recipient orders: in time, and what runs then?

    The order is a good one in everything that does not depend on time. ValueError for a day that
    is past.
    """
    if day < local_day(at):
        raise ValueError("the day is past")
    noon = datetime.combine(day, NOON, ZONE)
    moment = max(at, noon) if day == local_day(at) else noon
    course = Course(case, law, at)
    ended = course.wait(moment)
    course.now = moment
    first = course.take(_order(course.case, law.edition, moment))[0]
    course.settle()
    reasons = tuple(Refusal.model_validate(one) for one in first.data.get("reasons", ()))
    told = _forecast(case, course, at, ORDERED)
    late = ended if ended == "calendar_ends" else None
    return told.model_copy(update={"ended": late, "in_time": not reasons, "reasons": reasons})


def day_off(case: Case, law: Law, at: datetime, day: date) -> Forecast:
    """The deadlines that would move if this day became one off; CalendarEnds outside it."""
    calendar = with_day_off(law.calendar, day)
    moves = []
    for period, deadline in open_deadlines(case, at):
        held = Certificate.from_json(deadline.certificate)
        outcome, made = recount(held, calendar)
        moves.append(
            Move(
                period=period.number,
                term=deadline.term,
                old=held.last_day,
                new=made.last_day,
                outcome=outcome,
                certificate=made.to_json(),
            )
        )
    told = _forecast(case, Course(case, law, at), at, RECOUNTED)
    return told.model_copy(update={"moves": tuple(moves)})


def with_day_off(calendar: Calendar, day: date) -> Calendar:
    """The same calendar with one day more off; CalendarEnds if it does not know the day."""
    if not calendar.is_working(day):
        return calendar
    return replace(calendar, off={**calendar.off, day: DAY_OFF}, on=calendar.on - {day})


def _order(case: Case, edition: Edition, at: datetime) -> Message:
    """A whole order at the guaranteed sum, of a supplier who offers it there, well signed.

    Of several periods it is for the earliest in which there is something to choose.
    """
    table = edition.process.table
    live = live_periods(case, edition.process) or [leading(case, edition.process)]
    open_to = [one.number for one in live if (one.status, "place_order") in table]
    period = (open_to or [live[0].number])[0]
    measure = case.measure
    assert measure is not None, "a case with an event has a measure"
    assumed = "assumed"
    data = {
        "offer": assumed,
        "quantity": min(measure.quantity, measure.share or measure.quantity),
        "price_shown": measure.unit_sum,
        "application": assumed,
        "signature": assumed,
    }
    facts = {
        "supplier": assumed,
        "supplier_active": True,
        "offer_item": measure.item,
        "offer_regions": [measure.region],
        "price": measure.unit_sum,
        "supplier_is_party": False,
        "acts_for": {},
        "norm_used": 0,
        "application": assumed,
        "signature": {"reason": None},
    }
    actor = Actor(role=Role.RECIPIENT, id=measure.recipient)
    return Message(
        id="what-if", name="place_order", at=at, actor=actor, period=period, data=data, facts=facts
    )


def _answer(case: Case, effect: Effect, at: datetime) -> Message:
    """The good outcome of an effect."""
    role, name, data = _outcome(case, effect)
    return Message(
        id=f"effect:{effect.key}",
        name=name,
        at=at,
        actor=SERVICE if role == Role.SERVICE else Actor(role=role),
        period=effect.period,
        data={**data, "effect": effect.key},
    )


def _outcome(case: Case, effect: Effect) -> tuple[Role, str, Mapping[str, Any]]:
    match effect.kind:
        case "notify":
            taken = {"round": effect.data["round"], "channels": ["sms"]}
            return Role.SERVICE, "notice_sent", taken
        case "tell":
            return Role.SERVICE, "told", {"channels": ["sms"]}
        case "report":
            return Role.SERVICE, "result_reported", {"status": effect.data["status"]}
        case "pay":
            return Role.SERVICE, "payment_sent", {"key": effect.data["key"]}
        case "enquire":
            return Role.TREASURY, "payment_reported", _settled(case, effect)
        case "verify":
            good = {**effect.data, "reason": None, "certificate": None}
            return Role.SERVICE, "signature_checked", good
    raise AssertionError(f"nothing answers the effect {effect.kind}")


def _settled(case: Case, effect: Effect) -> dict[str, Any]:
    key = effect.data["key"]
    payment = next(p for p in case.periods[effect.period].payments if p.key == key)
    told = {"outcome": "settled", "status": "ACSC", "amount": payment.amount}
    return {"key": key, **told, "payee": "same", "account": "same"}


def _expected(event: Event) -> Expected:
    data = event.data
    effects = data.get("effects", ())
    return Expected(
        on=local_day(event.at),
        at=event.at,
        type=event.type,
        row=event.row,
        period=event.period,
        to=data.get("to"),
        fires=data.get("fires"),
        tells=tuple(
            {"text": one["data"]["text"], "to": one["data"]["to"]}
            for one in effects
            if one["kind"] == "tell"
        ),
        opens=tuple(data.get("opens", ())),
        closes=tuple(data.get("closes", ())),
        starts=tuple(
            _running(event.period, Deadline.model_validate(one))
            for one in data.get("deadlines", ())
        ),
        escalates=any(data.get("case", {}).get(name) for name in ("question", "escalations")),
    )


def _forecast(case: Case, course: Course, at: datetime, assumes: tuple[str, ...]) -> Forecast:
    edition = course.law.edition
    return Forecast(
        at=at,
        until=course.now,
        assumes=assumes,
        events=tuple(_expected(event) for event in course.made if event.type != "refused"),
        now=_standing(case, edition),
        then=_standing(course.case, edition),
    )


def _standing(case: Case, edition: Edition) -> Standing:
    return Standing(
        statuses={number: period.status for number, period in case.periods.items()},
        tasks=tuple(task.code for task in case.tasks.values()),
        escalations=len(case.escalations),
        runs=tuple(
            _running(period.number, deadline)
            for period, deadline in case.deadlines()
            if runs(period, deadline, edition.process)
        ),
    )


def _running(period: int, deadline: Deadline) -> RunningEffect:
    return RunningEffect(
        period=period,
        term=deadline.term,
        last_day=deadline.last_day,
        expires_at=deadline.expires_at,
        certificate=deadline.certificate,
    )
