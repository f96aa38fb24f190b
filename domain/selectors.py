"""Which row fits: predicates that the process names under `when`.

Those in `NEED_BODY` look at what the message says: nobody knows beforehand whether they hold.
"""

from collections.abc import Callable

from domain.case import Decision, Measure
from domain.context import Context
from domain.messages import Role
from domain.recount import moved
from domain.representatives import Capacity

Selector = Callable[[Context], bool]
SELECTORS: dict[str, Selector] = {}
NEED_BODY: set[str] = set()


def selector(function: Selector) -> Selector:
    """Make a predicate known to the process under its own name."""
    SELECTORS[function.__name__] = function
    return function


def body_selector(function: Selector) -> Selector:
    """Likewise, for a predicate that looks at what the message says."""
    NEED_BODY.add(function.__name__)
    return selector(function)


# --- receipt and revisions ---

# The ground of a pause that comes and goes by itself.
NOBODY = "nobody_to_act"
CONTENT = ("recipient", "item", "quantity", "unit", "implement_until", "valid_until", "payer")


@body_selector
def revision_not_newer(c: Context) -> bool:
    return bool(c.data["measure"]["revision"] <= c.measure.revision)


def _same(c: Context, *names: str) -> bool:
    new = Measure.model_validate(c.data["measure"])
    return all(getattr(new, name) == getattr(c.measure, name) for name in names)


@body_selector
def content_unchanged(c: Context) -> bool:
    """The revision leaves item, quantity, term, person and payer as they were (row L4)."""
    return _same(c, *CONTENT)


@body_selector
def order_still_covered(c: Context) -> bool:
    new = Measure.model_validate(c.data["measure"])
    return _same(c, "recipient", "item", "payer") and new.quantity >= c.order.quantity


@selector
def procured(c: Context) -> bool:
    return c.measure.procured


@selector
def employer_pays(c: Context) -> bool:
    return c.measure.payer == "EMPLOYER"


@selector
def revoked_first(c: Context) -> bool:
    return "revoked" not in c.period.flags


# --- who acts for the recipient, and where they live ---


@body_selector
def representation_changes(c: Context) -> bool:
    """The message tells of other representatives or another capacity than are known (row L6)."""
    told = Measure.model_validate(c.data["measure"]).acting
    return c.measure.acting.revised(told, c.today) != c.measure.acting


@body_selector
def moves_elsewhere(c: Context) -> bool:
    """The message names another authority or place (row L7)."""
    return not _same(c, "authority", "region")


@selector
def nobody_can_act(c: Context) -> bool:
    """Neither the recipient nor anybody for them; of the dead nobody acts and nothing waits."""
    acting = c.measure.acting
    return not acting.died and not acting.somebody(c.today)


@selector
def somebody_acts(c: Context) -> bool:
    return not nobody_can_act(c)


@selector
def not_standing_still(c: Context) -> bool:
    return c.period.pause is None


@selector
def paused_for_nobody(c: Context) -> bool:
    """The case stands still because nobody could act, and for no other reason (row L6)."""
    return c.period.pause is not None and c.period.pause.ground == NOBODY


@selector
def power_has_lapsed(c: Context) -> bool:
    """A power that was given until a day is over."""
    powers = c.measure.acting.representatives
    return any(one.until and one.until < c.today and not one.ended for one in powers)


@selector
def power_will_lapse(c: Context) -> bool:
    """A power that holds now has a last day."""
    return c.measure.acting.lapses_on(c.today) is not None


@selector
def opener_is_addressee(c: Context) -> bool:
    """What an incapable recipient opens proves nothing: the representative is to be notified."""
    return not (
        c.actor.id == c.measure.recipient and c.measure.acting.capacity == Capacity.REPRESENTED
    )


# --- notice ---


@body_selector
def has_usable_channel(c: Context) -> bool:
    return bool(c.data.get("channels"))


@body_selector
def of_this_round(c: Context) -> bool:
    return c.period.round is not None and c.data.get("round") == c.period.round.number


@body_selector
def contact_confirmed(c: Context) -> bool:
    """A receipt from an unconfirmed contact proves nothing (APPC 66(4))."""
    return bool(c.data.get("confirmed"))


@selector
def order_void_untold(c: Context) -> bool:
    """The order went void, and nothing proves yet that the recipient knows (row O2)."""
    return "order_void_untold" in c.period.flags


@body_selector
def tells_of_void_order(c: Context) -> bool:
    return c.data.get("text") == "order_refused"


# --- order ---


@selector
def choice_passed(c: Context) -> bool:
    deadline = c.deadline("choice")
    return deadline is not None and deadline.passed(c.message.at)


@selector
def running_choice_moves(c: Context) -> bool:
    """The recipient is choosing, and has longer for it: that is news."""
    runs = c.period.status in c.edition.process.terms["choice"].runs_in
    return runs and "choice" in moved(c)


@selector
def acceptance_required(c: Context) -> bool:
    return c.edition.acceptance


# --- application ---


@body_selector
def signed_so_already(c: Context) -> bool:
    """The very same signature over the same bytes is here already; a supplier's with its annex."""
    application = c.period.application
    held = application and application.signatures.get(c.actor.role)
    return bool(
        application
        and held
        and (application.account or c.actor.role != Role.SUPPLIER)
        and held.cms_sha256 == c.data.get("signature")
        and application.sha256 == c.data.get("application")
    )


@body_selector
def check_is_current(c: Context) -> bool:
    application = c.period.application
    held = application.signatures.get(c.data["role"]) if application else None
    same = held is not None and held.cms_sha256 == c.data["signature"] and not held.checked
    return same and "account" not in c.data and c.data.get("reason") != "unchecked"


@body_selector
def annex_check_is_current(c: Context) -> bool:
    """The verdict is on the annex that stands, and there was none before."""
    application = c.period.application
    held = application.account if application else None
    asked = (c.data.get("account"), c.data["signature"])
    same = held is not None and (held.sha256, held.cms_sha256) == asked and not held.checked
    return same and c.data.get("reason") != "unchecked"


@body_selector
def check_failed(c: Context) -> bool:
    return c.data.get("reason") is not None


@selector
def all_signed(c: Context) -> bool:
    """Every required signature and the one over the named account has been verified (row A2)."""
    application = c.period.application
    if application is None or application.account is None or not application.account.checked:
        return False
    held = application.signatures
    return all(
        (role in held and held[role].checked) or (role == Role.RECIPIENT and application.attested)
        for role in c.edition.required_signers
    )


# --- review ---


@selector
def no_approval_yet(c: Context) -> bool:
    return not any(decision.kind == "approve" for decision in c.period.decisions)


@body_selector
def no_refusal_yet(c: Context) -> bool:
    """Nobody has proposed to refuse on this ground."""
    return not any(
        decision.kind == "refuse" and decision.data["ground"] == c.data.get("ground")
        for decision in c.period.decisions
    )


@body_selector
def funds_lacking(c: Context) -> bool:
    return bool(c.data.get("funds_lacking"))


# --- payment: `reported` is the payment whose key the report or statement names ---


@body_selector
def key_is_current(c: Context) -> bool:
    return c.period.payment is not None and c.data.get("key") == c.period.payment.key


@body_selector
def key_is_sending(c: Context) -> bool:
    """The order to pay was still on its way: its sending is news."""
    payment = c.reported()
    return payment is not None and payment.unanswered and c.sending(payment.key)


@body_selector
def key_is_unanswered(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.unanswered


@body_selector
def key_is_open(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.open


@body_selector
def key_may_settle(c: Context) -> bool:
    """That it settled is news, and no replay of what is known."""
    payment = c.reported()
    return payment is not None and payment.may_settle


@body_selector
def key_is_settled(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status == "settled"


@body_selector
def key_is_void(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status == "void"


@body_selector
def key_was_paid(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status in ("settled", "excess")


@selector
def some_is_void(c: Context) -> bool:
    return any(payment.status == "void" for payment in c.period.payments)


@selector
def still_paid_twice(c: Context) -> bool:
    """More than one would remain after a return."""
    return sum(p.status in ("settled", "excess") for p in c.period.payments) > 2


@body_selector
def another_is_open(c: Context) -> bool:
    """Another attempt than the one reported may still turn out to be paid."""
    return any(p.open and p.key != c.data.get("key") for p in c.period.payments)


@body_selector
def another_is_held(c: Context) -> bool:
    return any(p.status == "held" and p.key != c.data.get("key") for p in c.period.payments)


@selector
def nothing_is_held(c: Context) -> bool:
    return all(payment.status != "held" for payment in c.period.payments)


@body_selector
def says_settled(c: Context) -> bool:
    return bool(c.data["status"] == "ACSC")


@body_selector
def says_rejected(c: Context) -> bool:
    return bool(c.data["status"] == "RJCT")


@body_selector
def says_under_way(c: Context) -> bool:
    """Neither settled nor rejected: under way, or the treasury could not say."""
    return c.data["status"] not in ("ACSC", "RJCT")


@body_selector
def asked_for(c: Context) -> bool:
    """The report answers an enquiry of ours that still stands."""
    return c.data.get("effect") in c.case.outbox


@selector
def nothing_is_sending(c: Context) -> bool:
    """While an order is on its way, that the treasury has not received it yet is no news."""
    return not any(c.sending(payment.key) for payment in c.period.payments)


@body_selector
def amount_and_payee_match(c: Context) -> bool:
    payment = c.reported()
    return bool(payment and c.data.get("amount") == payment.amount and c.data.get("payee_matches"))


@body_selector
def no_statement_yet(c: Context) -> bool:
    """Nobody has entered this very line of a statement."""
    return not any(same_line(c, decision) for decision in c.period.decisions)


def same_line(c: Context, decision: Decision) -> bool:
    """Whether a caseworker entered the line that is entered now."""
    told = ("key", "outcome", "amount")
    return decision.kind == "statement" and all(
        decision.data[name] == c.data.get(name) for name in told
    )


@body_selector
def statement_settles(c: Context) -> bool:
    return c.data.get("outcome") == "settled"


@selector
def account_unchecked(c: Context) -> bool:
    """No caseworker has checked the account, or a bad signature made it void."""
    account = c.application.account
    return account is None or not account.checks


@body_selector
def reports_this_status(c: Context) -> bool:
    return bool(c.data["status"] == c.period.status)
