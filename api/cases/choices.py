"""What may be said in a command to a case as it stands: its form with the choices of today."""

from collections.abc import Mapping
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
from db.reference import known_of
from db.requests import read_case_row
from db.sealing import Seal
from definitions.calendars import current_calendar
from definitions.command_forms import command_forms, drawn, said_of
from definitions.editions import edition
from definitions.wording import codes as codes_of
from definitions.wording import every_language
from domain.case.context import Context
from domain.case.options import CHOSEN, LISTED
from domain.case.possible import Bounds, bounds, possible
from domain.case.state import Case, Escalation, Payment
from domain.messages import Message, Role
from domain.parties.representatives import Proposed
from domain.parties.sight import sight
from domain.rules import BOUNDS
from domain.terms.counting import local_day

# Fields whose choices or bounds the case says; who is asked, and what is offered, others say.
OF_CASE: Final = frozenset((*CHOSEN, *LISTED, *BOUNDS.values(), "to", "offer_id"))


def read_form(
    connection: Connection, seal: Seal, reader: Caller, case_id: UUID, name: str, number: int
) -> dict[str, Any]:
    """The form of a command to a case. Problem `not_found` for those who do not see the case."""
    row = read_case_row(connection, case_id)
    if row is None or row.seq is None or not may_see(reader, Parties.of(row._mapping)):
        raise Problem("not_found")
    today = _today(connection, seal, row, reader, name, number)
    return drawn(command_forms()[name], edition(row.edition), languages(), today)


def _today(
    connection: Connection, seal: Seal, row: Row[Any], reader: Caller, name: str, number: int
) -> dict[str, Mapping[str, Any]]:
    """By field what holds of it now, in words of JSON Schema."""
    stands = _seen(connection, row, reader)
    if number not in stands.periods:
        raise Problem("not_found")
    parties = Parties.of(row._mapping)
    actor, fields = actor_of(reader, parties), command_forms()[name].fields
    asked = is_asked(reader, parties) or (reader.role == Role.ADMINISTRATOR and row.unheld)
    facts = {"actor_is_asked": asked, "terms_hidden": [], **known_of(connection, stands, actor)}
    about = Message(id="", name=name, at=row.now, actor=actor, facts=facts)
    assert stands.measure is not None, "a case with a period has a measure"
    law = edition(row.edition).of(stands.measure.entitlement)
    context = Context(stands, stands.periods[number], about, law, current_calendar())
    found: dict[str, Mapping[str, Any]] = {
        field: _choice(context, field, values, "x-texts" in fields[field])
        for field, values in possible(context, fields.keys()).items()
    }
    within = bounds(context, [one for one in fields if one in set(BOUNDS.values())])
    found |= {field: _within(fields[field], one) for field, one in within.items()}
    if "to" in fields:
        named = addressees(connection, stands)
        found["to"] = {"oneOf": [said_of(one.to, one.name, languages()) for one in named]}
    if "calendar" in fields:
        now = context.calendar.version
        label = every_language("option.calendar.now", version=now)
        found["calendar"] = {"oneOf": [said_of(now, label, languages())]}
    if name == "enter_statement" and (paid := context.period.payments):
        lines = [said_of(one.key, _sum(one), languages()) for one in paid]
        found["key"] = {"oneOf": lines}
    if "offer_id" in fields:
        found["offer_id"] = {"x-choices": f"/v1/offers?case_id={stands.id}"}
    if "deliver_to" in fields and needs_address(connection, stands, row.now):
        found["deliver_to"] = {"x-required": True}
    return found | offered(connection, seal, context, fields)


def _choice(context: Context, field: str, values: list[Any], labelled: bool) -> dict[str, Any]:
    if labelled or not values:
        return {"enum": values}
    names = _names(context, field)
    return {"oneOf": [said_of(one, names.get(one, {}), languages()) for one in values]}


def _names(context: Context, field: str) -> Mapping[Any, Mapping[str, str]]:
    """What stands in the case under an id, where a text says more of it than the id does."""
    match field:
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
