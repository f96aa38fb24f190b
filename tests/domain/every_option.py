"""The form of a command as a case has it: everything that it offers, and what lies just beside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

from definitions.command_forms import command_forms, values_of
from domain.case.context import Context
from domain.case.options import LINE
from domain.case.possible import DAYS, Bounds, bounds, lines, needed, possible
from domain.messages import Actor, Message
from domain.rules import BOUNDS
from tests.domain.play import Play, order, signing
from tests.support.door import looked_up

BOUNDED: Final = frozenset(BOUNDS.values())
# What a form says of these, the walk says for it (`body`), or nothing is chosen in them.
BESIDE: Final = frozenset(
    (
        *("to", "offer_id", "application_sha256", "supplier_id", "authority_bin", "kato"),
        *("calendar", "documents", "companion", "scope", "price_shown", "co_payment_confirmed"),
        *("phone_confirmed", "email_confirmed", "kind", "basis_date", "valid_from", "valid_until"),
        *LINE,
    )
)
Said = dict[str, Any]
Fields = dict[str, list[Any]]


@dataclass(frozen=True)
class Offer:
    """What may be said in each field, and by field what is just not offered there."""

    offered: Fields
    beside: Fields

    def said(self) -> Iterator[Said]:
        """Everything with everything."""
        yield from _every(self.offered)

    def not_offered(self) -> Iterator[tuple[str, Said]]:
        """Each of what is not offered, with everything else as it is offered."""
        for field, values in self.beside.items():
            yield from ((field, one) for one in _every({**self.offered, field: values}))


def _every(fields: Mapping[str, list[Any]]) -> Iterator[Said]:
    for values in product(*fields.values()):
        told = dict(zip(fields, values, strict=True))
        line = told.pop("line", {})
        yield {**{name: one for name, one in told.items() if one is not None}, **line}


def context_of(play: Play, name: str, actor: Actor, number: int | None = None) -> Context:
    """What the rules of a command look at in a period, as somebody asks."""
    period = play.case.periods[number or play.about or 1]
    facts = {**looked_up({}), **play.known}
    message = Message(id="", name=name, at=play.now, actor=actor, facts=facts)
    assert play.case.measure is not None
    law = play.edition.of(play.case.measure.entitlement)
    return Context(play.case, period, message, law, play.calendar)


def offers(context: Context) -> list[Offer]:
    """What the form offers; where bounds depend on what another field says, one for each."""
    schema = command_forms()[context.message.name]
    offered, beside = _choices(context)
    found = [Offer(offered, beside)]
    for field, one in bounds(context, [name for name in schema.fields if name in BOUNDED]).items():
        whole = field in schema.schema["required"]
        by: dict[Any, Bounds] = {None: one} if one.by is None else dict(one.each)
        found = [
            Offer(
                {**before.offered, **choice, field: [*([] if whole else [None]), *_ends(own)]},
                {**before.beside, field: _beyond(own)},
            )
            for before in found
            for value, own in by.items()
            for choice in ({} if one.by is None else {one.by: [value]},)
        ]
    return found


def _choices(context: Context) -> tuple[Fields, Fields]:
    form = command_forms()[context.message.name]
    chosen = possible(context, form.fields.keys())
    offered: Fields = {}
    beside: Fields = {}
    for name, one in form.fields.items():
        every = list(values_of(one, context.edition))
        if name in BESIDE or one.get("x-sealed"):
            continue
        if name in chosen:
            offered[name], beside[name] = chosen[name], [v for v in every if v not in chosen[name]]
        elif every:
            offered[name] = every
        elif one.get("type") == "boolean":
            offered[name] = [True, False]
        if name in offered and name not in [
            *form.schema["required"],
            *needed(context, form.fields),
        ]:
            offered[name] = [None, *offered[name]]
    if "key" in form.fields:
        offered["line"] = [{"amount": 1, **one} for one in lines(context)]
    return offered, {name: values for name, values in beside.items() if values}


def _ends(found: Bounds) -> list[Any]:
    """Both ends; of what has none, some value."""
    return list(dict.fromkeys(one for one in (found.first, found.last) if one is not None)) or [
        "2026-12-01"
    ]


def _beyond(found: Bounds) -> list[Any]:
    ends = ((found.first, -1), (found.last, 1))
    return [moved(one, by) for one, by in ends if one is not None]


def moved(value: Any, by: int) -> Any:
    """The value next to it."""
    if isinstance(value, str):
        return (date.fromisoformat(value) + timedelta(days=by)).isoformat()
    return value + by


def body(play: Play, name: str) -> tuple[Said, Said] | None:
    """The rest of what is said, as it should be, with its facts; None: there is nothing to sign."""
    data: Said = {"reason": True, "evidence": True, "to": "authority_lead"}
    facts: Said = {"application": f"app-{len(play.seen)}", "successor_known": True}
    measure = play.case.measure
    assert measure is not None
    match name:
        case "place_order":
            placed, known = order(price_shown=measure.unit_sum, co_payment_confirmed=0)
            offered = {"offer_item": measure.item, "offer_regions": [measure.region[:2]]}
            data |= {**placed, "quantity": 1}
            facts |= {**known, **offered, "price": measure.unit_sum}
        case "sign" | "change_account":
            if play.period.application is None:
                return None
            signed, known = signing(play, signature=f"cms-{len(play.seen)}")
            data |= signed
            facts |= known
        case "begin_representation":
            power = {"id": "power-9", "person": "person-9", "kind": "ATTORNEY"}
            data["representative"] = {**power, "since": "2026-01-12"}
        case "move":
            data |= {"authority": "authority-3", "region": "710000000"}
        case "enter_successor":
            data["successor"] = "supplier-9"
        case "consent":
            data["application"] = "app-1"
        case "contest_deadline":
            data["calendar"] = play.calendar.version
    return data, facts


def anything(context: Context, today: str) -> Iterator[Said]:
    """What might be said in a command that is not offered."""
    form = command_forms()[context.message.name]
    fields: Fields = {}
    for name, one in form.fields.items():
        every = list(values_of(one, context.edition))
        if name in DAYS:
            fields[name] = [today]
        elif name in ("quantity", "amount"):
            fields[name] = [1, 2]
        elif name not in BESIDE and every:
            fields[name] = every
        elif name in possible(context, [name]):
            fields[name] = ["none"]
    yield from _every(fields)
