"""The application for reimbursement: signed, verified, registered, changed (rows A1-A4)."""

from typing import Any

from domain.case.application import unsigned_by
from domain.case.context import Change, Context, Start
from domain.case.state import Account, Application, Signature
from domain.messages import Refusal, Role
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    naming,
    recorder,
    repetition,
    selector,
    unless,
)
from domain.terms.counting import ZONE, Term, certify

# --- which row fits ---


@repetition
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
    return not unsigned_by(application, c.edition, c.measure.category)


# --- what must hold ---


@bounding("quantity")
@naming("quantity")
def quantity_changed_right(c: Context) -> Refusal | None:
    """A changed application asks for no more than was accepted."""
    delivery = c.period.delivery
    most = (delivery.accepted or delivery.quantity) if delivery else 0
    return unless(0 < c.data["quantity"] <= most, "quantity_wrong", most=most)


@naming("application")
def right_document(c: Context) -> Refusal | None:
    """What was signed is the current version of the application."""
    held = c.period.application
    return unless(held is not None and c.data["application"] == held.sha256, "wrong_document")


@body_guard
def signature_good(c: Context) -> Refusal | None:
    """A verifier found nothing wrong; one that could not be asked yet does not make anyone late."""
    return _verified(c, "signature")


def _verified(c: Context, name: str) -> Refusal | None:
    reason = c.verdict(name)
    return unless(reason in (None, "unchecked"), "signature_invalid", reason=reason)


@body_guard
def account_signed(c: Context) -> Refusal | None:
    """The supplier's signature comes with the signed annex that names its account.

    Like any signature, that over the annex may be verified later.
    """
    if c.actor.role != Role.SUPPLIER:
        return None
    if not c.data.get("account"):
        return Refusal(code="account_required")
    return _verified(c, "account_signature")


# --- what is written ---


def signature(c: Context) -> Signature:
    """The actor's signature; one that no verifier could be asked about yet is not `checked`."""
    return Signature(
        by=c.person,
        at=c.message.at,
        cms_sha256=c.data["signature"],
        certificate_sha256=c.facts.get("signature", {}).get("certificate"),
        checked=c.verdict("signature") is None,
    )


def account(c: Context) -> Account:
    """The annex that names the account to be paid, which no caseworker has checked yet."""
    return Account(
        sha256=c.data["account"],
        cms_sha256=c.data["account_signature"],
        by=c.person,
        at=c.message.at,
        certificate_sha256=c.facts.get("account_signature", {}).get("certificate"),
        checked=c.verdict("account_signature") is None,
    )


@recorder
def sign(c: Context) -> Change:
    """A verified signature over these bytes is not replaced by one that nobody could verify yet."""
    held, made = c.application.signatures.get(c.actor.role.value), signature(c)
    kept = held if held and held.checked and not made.checked else made
    signatures = {**c.application.signatures, c.actor.role.value: kept}
    update: dict[str, Any] = {"signatures": signatures}
    if c.actor.role == Role.SUPPLIER:
        update["account"] = account(c)
    return Change(period={"application": c.application.model_copy(update=update)})


@recorder
def check_signature(c: Context) -> Change:
    """A verifier that could be asked at last: the signature stands, or is taken out."""
    signatures = dict(c.application.signatures)
    held = signatures.pop(c.data["role"])
    if c.data.get("reason") is None:
        update = {"checked": True, "certificate_sha256": c.data.get("certificate")}
        signatures[c.data["role"]] = held.model_copy(update=update)
    checked = c.application.model_copy(update={"signatures": signatures})
    return Change(period={"application": checked})


@recorder
def check_annex(c: Context) -> Change:
    """The same for the annex: a signature that is no good makes it void."""
    checked = {"checked": True, "certificate_sha256": c.data.get("certificate")}
    good = c.data.get("reason") is None
    account = c.account.model_copy(update=checked) if good else None
    return Change(period={"application": c.application.model_copy(update={"account": account})})


@recorder
def register(c: Context) -> Change:
    """Received on a working day: that day; otherwise the next one (APPC 64)."""
    registered = c.application.model_copy(update={"registered_at": c.message.at})
    on = c.today
    if not c.calendar.is_working(on) or not _office_hours(c):
        on = certify(on, Term.parse("1wd"), c.calendar, "APPC 64").last_day
    return Change(
        period={"application": registered, "decisions": (), "hearing": None},
        starts={"review": Start(event=on)},
    )


def _office_hours(c: Context) -> bool:
    """Before the closing hour of the office, a value of the edition (local time)."""
    return c.message.at.astimezone(ZONE).hour < int(c.edition.values["office_closes_at_hour"])


@recorder
def change_content(c: Context) -> Change:
    """A new version of the application; every signature is void (row A3)."""
    changed = next_version(c, c.data["quantity"])
    flags = c.without_flags("unsigned_long")
    return Change(period={"application": changed, "decisions": (), "flags": flags, "hearing": None})


def application_for(c: Context, quantity: int) -> Application:
    """The application for what was accepted: the one that says so already, or its next version.

    A new version is signed anew. A period that goes on with an order has none before.
    """
    held = c.period.application
    if held is not None and held.quantity == quantity:
        return held
    return next_version(c, quantity)


def next_version(c: Context, quantity: int) -> Application:
    """The application for a content that nobody has signed; the first where there is none."""
    held = c.period.application
    return Application(
        version=held.version + 1 if held else 1,
        order=c.order.number,
        sha256=c.facts["application"],
        quantity=quantity,
        amount=c.order.payable(quantity),
    )


@recorder
def allow_refusing(c: Context) -> Change:
    """The supplier was warned twice and has not signed: now it may be refused (row A4)."""
    return Change(period={"flags": c.with_flag("unsigned_long")})
