"""What may be said in a command now: the values that can be named, and between which bounds."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.case.context import Context
from domain.case.options import CHOSEN, LINE, LISTED, MAY_BE_NONE, OPTIONS
from domain.case.outlook import fields_named, named, rows_of, until_certain
from domain.process import Row
from domain.rules import BOUND_BY, BOUNDS, GUARDS

# Beyond every bound on either side: a number, or a day.
DAYS: Final = frozenset(("on", "known_on", "start", "until", "deliver_by", "value"))
_BEYOND: Final[tuple[Any, ...]] = (-1, 10**15, "1900-01-01", "2199-12-31")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and the last of what is right, both of them right; None: without an end."""

    first: Any
    last: Any


@dataclass(frozen=True, slots=True)
class Widest(Bounds):
    """The bounds of a field whatever else is said; where they depend on what the field `by` names,
    `each` has those of each value that can be named there.
    """

    by: str | None = None
    each: Mapping[Any, Bounds] = field(default_factory=dict)


def possible(context: Context, fields: Collection[str]) -> dict[str, list[Any]]:
    """By field, each value with which the command may be taken, as far as the value decides that.

    Fields in which nothing of the case is chosen are left out.
    """
    return {
        name: [one for one in values if one is not None]
        for name, values in _tried(context, fields).items()
    }


def needed(context: Context, fields: Collection[str]) -> list[str]:
    """The fields of `MAY_BE_NONE` without which the case refuses the command."""
    found = _tried(context, [one for one in MAY_BE_NONE if one in fields])
    return [name for name, values in found.items() if values and None not in values]


def lines(context: Context) -> list[Mapping[str, Any]]:
    """What a bank's statement may say of the payments of the period."""
    rows = [row for row in until_certain(rows_of(context)) if "line" in fields_named(row)]
    return [about.data for row in rows for about, reasons in named(context, row) if not reasons]


def _tried(context: Context, fields: Collection[str]) -> dict[str, dict[Any, None]]:
    found: dict[str, dict[Any, None]] = {one: {} for one in CHOSEN if one in fields}
    for row in until_certain(rows_of(context)):
        asked = _asked(row)
        here = (one for one in (*LISTED, *LINE) if one in asked and one in fields)
        found |= {one: {} for one in here if one not in found}
        told = [about.data for about, reasons in named(context, row) if not reasons]
        for name, values in found.items():
            tried = (data[name] for data in told if name in data)
            values |= dict.fromkeys(tried if name in asked else OPTIONS[name](context))
    return found


def _asked(row: Row) -> set[str]:
    """The fields at which rules of the row look, by what is named in them."""
    asked = {*fields_named(row)}
    return asked | {*LINE} if "line" in asked else asked


def bounds(
    context: Context, fields: Collection[str], said: Mapping[str, Any] | None = None
) -> dict[str, Widest]:
    """By field, between what a number or a day must lie, where every row bounds it.

    Of what `said` names already, only that is looked at.
    """
    rows = list(until_certain(rows_of(context)))
    found = {name: _widest(context, rows, name, said or {}) for name in fields}
    return {
        name: one
        for name, one in found.items()
        if (one.first, one.last) != (None, None) or one.each
    }


def _widest(context: Context, rows: list[Row], name: str, said: Mapping[str, Any]) -> Widest:
    guards = (one for row in rows for one in row.guards if BOUNDS.get(one) == name)
    by = next((BOUND_BY[one] for one in guards if one in BOUND_BY), None)
    if by is None:
        only = _of_rows(context, rows, name, {})
        return Widest(only.first, only.last)
    named_there = [said[by]] if said.get(by) is not None else possible(context, [by])[by]
    each = {one: _of_rows(context, rows, name, {by: one}) for one in named_there}
    first, last = (
        _least(one.first for one in each.values()),
        _most(one.last for one in each.values()),
    )
    return Widest(first, last, by, each)


def _of_rows(context: Context, rows: list[Row], name: str, beside: Mapping[str, Any]) -> Bounds:
    found = [_of_row(context, row, name, beside) for row in rows]
    return Bounds(_least(one.first for one in found), _most(one.last for one in found))


def _of_row(context: Context, row: Row, name: str, beside: Mapping[str, Any]) -> Bounds:
    told = [fact for one in row.guards if BOUNDS.get(one) == name
            for fact in _told(context, one, name, beside)]  # fmt: skip
    first = [fact[one] for fact in told for one in ("least", "earliest") if one in fact]
    last = [fact[one] for fact in told for one in ("most", "latest") if one in fact]
    return Bounds(max(first, default=None), min(last, default=None))


def _told(
    context: Context, guard: str, name: str, beside: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """What a guard tells of its bounds, asked for what lies beyond them."""
    for value in _BEYOND:
        if isinstance(value, str) == (name in DAYS):
            data = {**beside, name: value}
            message = context.message.model_copy(update={"data": data})
            refusal = GUARDS[guard](replace(context, message=message))
            if refusal is not None:
                yield refusal.facts


def _least(found: Iterable[Any]) -> Any:
    """The least of them; None where one of them has no end."""
    known = list(found)
    return None if None in known else min(known, default=None)


def _most(found: Iterable[Any]) -> Any:
    known = list(found)
    return None if None in known else max(known, default=None)
