"""What a person may do now, and of the rest why not."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

from domain.case.context import Context
from domain.case.options import OPTIONS, said
from domain.case.periods import acts_on, addressed, leading, live_periods
from domain.case.state import Case, Period
from domain.messages import Actor, Message, Refusal, Role
from domain.parties.sight import is_of
from domain.process import Edition, Process, Row
from domain.rules import GUARDS, NAMING, NEED_BODY, REPEATING, SELECTORS
from domain.terms.counting import Calendar

PEOPLE = (Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)


def commands(process_rows: tuple[Row, ...], role: Role) -> tuple[str, ...]:
    """The commands that people of a role ever have, in the order of the process."""
    return tuple(dict.fromkeys(row.on for row in process_rows if role in row.by))


def choices(
    case: Case,
    actor: Actor,
    at: datetime,
    edition: Edition,
    calendar: Calendar,
    facts: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """What this person may ask for now, and of the rest of their commands why not.

    One entry a command and period: `name`, `period`, `allowed`, `reasons` (codes with facts). Of a
    period that has ended, beside others, only what is allowed is told. What is about the whole case
    stands there once, without a period. Guards that look at what will be asked are left to the
    command itself. `facts` are reference data that would hold for it.
    """
    if not case.periods:
        return []
    assert case.measure is not None, "a case with a status has a measure"
    edition = edition.of(case.measure.entitlement)
    process, whole = edition.process, edition.process.whole_case
    names = commands(process.rows, actor.role)
    law = (edition, calendar)
    periods, shown = _looked_at(case, actor, process)
    found = []
    for name in names:
        about = Message(id="", name=name, at=at, actor=actor, facts=dict(facts or {}))
        if name in whole.every or name in whole.once:
            together = addressed(case, about, process)
            assert not isinstance(together, Refusal), "no period need be named"
            reasons = min(
                (reasons_against(Context(case, p, about, *law)) for p in together), key=len
            )
            found.append(_choice(name, None, reasons))
            continue
        for period in periods:
            reasons = reasons_against(Context(case, period, about, *law))
            if period in shown or not reasons:
                found.append(_choice(name, period.number, reasons))
    return found


def _looked_at(case: Case, actor: Actor, process: Process) -> tuple[list[Period], list[Period]]:
    """The periods that a person may act in, and those of them of which more is told than that.

    A supplier's are those with an order of its own.
    """
    live = live_periods(case, process)
    if actor.role != Role.SUPPLIER:
        return list(case.periods.values()), live or [leading(case, process)]
    own = str(actor.on_behalf_of)
    theirs = [p for p in case.periods.values() if any(is_of(order, own) for order in p.orders)]
    return theirs, [one for one in live if acts_on(one, own)] or theirs


def _choice(name: str, period: int | None, reasons: list[Refusal]) -> dict[str, Any]:
    told = [reason.model_dump(mode="json") for reason in reasons]
    return {"name": name, "period": period, "allowed": not reasons, "reasons": told}


def reasons_against(context: Context) -> list[Refusal]:
    """Why a command would be refused, whatever is said in it; empty: it may be asked."""
    actor, period = context.actor, context.period
    if actor.role == Role.SUPPLIER and not acts_on(period, actor.on_behalf_of):
        return [Refusal(code="not_your_case")]
    mine = rows_of(context)
    if not mine:
        return [Refusal(code="status_does_not_allow", facts={"status": context.period.status})]
    refusals = [
        found for row in _until_certain(mine) if (found := _refusals(context, row)) is not None
    ]
    nothing = [Refusal(code="nothing_to_do")]
    return min(refusals, key=len, default=nothing)


def rows_of(context: Context) -> list[Row]:
    """The rows that may take a command, whatever is said in it."""
    rows = context.edition.process.table.get((context.period.status, context.message.name), ())
    return [row for row in rows if context.actor.role in row.by and _may_fit(context, row)]


def _until_certain(rows: list[Row]) -> Iterator[Row]:
    """Which rows may take it: one that fits whatever is said leaves nothing to those after it."""
    for row in rows:
        yield row
        if NEED_BODY.isdisjoint(row.when):
            return


def _may_fit(context: Context, row: Row) -> bool:
    """Selectors that read the body are left to the command: whether their row fits is seen then.

    What only repeats an act is taken, and not offered.
    """
    if not REPEATING.isdisjoint(row.when):
        return False
    return all(SELECTORS[name](context) for name in row.when if name not in NEED_BODY)


def _refusals(context: Context, row: Row) -> list[Refusal] | None:
    """Why the row would refuse whatever is named in it; None where it fits nothing of that."""
    guards = [name for name in row.guards if name not in NEED_BODY]
    refusals = [found for name in guards if (found := GUARDS[name](context))]
    least: list[Refusal] | None = None
    for _, tried in named(context, row):
        least = tried if least is None else min(least, tried, key=len)
        if not least:
            break
    return None if least is None else refusals + least


def fields_named(row: Row) -> tuple[str, ...]:
    """The fields by which rules of the row look at what is named."""
    return tuple(dict.fromkeys(NAMING[one] for one in (*row.guards, *row.when) if one in NAMING))


def named(context: Context, row: Row) -> Iterator[tuple[Context, list[Refusal]]]:
    """The message with each of what may be named in its fields, where it fits the row, and why it
    would be refused for that; in vain, where there is nothing to be named.
    """
    guards = [GUARDS[name] for name in row.guards if name in NAMING]
    when = [SELECTORS[name] for name in row.when if name in NAMING]
    fields = fields_named(row)
    for options in product(*(tuple(OPTIONS[field](context)) or (None,) for field in fields)):
        data = said(dict(zip(fields, options, strict=True)))
        about = replace(context, message=context.message.model_copy(update={"data": data}))
        if all(fits(about) for fits in when):
            yield about, [found for one in guards if (found := one(about))]
