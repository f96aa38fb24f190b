"""The application for reimbursement: signed, registered, changed."""

from typing import Any

from domain.case import Account, Application, Signature
from domain.context import Change, Context, Start
from domain.messages import Role
from domain.records.registry import recorder, without_flags
from domain.terms import ZONE, Term, certify


def signature(c: Context) -> Signature:
    """The actor's signature; one that no verifier could be asked about yet is not `checked`."""
    assert c.actor.id is not None, "a signature is a person's"
    return Signature(
        by=c.actor.id,
        at=c.message.at,
        cms_sha256=c.data["signature"],
        certificate_sha256=c.facts.get("signature", {}).get("certificate"),
        checked=c.verdict("signature") is None,
    )


def account(c: Context) -> Account:
    """The annex that names the account to be paid, which no caseworker has checked yet."""
    assert c.actor.id is not None, "an account is named by a person"
    return Account(
        sha256=c.data["account"],
        cms_sha256=c.data["account_signature"],
        by=c.actor.id,
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
    return Change(
        period={"application": c.application.model_copy(update={"signatures": signatures})}
    )


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
    registered = {"registered_at": c.message.at}
    on = c.today
    if not c.calendar.is_working(on) or not _office_hours(c):
        on = certify(on, Term.parse("1wd"), c.calendar, "APPC 64").last_day
    return Change(
        period={
            "application": c.application.model_copy(update=registered),
            "decisions": (),
            "hearing": None,
        },
        starts={"review": Start(event=on)},
    )


def _office_hours(c: Context) -> bool:
    """Before the closing hour of the office, a value of the edition (local time)."""
    return c.message.at.astimezone(ZONE).hour < int(c.edition.values["office_closes_at_hour"])


@recorder
def change_content(c: Context) -> Change:
    """A new version of the application; every signature is void (row A3)."""
    changed = next_version(c, c.data["quantity"])
    flags = without_flags(c, "unsigned_long")
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
def attest(c: Context) -> Change:
    """The act of hand-over stands for the signature that the dead can no longer give (row L3)."""
    attested = c.application.model_copy(update={"attested": True})
    return Change(period={"application": attested})
