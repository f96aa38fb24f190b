"""Who acts next, by when, what happens otherwise, and what a person may do now."""

from datetime import datetime
from typing import Any

from domain.case import Case, Deadline, Period
from domain.context import Context
from domain.guards import GUARDS, NEED_BODY
from domain.messages import Actor, Message, Refusal, Role
from domain.process import Edition, Row
from domain.representatives import Acting
from domain.selectors import NEED_BODY as SELECT_BY_BODY
from domain.selectors import NOBODY, SELECTORS
from domain.terms import Calendar

CASEWORKER = Role.CASEWORKER.value
PEOPLE = (Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)


def waits_for(period: Period, edition: Edition, acting: Acting) -> tuple[str, ...]:
    """The actors who hold the case: in `awaiting_signatures` those whose signature is missing.

    Where the recipient cannot act any more or nobody can for them, the caseworker does.
    """
    named = edition.process.statuses[period.status].waits_for
    wanted = (named,) if named != "signers" else _signers(period, edition) or ("service",)
    idle = acting.died or (period.pause is not None and period.pause.ground == NOBODY)
    return tuple(CASEWORKER if who == Role.RECIPIENT and idle else who for who in wanted)


def _signers(period: Period, edition: Edition) -> tuple[str, ...]:
    application = period.application
    held = application.signatures if application else {}
    attested = (Role.RECIPIENT.value,) if application and application.attested else ()
    return tuple(
        role
        for role in edition.required_signers
        if role not in attested and (role not in held or not held[role].checked)
    )


def due(period: Period, edition: Edition) -> Deadline | None:
    """The deadline of the status, if it has one; a past one says since when somebody is overdue."""
    term = edition.process.statuses[period.status].term
    deadline = period.deadlines.get(term) if term else None
    return None if deadline is None or deadline.stopped else deadline


def commands(process_rows: tuple[Row, ...], role: Role) -> tuple[str, ...]:
    """The commands that people of a role ever have, in the order of the process."""
    return tuple(dict.fromkeys(row.on for row in process_rows if role in row.by))


def choices(
    case: Case, actor: Actor, at: datetime, edition: Edition, calendar: Calendar
) -> list[dict[str, Any]]:
    """What this person may ask for now, and of the rest of their commands why not.

    One entry a command: `name`, `allowed`, `reasons` (codes with facts). Guards that look at what
    will be asked are left to the command itself.
    """
    period = case.period(None)
    if period is None:
        return []
    found = []
    for name in commands(edition.process.rows, actor.role):
        message = Message(id="", name=name, at=at, actor=actor)
        context = Context(case, period, message, edition, calendar)
        reasons = _reasons(context)
        found.append(
            {
                "name": name,
                "allowed": not reasons,
                "reasons": [reason.model_dump(mode="json") for reason in reasons],
            }
        )
    return found


def _reasons(context: Context) -> list[Refusal]:
    rows = context.edition.process.table.get((context.period.status, context.message.name), ())
    mine = [row for row in rows if context.actor.role in row.by and _may_fit(context, row)]
    if not mine:
        return [Refusal(code="status_does_not_allow", facts={"status": context.period.status})]
    refusals = [_refusals(context, row) for row in mine]
    return min(refusals, key=len)


def _may_fit(context: Context, row: Row) -> bool:
    """Selectors that read the body are left to the command: whether their row fits is seen then."""
    return all(SELECTORS[name](context) for name in row.when if name not in SELECT_BY_BODY)


def _refusals(context: Context, row: Row) -> list[Refusal]:
    guards = [name for name in row.guards if name not in NEED_BODY]
    return [found for name in guards if (found := GUARDS[name](context))]
