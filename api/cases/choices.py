"""What may be said in a command to a case as it stands: its form with the choices of today."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from api.access import Parties, actor_of, is_asked, may_see
from api.auth import Caller
from api.cases.facts import needs_address
from api.cases.offered import offered
from api.language import languages
from api.problems import Problem
from db.escalations import addressees
from db.events import read_events
from db.reference import known_of, limiting_facts
from db.requests import read_case_row
from db.sealing import Seal
from definitions.calendars import current_calendar
from definitions.command_forms import command_forms, drawn, said_of
from definitions.editions import edition
from definitions.wording import codes as codes_of
from definitions.wording import every_language
from domain.case.context import Context
from domain.case.options import CHOSEN, LINE, LISTED
from domain.case.outlook import fields_named
from domain.case.periods import addressed, leading
from domain.case.possible import Bounds, Widest, bounds, lines, needed, possible
from domain.case.state import Case, Escalation, Order, Payment
from domain.messages import Message, Refusal, Role
from domain.parties.representatives import Proposed
from domain.parties.sight import sight, with_ends
from domain.rules import BOUNDS
from domain.terms.counting import local_day

# Fields whose choices or bounds the case says; who is asked, and what is offered, others say.
OF_CASE: Final = frozenset(
    (*CHOSEN, *LISTED, *LINE, *BOUNDS.values(), "to", "offer_id", "valid_from", "valid_until")
)
Today = dict[str, dict[str, Any]]


@cache
def told_by_case(law: str, name: str) -> bool:
    """Whether the form of a command is another for each case: a list at which no rule looks is the
    same for all.
    """
    rows = (row for row in edition(law).process.rows if row.on == name)
    looked_at = {one for row in rows for one in fields_named(row)}
    of_case = OF_CASE - ({*LISTED} - looked_at)
    return not of_case.isdisjoint(command_forms()[name].fields)


def read_form(
    connection: Connection,
    seal: Seal,
    reader: Caller,
    case: UUID | str,
    name: str,
    number: int | None,
    said: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The form of a command to a case, named by its id or reference, for the period of that number,
    or the one that is meant; with what was `said` already. Problem `not_found` for those who do not
    see the case.
    """
    row = read_case_row(connection, case)
    if row is None or row.seq is None or not may_see(reader, Parties.of(row._mapping)):
        raise Problem("not_found")
    contexts = _contexts(connection, row, reader, name, number)
    today = _today(connection, seal, contexts, name, said or {})
    return drawn(command_forms()[name], edition(row.edition), languages(), today)


def _contexts(
    connection: Connection, row: Row[Any], reader: Caller, name: str, number: int | None
) -> list[Context]:
    """Of each period that the command would be about, what its rules look at."""
    stands = _seen(connection, row, reader)
    parties = Parties.of(row._mapping)
    actor = actor_of(reader, parties)
    asked = is_asked(reader, parties) or (reader.role == Role.ADMINISTRATOR and row.unheld)
    facts = {"actor_is_asked": asked, "terms_hidden": [], **known_of(connection, stands, actor)}
    about = Message(id="", name=name, at=row.now, actor=actor, period=number, facts=facts)
    assert stands.measure is not None, "a case with a period has a measure"
    held = edition(row.edition).of(stands.measure.entitlement)
    law = with_ends(held) if reader.role == Role.SUPPLIER else held
    if number is not None and number not in stands.periods:
        raise Problem("not_found")
    found = addressed(stands, about, law.process)
    if isinstance(found, Refusal):
        found = [leading(stands, law.process) if number is None else stands.periods[number]]
    return [Context(stands, one, about, law, current_calendar()) for one in found]


def _today(
    connection: Connection,
    seal: Seal,
    contexts: list[Context],
    name: str,
    said: Mapping[str, Any],
) -> Today:
    """By field what holds of it now, in words of JSON Schema."""
    context, fields = contexts[0], command_forms()[name].fields
    stands, today = context.case, local_day(context.message.at)
    if "offer_id" in fields:
        limits = limiting_facts(connection, stands, context.message.at, context.period.number)
        message = context.message.model_copy(update={"facts": {**context.facts, **limits}})
        context = replace(context, message=message)
        contexts = [context]
    found = _of_case(contexts, fields, said)
    if "to" in fields:
        named = addressees(connection, stands)
        found["to"] = {"oneOf": [said_of(one.to, one.name, languages()) for one in named]}
    if "calendar" in fields:
        now = context.calendar.version
        label = every_language("option.calendar.now", version=now)
        found["calendar"] = {"oneOf": [said_of(now, label, languages())]}
    if "valid_from" in fields:
        found["valid_from"] = {"formatMaximum": today.isoformat()}
        found["valid_until"] = {"formatMinimum": today.isoformat()}
    if "offer_id" in fields:
        found["offer_id"] = {"x-choices": f"/v1/offers?case_id={stands.id}"}
    if "companion" in fields and context.facts["companion_sum"] is None:
        found["companion"] = {"const": False}
    if "deliver_to" in fields and needs_address(connection, stands, context.message.at):
        found["deliver_to"] = {"x-required": True}
    return found | offered(connection, seal, context, fields)


def _of_case(
    contexts: list[Context], fields: Mapping[str, Mapping[str, Any]], said: Mapping[str, Any]
) -> Today:
    """What the rules say of the fields; of several periods, what any of them says."""
    chosen: dict[str, dict[Any, Context]] = {}
    found: Today = {}
    for context in contexts:
        for field, values in possible(context, fields.keys()).items():
            chosen[field] = {**dict.fromkeys(values, context), **chosen.get(field, {})}
        within = bounds(context, [one for one in fields if one in {*BOUNDS.values()}], said)
        found |= {field: _limits(fields[field], one) for field, one in within.items()}
    found |= {field: _choice(field, values, fields[field]) for field, values in chosen.items()}
    for field in needed(contexts[0], fields.keys()):
        found[field]["x-required"] = True
    for field, by in _of_line(contexts[0]).items() if {*LINE} <= found.keys() else ():
        found[field]["x-by"] = by
    return found


def _of_line(context: Context) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """What a statement may say of each payment, and beside each outcome."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    told = lines(context)
    for field, by in (("outcome", "key"), ("differs", "outcome")):
        values: dict[str, dict[str, None]] = {line[by]: {} for line in told}
        for line in told:
            values[line[by]] |= {line[field]: None} if field in line else {}
        found[field] = [(by, one, {"enum": [*right]}) for one, right in values.items()]
    return found


def _limits(field: Mapping[str, Any], found: Widest) -> dict[str, Any]:
    """The bounds of a field; where they depend on another one, by its values."""
    told = _within(field, found)
    if found.by is None or len(found.each) < 2:
        return told
    return {
        **told,
        "x-by": [(found.by, one, _within(field, own)) for one, own in found.each.items()],
    }


def _choice(field: str, values: Mapping[Any, Context], asked: Mapping[str, Any]) -> dict[str, Any]:
    if "x-texts" in asked or not values:
        return {"enum": [*values]}
    named = {one: _names(context, field).get(one, {}) for one, context in values.items()}
    return {"oneOf": [said_of(one, name, languages()) for one, name in named.items()]}


def _names(context: Context, field: str) -> Mapping[Any, Mapping[str, str]]:
    """What stands in the case under an id, where a text says more of it than the id does."""
    match field:
        case "key":
            return {one.key: _sum(one) for one in context.period.payments}
        case "order":
            return {one.number: _placed(one) for one in context.period.orders}
        case "contest":
            codes = {one.id: f"law.term.{one.term}" for one in context.period.contests}
        case "correction":
            codes = {one.id: f"correctable.{one.field}" for one in context.period.corrections}
        case "escalation":
            return {one.id: _asked(one) for one in context.case.escalations.values()}
        case "proposal":
            codes = {one.id: _entered(one) for one in context.measure.acting.proposed}
        case "representative":
            known = context.measure.acting.representatives
            codes = {one.id: f"option.kind.{one.kind}" for one in known}
        case "objection" if context.period.hearing:
            codes = {one.id: f"law.actor.{one.by}" for one in context.period.hearing.objections}
        case _:
            codes = {}
    return {value: every_language(code) for value, code in codes.items()}


def _placed(one: Order) -> Mapping[str, str]:
    """An order, by its number and the day on which it was placed."""
    return every_language("option.order.placed", number=one.number, since=local_day(one.placed_at))


def _sum(one: Payment) -> Mapping[str, str]:
    """A payment, by the number under which the treasury has it."""
    return every_language("option.stated.payment", key=one.key, amount=one.amount)


def _asked(one: Escalation) -> Mapping[str, str]:
    """A question, by who is asked and since when."""
    known = f"addressee_desk.{one.to}"
    to = every_language(known if known in codes_of("addressee_desk") else "option.asked.official")
    return every_language("option.asked.since", named=to, since=local_day(one.at))


def _entered(one: Proposed) -> str:
    """The text of what one caseworker has entered, and another is to confirm."""
    if one.begins is not None:
        return f"option.kind.{one.begins.kind}"
    return f"option.capacity.{one.capacity}" if one.capacity else "option.entered.power_ends"


def _within(field: Mapping[str, Any], found: Bounds) -> dict[str, Any]:
    """What may be asked at least and at most, of days the first and the last one."""
    first, last = ("formatMinimum", "formatMaximum")
    if field["type"] == "integer":
        first, last = ("minimum", "maximum")
    told = {first: found.first, last: found.last}
    return {name: one for name, one in told.items() if one is not None}


def _seen(connection: Connection, row: Row[Any], reader: Caller) -> Case:
    """The case as the reader sees it: a supplier, what its own orders are about."""
    stands = Case.model_validate(row.state)
    if reader.role != Role.SUPPLIER:
        return stands
    begun, events = Case(id=stands.id, edition=row.edition), read_events(connection, stands.id)
    found = sight(begun, events, str(reader.on_behalf_of), edition(row.edition).process)
    kept = found.case.model_copy(update={"escalations": {}})
    periods = {
        number: one.model_copy(
            update={
                "deadlines": {
                    term: deadline
                    for term, deadline in one.deadlines.items()
                    if (number, term, deadline.revision) in found.terms
                }
            }
        )
        for number, one in kept.periods.items()
    }
    return kept.model_copy(update={"periods": periods})
