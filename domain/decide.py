"""The decider: what a message makes of a case under an edition of the law."""

from typing import Any

from domain.apply import apply
from domain.case import Case, Deadline, Period
from domain.context import Change, Context, Start
from domain.guards import GUARDS
from domain.messages import SERVICE, Event, Message, Refusal
from domain.process import Edition, Row
from domain.records import RECORDERS
from domain.selectors import SELECTORS
from domain.terms import Calendar, Certificate, Term, certify, days_before, later

# More automatic rows in a row than any process has: a circle in the definitions, not a case.
MOST_ENTERED = 10


def decide(case: Case, message: Message, edition: Edition, calendar: Calendar) -> list[Event]:
    """The events that a message adds to a case; one `refused` event where it may change nothing.

    Pure: the same arguments give the same events. Follow-up rows (`entered`) are part of the answer.
    """
    number = message.period if message.period is not None else _only(case)
    period = case.periods.get(number) if case.periods else _unborn(message)
    if period is None:
        refusals = [Refusal(code="period_unknown")]
        return [_refused(case, message, max(case.periods), refusals)]
    context = Context(case, period, message, edition, calendar)
    row, refusals = match(context)
    if row is None:
        return [_refused(case, message, period.number, refusals)]
    events = [_event(context, row)]
    return events + _entered(apply(case, events[0]), message, edition, calendar)


def match(context: Context) -> tuple[Row | None, list[Refusal]]:
    """The row that a message takes, or every reason why it takes none."""
    message, status = context.message, context.period.status
    rows = context.edition.process.table.get((status, message.name), ())
    mine = [row for row in rows if message.actor.role in row.by]
    row = next((row for row in mine if all(SELECTORS[name](context) for name in row.when)), None)
    if row is None:
        return None, [_out_of_place(context)]
    refusals = [found for name in row.guards if (found := GUARDS[name](context))]
    return (None, refusals) if refusals else (row, [])


def _only(case: Case) -> int:
    return max(case.periods, default=1)


def _unborn(message: Message) -> Period:
    """The period before the first event, so that receipt is a row like any other."""
    return Period(number=1, status="none", since=message.at)


def _out_of_place(context: Context) -> Refusal:
    status = context.period.status
    if context.edition.process.statuses[status].closed:
        return Refusal(code="case_closed", facts={"status": status})
    return Refusal(code="status_does_not_allow", facts={"status": status})


def _refused(case: Case, message: Message, period: int, refusals: list[Refusal]) -> Event:
    reasons = [refusal.model_dump(mode="json") for refusal in refusals]
    data: dict[str, Any] = {"name": message.name, "reasons": reasons}
    if message.data.get("effect") in case.outbox:
        data["done"] = message.data["effect"]
    if fired := message.data.get("fires"):
        data["fires"] = fired
    return Event(
        seq=case.seq + 1,
        type="refused",
        row="-",
        message_id=message.id,
        at=message.at,
        actor=message.actor,
        period=period,
        data=data,
    )


def _entered(case: Case, message: Message, edition: Edition, calendar: Calendar) -> list[Event]:
    """The rows that follow by themselves from where the case now stands."""
    events: list[Event] = []
    number = message.period if message.period is not None else _only(case)
    follow_up = message.model_copy(
        update={"name": "entered", "actor": SERVICE, "data": {}, "facts": {}}
    )
    while len(events) < MOST_ENTERED:
        context = Context(case, case.periods[number], follow_up, edition, calendar)
        row, _ = match(context)
        if row is None:
            return events
        events.append(_event(context, row))
        case = apply(case, events[-1])
    raise AssertionError(f"rows of {edition.code} follow each other in a circle")


def _event(context: Context, row: Row) -> Event:
    change = RECORDERS[row.records](context) if row.records else Change()
    seq = context.case.seq + 1
    data: dict[str, Any] = dict(change.data)
    if row.to:
        data["to"] = row.to
    if change.period:
        data["period"] = {name: _json(value) for name, value in change.period.items()}
    if change.case:
        data["case"] = {name: _json(value) for name, value in change.case.items()}
    deadlines = [made for term in row.starts if (made := _deadline(context, term, change))]
    if deadlines:
        data["deadlines"] = [deadline.model_dump(mode="json") for deadline in deadlines]
    if fired := context.data.get("fires"):
        data["fires"] = fired
    if row.effects:
        data["effects"] = [_effect(seq, i, word) for i, word in enumerate(row.effects, 1)]
    if _needs_check(context):
        data.setdefault("effects", []).append(_verify(seq, context))
    if row.opens:
        data["opens"] = list(row.opens)
    if closes := [code for code in row.closes if _task(context, code) in context.case.tasks]:
        data["closes"] = closes
    if context.data.get("effect") in context.case.outbox:
        data["done"] = context.data["effect"]
    if row.basis:
        data["basis"] = row.basis[context.edition.code]
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


def _task(context: Context, code: str) -> str:
    return f"{context.period.number}:{code}"


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _effect(seq: int, place: int, word: str) -> dict[str, Any]:
    """`tell:CODE:WHO,WHO` carries what to tell and whom; other words stand alone."""
    kind, _, rest = word.partition(":")
    code, _, audience = rest.partition(":")
    data = {"text": code, "to": audience.split(",")} if kind == "tell" else {}
    return {"key": f"{seq}.{place}", "kind": kind, "data": data}


def _needs_check(context: Context) -> bool:
    return context.facts.get("signature", {}).get("reason") == "unchecked"


def _verify(seq: int, context: Context) -> dict[str, Any]:
    data = {"role": context.actor.role.value, "signature": context.data["signature"]}
    return {"key": f"{seq}.verify", "kind": "verify", "data": data}


def _deadline(context: Context, term: str, change: Change) -> Deadline | None:
    """Count a term anew; nothing where the present deadline stands and is to be kept."""
    present = context.period.deadlines.get(term)
    start = change.starts.get(term, Start())
    certificate = _certificate(context, term, start)
    if start.keep and present and present.expires_at >= certificate.expires_at:
        return None
    length = context.edition.terms[term]
    reminders = {
        ahead: days_before(certificate, Term.parse(ahead), context.calendar)
        for ahead in length.reminders
    }
    return Deadline(
        term=term,
        revision=present.revision + 1 if present else 1,
        expires_at=certificate.expires_at,
        last_day=certificate.last_day,
        certificate=certificate.to_json(),
        reminders={code: at for code, at in reminders.items() if at > context.message.at},
    )


def _certificate(context: Context, term: str, start: Start) -> Certificate:
    rule = context.edition.terms[term]
    event = start.event or context.today
    length, basis = Term.parse(start.length or rule.length), rule.basis
    if start.length:
        basis = "policy"
    if start.until:
        length, basis = Term.parse(f"{max(1, (start.until - event).days)}cd"), "agreed in the order"
    certificate = certify(event, length, context.calendar, basis)
    if start.at_least:
        day, least = start.at_least
        certificate = later(certificate, certify(day, Term.parse(least), context.calendar, "policy"))
    return certificate
