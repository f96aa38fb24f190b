"""What caseworkers decide on the application, or return for correction (rows V1-V4, V7)."""

from typing import Final

from domain.case.context import Change, Context, Start
from domain.messages import Refusal
from domain.money.attempts import due
from domain.rules.application import all_signed, next_version
from domain.rules.common import ahead, may_decide, no_party, until_named
from domain.rules.enquiry import begin_payment
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    by_another,
    guard,
    naming,
    naming_selector,
    of_another,
    proposed,
    recorder,
    selector,
    unless,
)

WHAT = ("content", "attachment")
ALSO_ABOVE: Final = "same_or_superior_authority"
RETURNED, MISSING = "returned_once", "attachment_missing"


# --- which row fits ---


@selector
def no_approval_yet(c: Context) -> bool:
    return not c.proposed("approve")


@selector
def funds_checked(c: Context) -> bool:
    """The edition has the financing plan looked at before a payment (rows V3, V7)."""
    return c.edition.funds_check


@body_selector
def funds_lacking(c: Context) -> bool:
    return bool(c.data.get("funds_lacking"))


@selector
def returned_before(c: Context) -> bool:
    return RETURNED in c.period.flags


@naming_selector("what")
def no_return_yet(c: Context) -> bool:
    return not proposed(c, "return", "what")


@naming_selector("what")
def content_must_change(c: Context) -> bool:
    return c.data.get("what") == "content"


# --- what must hold ---


def _first_approver(c: Context) -> str | None:
    found = [decision.by for decision in c.period.decisions if decision.kind == "approve"]
    return found[-1] if found else None


@guard
def may_approve_second(c: Context) -> Refusal | None:
    """A caseworker of the authority that pays or, where the edition lets it, of one above it.

    Which authorities are below the actor's is looked up at the door; messages from before it was a
    fact are of nobody above.
    """
    above = c.edition.second_approver == ALSO_ABOVE and c.payer in c.facts.get("superior_of", ())
    return no_party(c) if above else may_decide(c)


@guard
def second_person(c: Context) -> Refusal | None:
    """The first approval is another's, and nothing since has made that one a party."""
    return of_another(c, _first_approver(c))


@guard
def own_approval(c: Context) -> Refusal | None:
    return unless(_first_approver(c) == c.actor.id, "nothing_to_do")


@guard
def sum_within_snapshot(c: Context) -> Refusal | None:
    """Not more than the guaranteed sum or the price for what was accepted (invariant 2)."""
    application, delivery = c.application, c.period.delivery
    accepted = delivery.accepted if delivery and delivery.accepted is not None else 0
    most = c.order.payable(accepted)
    return unless(application.amount <= most, "sum_over_snapshot", most=most)


@guard
def payer_has_account(c: Context) -> Refusal | None:
    """The authority can pay the order: from the account it was placed under, or has one now."""
    known = c.period.order is not None and c.period.order.paid_from is not None
    return unless(known or c.payer not in c.fact("without_account"), "no_account")


@guard
def fully_signed(c: Context) -> Refusal | None:
    return unless(all_signed(c), "not_all_signed")


@guard
def acceptance_stands(c: Context) -> Refusal | None:
    delivery = c.period.delivery
    return unless(delivery is not None and delivery.accepted is not None, "no_acceptance")


@guard
def not_paid_before(c: Context) -> Refusal | None:
    """Something is owed, nothing is on its way, and no word of the treasury is in doubt."""
    if any(p.doubtful for p in c.attempts()):
        return Refusal(code="payment_in_doubt")
    on_its_way = any(p.open or p.status == "void" for p in c.attempts())
    return unless(due(c, c.period.payments) > 0 and not on_its_way, "already_decided")


@naming("what")
def what_is_wrong(c: Context) -> Refusal | None:
    return unless(c.data.get("what") in WHAT, "ground_not_listed")


@bounding("until")
@body_guard
def correction_day_right(c: Context) -> Refusal | None:
    """A reasonable term, by at most a value of the edition (APPC 64(6))."""
    return ahead(c, c.today, "longest_correction")


@bounding("quantity")
@naming("quantity")
def returned_quantity_right(c: Context) -> Refusal | None:
    """Where another quantity is named, it is no more than was accepted."""
    delivery = c.period.delivery
    most = (delivery.accepted or 0) if delivery else 0
    asked = c.data.get("quantity", most)
    return unless(0 < asked <= most, "quantity_wrong", most=most)


@naming("what")
def second_returner(c: Context) -> Refusal | None:
    return by_another(c, proposed(c, "return", "what"))


def _missing(c: Context) -> bool:
    return MISSING in c.period.flags


@guard
def nothing_awaited(c: Context) -> Refusal | None:
    """While a document is awaited nothing is decided."""
    return unless(not _missing(c), "attachment_awaited")


@guard
def attachment_asked(c: Context) -> Refusal | None:
    return unless(_missing(c), "nothing_to_do")


@guard
def remedy_passed(c: Context) -> Refusal | None:
    """The term to remedy has run out, and nothing came."""
    deadline = c.deadline("remedy")
    over = deadline is not None and deadline.passed(c.message.at)
    return unless(_missing(c) and over, "too_early")


@guard
def review_not_extended(c: Context) -> Refusal | None:
    """Once (APPC 76(3))."""
    return unless("review_extended" not in c.period.flags, "already_decided")


@bounding("until")
@body_guard
def review_day_right(c: Context) -> Refusal | None:
    """By at most two months (APPC 76(3))."""
    return ahead(c, c.period.deadlines["review"].last_day, "longest_review")


# --- what is written ---


@recorder
def approve_first(c: Context) -> Change:
    return Change(period={"decisions": c.decided("approve")})


@recorder
def approve_second(c: Context) -> Change:
    return Change(period={"decisions": c.decided("approve", funds_lacking=True)})


@recorder
def approve_and_pay(c: Context) -> Change:
    paying = begin_payment(c)
    return Change(period={**paying.period, "decisions": c.decided("approve")})


@recorder
def withdraw_approval(c: Context) -> Change:
    return Change(period={"decisions": c.undecided("approve")})


@recorder
def propose_return(c: Context) -> Change:
    return Change(period={"decisions": c.decided("return", what=c.data["what"])})


@recorder
def return_content(c: Context) -> Change:
    """Every signature is void (as in row A3); it is to be signed within the term that is set."""
    flags = tuple(f for f in c.with_flag(RETURNED) if f != MISSING)
    quantity = c.data.get("quantity", c.application.quantity)
    written = {"application": next_version(c, quantity), "decisions": (), "flags": flags}
    until = Start(until=until_named(c), basis="APPC 64")
    return Change(period=written, starts={"signatures": until})


@recorder
def ask_attachment(c: Context) -> Change:
    """What is missing voids no signature; the review stands still until it comes."""
    flags = c.with_flag(RETURNED, MISSING)
    until = Start(until=until_named(c), basis="APPC 64")
    return Change(period={"flags": flags}, starts={"remedy": until})


@recorder
def take_attachment(c: Context) -> Change:
    return Change(period={"flags": c.without_flags(MISSING)})


@recorder
def begin_giving_back(c: Context) -> Change:
    """The three days run from the last day of the remedy, not from the midnight that ended it."""
    ended = c.deadline("remedy")
    assert ended is not None, "the row is of its end"
    return Change(starts={"giving_back": Start(event=ended.last_day)})


@recorder
def give_back(c: Context) -> Change:
    """Not remedied: it goes back to the parties, who may sign it again once it is whole."""
    written = {
        "application": next_version(c, c.application.quantity),
        "decisions": (),
        "flags": c.without_flags(MISSING),
    }
    return Change(period=written)


@recorder
def extend_review(c: Context) -> Change:
    extended = Start(until=until_named(c), basis="APPC 76(3)")
    return Change(period={"flags": c.with_flag("review_extended")}, starts={"review": extended})
