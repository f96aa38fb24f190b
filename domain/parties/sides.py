"""Who stands on which side of an order: nobody on both (row L15; CC 163(3), APPC 68(4)).

On the recipient's side stand the recipient and whoever ever represented them; on the supplier's
whoever acts for it or for its successor. Who does is the fact `acts_for`: by supplier, those of the
persons of the case who are it, have signed in or acted for it, or represent the person that it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from domain.case.context import Context
from domain.case.state import Case, Order, Period
from domain.messages import Actor, Refusal, Role
from domain.process import Process

# Who is heard, asks the commission or lays down a power does nothing for an order.
HEARD: Final = frozenset(
    (
        "open_case",
        "raise_objection",
        "state_position",
        "complain",
        "contest_deadline",
        "end_representation",
    )
)
# The message that tells a case of it, and what its row writes.
FOUND: Final = "conflict_found"
HOLDS: Final = "hold_for_conflict"
ActsFor = Mapping[str, Sequence[str]]


def recipients_side(case: Case) -> frozenset[str]:
    """The recipient, and who represents them or ever did."""
    assert case.measure is not None, "a case with a status has a measure"
    acting = case.measure.acting.representatives
    return frozenset((case.measure.recipient, *(one.person for one in acting)))


def persons_named(case: Case, actor: Actor) -> list[str]:
    """Of whom it matters for which suppliers they act: both sides, who decides, who may come."""
    assert case.measure is not None, "a case with a status has a measure"
    waiting = case.measure.acting.proposed
    coming = {one.begins.person for one in waiting if one.begins}
    deciding = {one for period in case.periods.values() for one in _deciding(period)}
    asking = {actor.id} if actor.id else set()
    return sorted(recipients_side(case) | coming | deciding | asking | {one.by for one in waiting})


def _deciding(period: Period) -> Iterator[str]:
    """Who had a part in what two decide."""
    yield from (one.by for one in period.decisions)
    yield from (one.by for one in period.corrections)
    if period.application is not None and period.application.account is not None:
        yield from period.application.account.checks


def suppliers_named(case: Case) -> list[str]:
    """The suppliers of a case's orders and their successors."""
    orders = (order for period in case.periods.values() for order in period.orders)
    return sorted({one for order in orders for one in _sellers(order)})


def _sellers(order: Order) -> tuple[str, ...]:
    return (order.supplier, order.successor) if order.successor else (order.supplier,)


def _acting_for(supplier: str, acts_for: ActsFor, actor: Actor) -> set[str]:
    own = actor.role == Role.SUPPLIER and actor.on_behalf_of == supplier
    return {*acts_for.get(supplier, ()), *((actor.id,) if own and actor.id else ())}


def on_both_sides(case: Case, period: Period, acts_for: ActsFor, actor: Actor) -> tuple[str, ...]:
    """The persons who stand on both sides of the live order of a period."""
    if period.order is None:
        return ()
    sellers = (_acting_for(one, acts_for, actor) for one in _sellers(period.order))
    return tuple(sorted(recipients_side(case) & set().union(*sellers)))


def acts_for_of(message_facts: Mapping[str, Any], data: Mapping[str, Any]) -> ActsFor:
    """The fact, which the service's own outcomes tell with their data."""
    found: ActsFor = message_facts.get("acts_for") or data.get("acts_for") or {}
    return found


def found_in(c: Context) -> tuple[str, ...]:
    """The persons on both sides of the order of this period, as far as the message knows."""
    return on_both_sides(c.case, c.period, acts_for_of(c.facts, c.data), c.actor)


def to_be_held(case: Case, acts_for: ActsFor, actor: Actor, process: Process) -> bool:
    """Whether a conflict is known that a period would be held for, and is not yet."""
    return any(
        not period.held and on_both_sides(case, period, acts_for, actor)
        for period in case.periods.values()
        if any(row.records == HOLDS for row in process.table.get((period.status, FOUND), ()))
    )


def _looked_up(c: Context) -> ActsFor:
    """The fact, without which nobody can say who stands where once something was ordered."""
    found: ActsFor = c.fact("acts_for") if suppliers_named(c.case) else {}
    return found


def differ(c: Context) -> Refusal | None:
    """Nobody stands on both sides, as far as is known; a case that is held is decided first."""
    both = on_both_sides(c.case, c.period, _looked_up(c), c.actor)
    if c.actor.role == Role.RECIPIENT and c.actor.id != c.measure.recipient and c.actor.id in both:
        return Refusal(code="representative_is_supplier")
    return Refusal(code="parties_conflict") if both or c.period.held else None


def is_party(c: Context, person: str | None) -> bool:
    """Whether somebody has an interest in the case."""
    return person is not None and has_interest(c.case, _looked_up(c), person)


def has_interest(case: Case, acts_for: ActsFor, person: str) -> bool:
    """Whether a person stands on the recipient's side, or acts for a supplier in the case."""
    selling = any(person in acts_for.get(one, ()) for one in suppliers_named(case))
    return selling or person in recipients_side(case)
