"""Which row fits: predicates that the process names under `when`."""

from collections.abc import Callable

from domain.context import Context

Selector = Callable[[Context], bool]
SELECTORS: dict[str, Selector] = {}


def selector(function: Selector) -> Selector:
    """Make a predicate known to the process under its own name."""
    SELECTORS[function.__name__] = function
    return function


# --- receipt and revisions ---

CONTENT = ("item", "quantity", "unit", "implement_until", "valid_until")


@selector
def revision_not_newer(c: Context) -> bool:
    return bool(c.data["measure"]["revision"] <= c.measure.revision)


@selector
def content_unchanged(c: Context) -> bool:
    """The revision leaves item, quantity and term (row L4)."""
    held = c.measure.model_dump(mode="json")
    return all(c.data["measure"].get(name) == held[name] for name in CONTENT)


@selector
def order_still_covered(c: Context) -> bool:
    new = c.data["measure"]
    return bool(new["item"] == c.measure.item and new["quantity"] >= c.order.quantity)


@selector
def procured(c: Context) -> bool:
    return c.measure.procured


@selector
def employer_pays(c: Context) -> bool:
    return c.measure.payer == "EMPLOYER"


@selector
def revoked_first(c: Context) -> bool:
    return "revoked" not in c.period.flags


# --- notice ---


@selector
def has_usable_channel(c: Context) -> bool:
    return bool(c.data["channels"])


@selector
def proof_of_this_round(c: Context) -> bool:
    return c.period.round is not None and c.data["round"] == c.period.round.number


@selector
def contact_confirmed(c: Context) -> bool:
    """A receipt from an unconfirmed contact proves nothing (APPC 66(4))."""
    return bool(c.data["confirmed"])


# --- order ---


@selector
def choice_passed(c: Context) -> bool:
    deadline = c.deadline("choice")
    return deadline is not None and c.message.at >= deadline.expires_at


@selector
def acceptance_required(c: Context) -> bool:
    return c.edition.acceptance


# --- application ---


@selector
def signed_so_already(c: Context) -> bool:
    """The very same signature over the same bytes is here already."""
    application = c.period.application
    held = application and application.signatures.get(c.actor.role)
    return bool(
        application
        and held
        and held.cms_sha256 == c.data["signature"]
        and application.sha256 == c.data["application"]
    )


@selector
def check_is_current(c: Context) -> bool:
    application = c.period.application
    held = application and application.signatures.get(c.data["role"])
    return bool(held and held.cms_sha256 == c.data["signature"] and not held.checked)


@selector
def all_signed(c: Context) -> bool:
    """Every required signature stands and has been verified, and the account is named (row A2)."""
    application = c.period.application
    if application is None or application.account is None:
        return False
    held = application.signatures
    return all(role in held and held[role].checked for role in c.edition.required_signers)


# --- review ---


@selector
def no_approval_yet(c: Context) -> bool:
    return not any(decision.kind == "approve" for decision in c.period.decisions)


@selector
def no_refusal_yet(c: Context) -> bool:
    return not any(
        decision.kind == "refuse" and decision.data["ground"] == c.data.get("ground")
        for decision in c.period.decisions
    )


@selector
def funds_lacking(c: Context) -> bool:
    return bool(c.data.get("funds_lacking"))


# --- payment ---


@selector
def key_is_current(c: Context) -> bool:
    return c.period.payment is not None and c.data["key"] == c.period.payment.key


@selector
def key_is_known(c: Context) -> bool:
    return any(payment.key == c.data["key"] for payment in c.period.payments)


@selector
def key_is_settled(c: Context) -> bool:
    return any(
        payment.key == c.data["key"] and payment.status == "settled"
        for payment in c.period.payments
    )


@selector
def not_settled_yet(c: Context) -> bool:
    return all(payment.status not in ("settled", "held") for payment in c.period.payments)


@selector
def nothing_is_held(c: Context) -> bool:
    return all(payment.status != "held" for payment in c.period.payments)


@selector
def settles_a_second_time(c: Context) -> bool:
    return not key_is_settled(c)


@selector
def says_settled(c: Context) -> bool:
    return bool(c.data["status"] == "ACSC")


@selector
def says_rejected(c: Context) -> bool:
    return bool(c.data["status"] == "RJCT")


@selector
def says_under_way(c: Context) -> bool:
    return c.data["status"] in ("ACCP", "ACSP", "PDNG")


@selector
def asked_for(c: Context) -> bool:
    """The report answers an enquiry of ours."""
    return "effect" in c.data


@selector
def amount_and_payee_match(c: Context) -> bool:
    payment = next((p for p in c.period.payments if p.key == c.data["key"]), None)
    return bool(payment and c.data["amount"] == payment.amount and c.data["payee_matches"])


@selector
def amount_or_payee_differs(c: Context) -> bool:
    return not amount_and_payee_match(c)


@selector
def no_statement_yet(c: Context) -> bool:
    """Nobody has entered a statement line for the payment in question."""
    return not any(
        decision.kind == "statement" and decision.data["key"] == c.payment.key
        for decision in c.period.decisions
    )


@selector
def statement_settles(c: Context) -> bool:
    return bool(c.data["outcome"] == "settled")


@selector
def account_unchecked(c: Context) -> bool:
    account = c.period.application and c.period.application.account
    return bool(account and not account.checks)


@selector
def reports_this_status(c: Context) -> bool:
    return bool(c.data["status"] == c.period.status)
