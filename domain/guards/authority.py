"""What caseworkers may decide: after the choice ran out, and on the application."""

from domain.context import Context
from domain.guards.registry import by_another, guard, naming, unless
from domain.messages import Refusal
from domain.selectors.course import all_signed
from domain.sides import is_party
from domain.terms import Term, certify

REQUESTS = frozenset(("reopening_asked", "no_supplier_asked"))


@guard
def request_pending(c: Context) -> Refusal | None:
    return unless("reopening_asked" in c.period.flags, "nothing_to_do")


@guard
def no_request_pending(c: Context) -> Refusal | None:
    """Nothing is asked of the caseworker or of the commission."""
    return unless(REQUESTS.isdisjoint(c.period.flags), "request_pending")


@guard
def expired_long_enough(c: Context) -> Refusal | None:
    """Not before the waiting time after the end of the choice (row C7, policy)."""
    length = Term.parse(c.edition.values["close_not_before"])
    until = certify(c.period.since, length, c.calendar, "policy")
    return unless(c.message.at >= until.expires_at, "too_early", day=until.last_day.isoformat())


def _first(c: Context, kind: str) -> str | None:
    found = [decision.by for decision in c.period.decisions if decision.kind == kind]
    return found[-1] if found else None


@guard
def revision_open(c: Context) -> Refusal | None:
    return unless("revision_to_judge" in c.period.flags, "nothing_to_do")


@guard
def second_person(c: Context) -> Refusal | None:
    """The first approval is another's, and nothing since has made that one a party."""
    if is_party(c, _first(c, "approve")):
        return Refusal(code="party_cannot_decide")
    return unless(_first(c, "approve") != c.actor.id, "same_person")


@guard
def own_approval(c: Context) -> Refusal | None:
    return unless(_first(c, "approve") == c.actor.id, "nothing_to_do")


@naming("ground")
def second_refuser(c: Context) -> Refusal | None:
    """Another person proposed to refuse on the same ground."""
    return by_another(c, c.proposed("refuse", "ground"))


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
    lacking: list[str] = c.facts.get("without_account", [])
    return unless(known or c.payer not in lacking, "no_account")


@guard
def fully_signed(c: Context) -> Refusal | None:
    return unless(all_signed(c), "not_all_signed")


@guard
def acceptance_stands(c: Context) -> Refusal | None:
    delivery = c.period.delivery
    return unless(delivery is not None and delivery.accepted is not None, "no_acceptance")


@naming("ground")
def ground_listed(c: Context) -> Refusal | None:
    return unless(c.data.get("ground") in c.edition.refusal_grounds, "ground_not_listed")
