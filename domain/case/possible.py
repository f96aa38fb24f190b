"""What may be said in a command now: the values that can be named, and between which bounds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.case.context import Context
from domain.case.options import CHOSEN, LISTED, OPTIONS
from domain.case.outlook import fields_named, named, rows_of
from domain.process import Row
from domain.rules import BOUNDS, GUARDS

# Beyond every bound on either side: a number, or a day.
DAYS: Final = frozenset(("on", "known_on", "start", "until", "deliver_by"))
_BEYOND: Final[tuple[Any, ...]] = (-1, 10**15, "1900-01-01", "2199-12-31")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and the last of what is right, both of them right; None: without an end."""

    first: Any
    last: Any


def possible(context: Context, fields: Collection[str]) -> dict[str, list[Any]]:
    """By field, each value with which the command may be taken, as far as the value decides that.

    Fields in which nothing of the case is chosen are left out.
    """
    found: dict[str, dict[Any, None]] = {one: {} for one in CHOSEN if one in fields}
    for row in rows_of(context):
        asked = fields_named(row)
        found |= {one: {} for one in LISTED if one in asked and one not in found}
        told = [about.data for about, reasons in named(context, row) if not reasons]
        for field, values in found.items():
            tried = (data[field] for data in told)
            values |= dict.fromkeys(tried if field in asked else OPTIONS[field](context))
    return {name: [one for one in found[name] if one is not None] for name in found}


def bounds(context: Context, fields: Collection[str]) -> dict[str, Bounds]:
    """By field, between what a number or a day must lie, where every row bounds it."""
    rows = list(rows_of(context))
    found = {field: [_of_row(context, row, field) for row in rows] for field in fields}
    return {
        field: Bounds(_least(one.first for one in of_rows), _most(one.last for one in of_rows))
        for field, of_rows in found.items()
        if any(one != Bounds(None, None) for one in of_rows)
    }


def _of_row(context: Context, row: Row, field: str) -> Bounds:
    told = [fact for name in row.guards if BOUNDS.get(name) == field
            for fact in _told(context, name, field)]  # fmt: skip
    first = [fact[one] for fact in told for one in ("least", "earliest") if one in fact]
    last = [fact[one] for fact in told for one in ("most", "latest") if one in fact]
    return Bounds(max(first, default=None), min(last, default=None))


def _told(context: Context, guard: str, field: str) -> Iterator[dict[str, Any]]:
    """What a guard tells of its bounds, asked for what lies beyond them."""
    for value in _BEYOND:
        if isinstance(value, str) == (field in DAYS):
            message = context.message.model_copy(update={"data": {field: value}})
            refusal = GUARDS[guard](replace(context, message=message))
            if refusal is not None:
                yield refusal.facts


def _least(found: Iterator[Any]) -> Any:
    """The least of them; None where one of them has no end."""
    known = list(found)
    return None if None in known else min(known)


def _most(found: Iterator[Any]) -> Any:
    known = list(found)
    return None if None in known else max(known)
