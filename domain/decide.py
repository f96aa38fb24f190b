"""The decider: what a message makes of a case under an edition of the law."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from domain.apply import apply
from domain.case.context import Change, Context, Start
from domain.case.effects import called_off, wanted
from domain.case.entitlements import Entitlement
from domain.case.options import MAY_BE_NONE
from domain.case.periods import addressed, leading, open_periods, pause_of
from domain.case.possible import needed
from domain.case.state import Case, Deadline, Period
from domain.messages import PERSONS, SERVICE, Event, Message, Refusal, Role
from domain.money.words import understood
from domain.process import BOOKKEEPING, Edition, Row
from domain.rules import GUARDS, RECORDERS, SELECTORS
from domain.terms.agenda import in_turn, spent
from domain.terms.counting import Calendar, Certificate, Term, certify, later
from domain.terms.pauses import dropped, paused, resumed, standing_still
from domain.terms.revisions import certified

# More automatic rows in a row than any process has: a circle in the definitions, not a case.
MOST_ENTERED = 10
# Who is told by whose act a command came too late; others learn the role alone.
SEE_PERSONS = (Role.CASEWORKER, Role.ADMINISTRATOR, Role.COMMISSION)


def decide(case: Case, message: Message, edition: Edition, calendar: Calendar) -> list[Event]:
    """The events that a message adds to a case; one `refused` event where it may change nothing.

    Pure: the same arguments give the same events. Follow-up rows (`entered`) are part of it. What
    is about the whole case is looked at as the case stood, in every period, and then recorded.
    """
    message = understood(message)
    edition = edition.of(_entitlement(case, message))
    found = addressed(case, message, edition.process) if case.periods else [_unborn(message)]
    if isinstance(found, Refusal):
        number = leading(case, edition.process).number
        return [_refused(case, message, number, [found])]
    taken: list[tuple[int, Row]] = []
    refused: list[Event] = []
    for period in found:
        row, refusals = match(Context(case, period, message, edition, calendar))
        if row is not None:
            taken.append((period.number, row))
        else:
            refused.append(_refused(case, message, period.number, refusals))
    if not taken:
        return refused[:1]
    course = _Course(case, message, edition, calendar)
    for number, row in _telling(taken):
        course.take(number, row)
    course.begin_next()
    return course.events


def _entitlement(case: Case, message: Message) -> Entitlement:
    """Of which kind the measure is: as the case has it, else as the message that opens it says."""
    if case.measure is not None:
        return case.measure.entitlement
    told = message.data.get("measure")
    kind = told.get("entitlement") if isinstance(told, dict) else None
    return Entitlement(kind or Entitlement.PROGRAMME)


def _telling(taken: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """What is no more than a line in the file is written only if it is all there is, and once."""
    return [one for one in taken if one[1].id != BOOKKEEPING] or taken[:1]


@dataclass
class _Course:
    """A case on its way through the events of one message."""

    case: Case
    message: Message
    edition: Edition
    calendar: Calendar
    events: list[Event] = field(default_factory=list)

    def take(self, number: int, row: Row) -> None:
        """One row in one period, and what follows by itself from where it then stands."""
        period = self.case.periods.get(number) or _unborn(self.message)
        self._record(Context(self.case, period, self.message, self.edition, self.calendar), row)
        self._enter(number)

    def begin_next(self) -> None:
        """The periods that begin by themselves with what the message has changed."""
        for _ in range(MOST_ENTERED):
            number = max(self.case.periods) + 1
            held = pause_of(self.case, self.edition.process)
            unborn = Period(number=number, status="none", since=self.message.at, pause=held)
            row = self._follow(unborn)
            if row is None:
                return
            self._enter(number)
        raise AssertionError(f"periods of {self.edition.code} begin each other in a circle")

    def _record(self, context: Context, row: Row) -> None:
        event = _told_once(_event(context, _of_rounds(context, row)), self.events)
        if _says_more(event, self.events):
            self.events.append(event)
            self.case = apply(self.case, event)

    def _enter(self, number: int) -> None:
        for _ in range(MOST_ENTERED):
            if self._follow(self.case.periods[number]) is None:
                return
        raise AssertionError(f"rows of {self.edition.code} follow each other in a circle")

    def _follow(self, period: Period) -> Row | None:
        """What follows by itself from where a period stands, recorded; None if nothing does.

        Facts of the message hold for it too.
        """
        follow_up = Message(
            id=self.message.id,
            name="entered",
            at=self.message.at,
            actor=SERVICE,
            period=period.number,
            facts=self.message.facts,
        )
        context = Context(self.case, period, follow_up, self.edition, self.calendar)
        row, _ = match(context)
        if row is not None:
            self._record(context, row)
        return row


def _of_rounds(context: Context, row: Row) -> Row:
    """One of many periods ends as such, and that is what is told: the case goes on (row Q3)."""
    instead = row.to and context.edition.process.statuses[row.to].in_rounds
    if not instead or context.period.begins is None:
        return row
    ended = re.compile("tell:(closed|declined):")
    effects = tuple(ended.sub(f"tell:{instead}:", word) for word in row.effects)
    return row.model_copy(update={"to": instead, "effects": effects})


def _told_once(event: Event, earlier: list[Event]) -> Event:
    """A recipient learns once what several periods have in common; each term is its own news."""
    told = {
        effect["data"]["text"]
        for one in earlier
        for effect in one.data.get("effects", ())
        if effect["kind"] == "tell" and Role.RECIPIENT in effect["data"]["to"]
        if "term" not in effect["data"]
    }
    if not told or "effects" not in event.data:
        return event
    left = [one for effect in event.data["effects"] if (one := _untold(effect, told))]
    rest = {name: value for name, value in event.data.items() if name != "effects"}
    return event.model_copy(update={"data": {**rest, **({"effects": left} if left else {})}})


def _untold(effect: dict[str, Any], told: set[str]) -> dict[str, Any] | None:
    """The effect without a recipient who was told already; None if nobody is left."""
    data = effect["data"]
    if effect["kind"] != "tell" or data["text"] not in told:
        return effect
    to = [who for who in data["to"] if who != Role.RECIPIENT]
    return {**effect, "data": {**data, "to": to}} if to else None


def _says_more(event: Event, earlier: list[Event]) -> bool:
    """Whether an event changes more than an earlier one of its message did in another period."""
    if event.data.keys() - {"case", "basis", "documents"}:
        return True
    said = (event.type, event.data.get("case"))
    return all((one.type, one.data.get("case")) != said for one in earlier)


def match(context: Context) -> tuple[Row | None, list[Refusal]]:
    """The row that a message takes, or every reason why it takes none."""
    message, process = context.message, context.edition.process
    if message.actor.role == Role.DEADLINE and not in_turn(context.period, message, process):
        return None, [Refusal(code="nothing_to_do")]
    rows = process.table.get((context.period.status, message.name), ())
    mine = [row for row in rows if message.actor.role in row.by]
    if mine and (missing := set(process.messages[message.name]) - message.data.keys()):
        return None, [Refusal(code="incomplete", facts={"fields": ", ".join(sorted(missing))})]
    row = next((row for row in mine if all(SELECTORS[name](context) for name in row.when)), None)
    if row is None:
        return None, [_out_of_place(context)]
    refusals = [found for name in row.guards if (found := GUARDS[name](context))]
    return (None, refusals) if refusals else (row, [])


def _unborn(message: Message) -> Period:
    """The period before the first event, so that receipt is a row like any other."""
    return Period(number=1, status="none", since=message.at)


def _out_of_place(context: Context) -> Refusal:
    """What is asked does not fit the status; of two who act at once, the second learns why."""
    period, process = context.period, context.edition.process
    if context.message.name not in process.messages:
        return Refusal(code="unknown_command")
    unsaid = needed(context, MAY_BE_NONE) if context.actor.role in PERSONS else ()
    if unsaid := [one for one in unsaid if one not in context.data]:
        return Refusal(code="incomplete", facts={"fields": ", ".join(unsaid)})
    facts: dict[str, Any] = {"status": period.status, "since": _json(period.since)}
    if period.moved_by:
        facts["by"] = period.moved_by.role.value
        if period.moved_by.id and context.actor.role in SEE_PERSONS:
            facts["person"] = period.moved_by.id
    closed = process.statuses[period.status].closed
    return Refusal(code="case_closed" if closed else "status_does_not_allow", facts=facts)


def _refused(case: Case, message: Message, number: int, refusals: list[Refusal]) -> Event:
    reasons = [refusal.model_dump(mode="json") for refusal in refusals]
    data: dict[str, Any] = {"name": message.name, "reasons": reasons}
    if message.data.get("effect") in case.outbox:
        data["done"] = message.data["effect"]
    period = case.periods.get(number)
    if message.actor.role == Role.DEADLINE and period and (term := spent(period, message)):
        data["misfires"] = term
    return Event(
        seq=case.seq + 1,
        type="refused",
        row="-",
        message_id=message.id,
        at=message.at,
        actor=message.actor,
        period=number,
        data=data,
    )


def _event(context: Context, row: Row) -> Event:
    """One row as an event: what it writes, then what it does to terms, effects and desks."""
    change = RECORDERS[row.records](context) if row.records else Change()
    seq = context.case.seq + 1
    data: dict[str, Any] = dict(change.data)
    if row.to:
        data["to"] = row.to
    if row.paper and (paper := context.facts.get("paper")):
        data["paper"] = paper
    if documents := context.documents:
        data["documents"] = documents
    if row.confirms and (first := context.first_of(row.confirms)):
        data["first"] = {"by": first.by, "at": _json(first.at), "message": first.message}
    written = dict(change.period)
    if _is_closing(context, row):
        written["closed_from"] = context.period.status
    if written:
        data["period"] = {name: _json(value) for name, value in written.items()}
    if records := _of_case(context, row, change):
        data["case"] = records
    data |= _terms(context, row, change)
    if effects := wanted(context, row, change, seq):
        data["effects"] = effects
    if cancels := called_off(context, row):
        data["cancels"] = cancels
    if row.opens:
        data["opens"] = list(row.opens)
    if row.asks:
        data["asks"] = list(row.asks)
    if closes := _closes(context, row):
        data["closes"] = closes
    if context.data.get("effect") in context.case.outbox:
        data["done"] = context.data["effect"]
    if article := row.article(context.edition.citing):
        data["basis"] = article
    return Event(
        seq=seq,
        type=row.event,
        row=row.id,
        message_id=context.message.id,
        at=context.message.at,
        actor=context.actor,
        period=context.period.number,
        data=data,
    )


def _is_closing(context: Context, row: Row) -> bool:
    return row.to is not None and context.edition.process.statuses[row.to].closed


def _of_case(context: Context, row: Row, change: Change) -> dict[str, Any]:
    """What is written to the case itself; its end answers every question put to a person."""
    records = {name: _json(value) for name, value in change.case.items()}
    others = [
        one
        for one in open_periods(context.case, context.edition.process)
        if one.number != context.period.number
    ]
    if _is_closing(context, row) and not others and context.case.escalations:
        records["escalations"] = {}
    return records


def _closes(context: Context, row: Row) -> list[str]:
    """The tasks of this period that are done with; when it closes all whose term does not go on."""
    number, terms = context.period.number, context.edition.process.terms
    mine = [task.code for task in context.case.tasks.values() if task.period == number]
    if not _is_closing(context, row):
        return [code for code in mine if code in row.closes]
    return [code for code in mine if code not in terms or row.to not in terms[code].runs_in]


def _terms(context: Context, row: Row, change: Change) -> dict[str, Any]:
    """The terms that begin, end, stand still, go on or ran out with this event."""
    terms, present = context.edition.process.terms, context.period.deadlines
    data: dict[str, Any] = {}
    to = row.to or context.period.status
    started = ((term, change.starts.get(term, Start())) for term in row.starts)
    wanted = {term: start for term, start in started if start is not None}
    wanted |= {**change.extends, **resumed(context, row, to)}
    begun_now = (_deadline(context, term, start) for term, start in wanted.items())
    made = [*filter(None, begun_now), *change.moved]
    if made:
        standing = standing_still(context, row, made)
        data["deadlines"] = [deadline.model_dump(mode="json") for deadline in standing]
    if fired := context.data.get("fires"):
        data["fires"] = fired
    begun = {deadline.term for deadline in made}
    if pauses := paused(context, row):
        data["pauses"] = pauses
    stops = [
        term
        for term, deadline in present.items()
        if term not in begun and not deadline.stopped
        if term in row.stops or (to not in terms[term].runs_in and not terms[term].outlives)
    ]
    stops += [term for term in dropped(context, to) if term not in begun]
    if stops:
        data["stops"] = stops
    missed = {
        term: codes
        for term, deadline in present.items()
        if term not in begun and context.period.status not in terms[term].runs_in
        if to in terms[term].runs_in and (codes := _past(deadline, context))
    }
    if missed:
        data["missed"] = missed
    return data


def _past(deadline: Deadline, context: Context) -> list[str]:
    """Reminders that came while the term did not run: they are dropped (row C2)."""
    return [
        code
        for code, at in deadline.reminders.items()
        if at <= context.message.at and code not in deadline.fired
    ]


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _deadline(context: Context, term: str, start: Start) -> Deadline | None:
    """Count a term anew; nothing where the present deadline stands and is to be kept."""
    present = context.period.deadlines.get(term)
    certificate = _certificate(context, term, start)
    running = present is not None and (not present.stopped or present.rest is not None)
    if start.keep and present and running and present.expires_at >= certificate.expires_at:
        return None
    return certified(context, term, certificate)


def _certificate(context: Context, term: str, start: Start) -> Certificate:
    rule = context.edition.terms[term]
    event = start.event or context.today
    length, basis = Term.parse(start.length or rule.length), rule.basis
    if start.length:
        basis = "policy"
    if start.until:
        length, basis = Term.parse(f"{max(1, (start.until - event).days)}cd"), "agreed in the order"
    certificate = certify(event, length, context.calendar, start.basis or basis)
    if start.at_least:
        day, least = start.at_least
        second = certify(day, Term.parse(least), context.calendar, "policy")
        certificate = later(certificate, second)
    return certificate
