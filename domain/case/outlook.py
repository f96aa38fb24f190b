"""What a person may do now, and of the rest why not."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import chain, product
from typing import Any

from domain.case.context import Context
from domain.case.options import OPTIONS, said
from domain.case.periods import acts_on, addressed, leading, live_periods
from domain.case.state import Case, Period
from domain.messages import Actor, Message, Refusal, Role
from domain.parties.sight import is_of
from domain.process import Edition, Process, Row
from domain.rules import GUARDS, NAMING, NEED_BODY, REPEATING, SELECTORS
from domain.rules.registry import Guard
from domain.terms.counting import Calendar

PEOPLE = (Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)


def choices(
    case: Case,
    actor: Actor,
    at: datetime,
    edition: Edition,
    calendar: Calendar,
    facts: Mapping[str, Any] | None = None,
    *,
    every: bool = True,
) -> list[dict[str, Any]]:
    """What this person may ask for now; with `every`, also the rest of their commands and why not.

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
    law = (edition, calendar)
    periods, shown = _looked_at(case, actor, process)
    found = []
    for name in process.commands[actor.role]:
        about = Message(id="", name=name, at=at, actor=actor, facts=dict(facts or {}))
        if name in whole.every or name in whole.once:
            together = addressed(case, about, process)
            assert not isinstance(together, Refusal), "no period need be named"
            contexts = [Context(case, one, about, *law) for one in together]
            if any(map(may_be_asked, contexts)):
                found.append(_choice(name, None, []))
            elif every:
                found.append(_choice(name, None, min(map(reasons_against, contexts), key=len)))
            continue
        for period in periods:
            context = Context(case, period, about, *law)
            if may_be_asked(context):
                found.append(_choice(name, period.number, []))
            elif every and period in shown:
                found.append(_choice(name, period.number, reasons_against(context)))
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


def may_be_asked(context: Context) -> bool:
    """Whether a command may be taken, as far as that does not depend on what is said in it."""
    return not _of_another(context) and any(
        _takes(context, row) for row in until_certain(rows_of(context))
    )


def _takes(context: Context, row: Row) -> bool:
    refused = any(guard(context) for guard in _beforehand(row.guards))
    return not refused and any(not refusals for _, refusals in named(context, row))


@cache
def _beforehand(guards: tuple[str, ...]) -> tuple[Guard, ...]:
    """Those of them that look at nothing of what is said."""
    return tuple(GUARDS[name] for name in guards if name not in NEED_BODY)


def _of_another(context: Context) -> bool:
    actor = context.actor
    return actor.role == Role.SUPPLIER and not acts_on(context.period, actor.on_behalf_of)


def reasons_against(context: Context) -> list[Refusal]:
    """Why a command would be refused, whatever is said in it; none where it may be asked."""
    if _of_another(context):
        return [Refusal(code="not_your_case")]
    mine = rows_of(context)
    if not mine:
        return [Refusal(code="status_does_not_allow", facts={"status": context.period.status})]
    refusals = [
        found for row in until_certain(mine) if (found := _refusals(context, row)) is not None
    ]
    nothing = [Refusal(code="nothing_to_do")]
    return min(refusals, key=len, default=nothing)


def rows_of(context: Context) -> list[Row]:
    """The rows that may take a command, whatever is said in it."""
    rows = context.edition.process.table.get((context.period.status, context.message.name), ())
    return [row for row in rows if context.actor.role in row.by and _may_fit(context, row)]


def until_certain(rows: list[Row]) -> Iterator[Row]:
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
    refusals = [found for guard in _beforehand(row.guards) if (found := guard(context))]
    least: list[Refusal] | None = None
    for _, tried in named(context, row):
        least = tried if least is None else min(least, tried, key=len)
        if not least:
            break
    return None if least is None else refusals + least


def fields_named(row: Row) -> tuple[str, ...]:
    """The fields by which rules of the row look at what is named."""
    return _fields(row.guards, row.when)


@cache
def _fields(*rules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(NAMING[one] for one in chain(*rules) if one in NAMING))


def named(context: Context, row: Row) -> Iterator[tuple[Context, list[Refusal]]]:
    """The message with each of what may be named in its fields, where it fits the row, and why it
    would be refused for that; in vain, where there is nothing to be named.
    """
    if not (fields := fields_named(row)):
        yield context, []
        return
    guards = [GUARDS[name] for name in row.guards if name in NAMING]
    when = [SELECTORS[name] for name in row.when if name in NAMING]
    for options in product(*(tuple(OPTIONS[field](context)) or (None,) for field in fields)):
        data = said(dict(zip(fields, options, strict=True)))
        message = context.message.model_copy(update={"data": data})
        about = Context(context.case, context.period, message, context.edition, context.calendar)
        if all(fits(about) for fits in when):
            yield about, [found for one in guards if (found := one(about))]
