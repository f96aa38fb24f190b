"""What the commission may conclude, and what may be put before it (rows C4, F3, F8, D1-D5)."""

from datetime import date

from domain.context import Context
from domain.guards.parties import no_party
from domain.guards.registry import body_guard, guard, unless
from domain.messages import Refusal, Role
from domain.terms import Term, certify, local_day


@guard
def impartial(c: Context) -> Refusal | None:
    """Whoever concludes for the commission, or says what becomes of an order, is no party to it."""
    return no_party(c)


@guard
def no_supplier_asked(c: Context) -> Refusal | None:
    return unless("no_supplier_asked" in c.period.flags, "nothing_to_do")


@guard
def not_agreed_yet(c: Context) -> Refusal | None:
    """Each of both agrees once to cancel the order (row F3)."""
    return unless(f"cancel_agreed:{c.actor.role}" not in c.period.flags, "already_decided")


@guard
def silence_over(c: Context) -> Refusal | None:
    """The term of the acceptance or of the signatures has run out (row F8)."""
    silent = c.has_task("acceptance_silent") or c.has_task("unsigned")
    return unless(silent, "too_early")


@body_guard
def known_day_right(c: Context) -> Refusal | None:
    """The recipient learned of it after the order was placed, and not tomorrow."""
    known = date.fromisoformat(c.data["known_on"])
    return unless(local_day(c.order.placed_at) <= known <= c.today, "day_wrong")


@guard
def complaint_open(c: Context) -> Refusal | None:
    return unless("complaint" in c.period.flags, "nothing_to_do")


@guard
def no_complaint_open(c: Context) -> Refusal | None:
    return unless("complaint" not in c.period.flags, "request_pending")


@guard
def recipient_heard(c: Context) -> Refusal | None:
    """Who was brought before the commission has spoken, or was given the days to do so (F8)."""
    dispute = c.period.dispute
    if dispute is None or not dispute.referred or Role.RECIPIENT in dispute.heard:
        return None
    length = Term.parse(c.edition.values["hearing_by_commission"])
    until = certify(local_day(dispute.at), length, c.calendar, "policy")
    over = c.message.at >= until.expires_at
    return unless(over, "too_early", day=until.last_day.isoformat())


@body_guard
def remedy_day_right(c: Context) -> Refusal | None:
    """The term of a notice to remedy lies ahead, by at most a value of the edition."""
    length = Term.parse(c.edition.values["longest_remedy"])
    latest = certify(c.today, length, c.calendar, "").last_day
    named = date.fromisoformat(c.data["until"])
    return unless(c.today < named <= latest, "day_wrong", latest=latest.isoformat())


@guard
def no_remedy_ordered(c: Context) -> Refusal | None:
    """The term of a notice to remedy waits for no co-payment."""
    return unless("remedy_ordered" not in c.period.flags, "status_does_not_allow")


@guard
def withdrawal_is_told(c: Context) -> Refusal | None:
    return unless(c.has_task("supplier_withdrew"), "nothing_to_do")
