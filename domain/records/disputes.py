"""What is put before the commission, and what it concludes (rows C4, F3, F8, D1-D4)."""

from datetime import date
from typing import Any

from domain.case import Dispute
from domain.context import Change, Context, Start
from domain.messages import Role
from domain.records.application import application_for
from domain.records.hearing import unheard
from domain.records.orders import OF_ORDER
from domain.records.registry import recorder, with_flag, without_flags


@recorder
def ask_no_supplier(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "no_supplier_asked")})


@recorder
def deny_no_supplier(c: Context) -> Change:
    """The recipient goes on choosing, and has at least some days from the answer (policy)."""
    again = Start(length=c.edition.values["choose_again"], keep=True)
    flags = without_flags(c, "no_supplier_asked")
    return Change(period={"flags": flags, **_unheard(c)}, starts={"choice": again})


@recorder
def agree_to_cancel(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, f"cancel_agreed:{c.actor.role}")})


@recorder
def keep_complaint(c: Context) -> Change:
    """What is complained of is free text and stays in the inbox."""
    return Change(period={"flags": with_flag(c, "complaint")})


@recorder
def dismiss_complaint(c: Context) -> Change:
    return Change(period={"flags": without_flags(c, "complaint")})


@recorder
def begin_dispute(c: Context) -> Change:
    """The earlier status is kept: its terms go on where the case returns to it."""
    referred = c.actor.role in (Role.SUPPLIER, Role.CASEWORKER)
    made = Dispute(status=c.period.status, at=c.message.at, referred=referred)
    flags = without_flags(c, "complaint", "unsigned_long")
    return Change(period={"dispute": made, "flags": flags, **_unheard(c)})


def _unheard(c: Context) -> dict[str, Any]:
    """What was intended against the party is not any more: another decides, or nothing is left."""
    return {} if c.period.hearing is None else unheard(c)


@recorder
def state_position(c: Context) -> Change:
    assert c.period.dispute is not None, "the row's status implies a dispute"
    heard = dict.fromkeys((*c.period.dispute.heard, c.actor.role.value))
    stated = c.period.dispute.model_copy(update={"heard": tuple(heard)})
    return Change(period={"dispute": stated})


@recorder
def order_remedy(c: Context) -> Change:
    """The order is to be fulfilled anew; what was delivered and approved does not count."""
    flags = (*without_flags(c, *OF_ORDER), "remedy_ordered")
    until = Start(until=date.fromisoformat(c.data["until"]), basis="SC 167(5)")
    return Change(
        period={"dispute": None, "delivery": None, "decisions": (), "flags": flags},
        starts={"delivery": until},
    )


@recorder
def end_dispute(c: Context) -> Change:
    return Change(period={"dispute": None})


@recorder
def conclude_signature(c: Context) -> Change:
    """The conclusion stands for the recipient's missing signature over this content (policy)."""
    concluded = c.application.model_copy(update={"concluded": True})
    return Change(period={"dispute": None, "application": concluded})


@recorder
def conclude_acceptance(c: Context) -> Change:
    """The conclusion stands for the acceptance too: what was delivered counts as accepted."""
    assert c.period.delivery is not None, "the row's earlier status implies a delivery"
    taken: dict[str, Any] = {
        "accepted": c.period.delivery.quantity,
        "accepted_at": c.message.at,
        "concluded": True,
    }
    delivery = c.period.delivery.model_copy(update=taken)
    made = application_for(c, delivery.quantity).model_copy(update={"concluded": True})
    return Change(period={"dispute": None, "application": made, "delivery": delivery})
