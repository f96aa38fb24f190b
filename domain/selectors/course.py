"""Which row fits on the way of a measure from its receipt to the payment."""

from domain.case import Application, Measure
from domain.context import Context
from domain.messages import Role
from domain.process import Edition
from domain.selectors.registry import body_selector, selector

# --- receipt and revisions ---

CONTENT = (
    "recipient",
    "entitlement",
    "item",
    "quantity",
    "unit",
    "implement_until",
    "valid_until",
    "payer",
)


@body_selector
def revision_not_newer(c: Context) -> bool:
    return bool(c.data["measure"]["revision"] <= c.measure.revision)


@body_selector
def revocation_outdated(c: Context) -> bool:
    """A later revision has come since; that of a caseworker names none."""
    return bool(c.data.get("revision", c.measure.revision) < c.measure.revision)


def same(c: Context, *names: str) -> bool:
    new = Measure.model_validate(c.data["measure"])
    return all(getattr(new, name) == getattr(c.measure, name) for name in names)


@body_selector
def content_unchanged(c: Context) -> bool:
    """The revision leaves item, quantity, term, person and payer as they were (row L4)."""
    return same(c, *CONTENT)


@body_selector
def order_still_covered(c: Context) -> bool:
    """What was taken of the same order in another period counts with its rest (row F6)."""
    new, origin = (
        Measure.model_validate(c.data["measure"]),
        c.case.periods.get(c.period.part_of or 0),
    )
    taken = origin.delivery.accepted if origin and origin.delivery else 0
    ordered = c.order.quantity + (taken or 0)
    return same(c, "recipient", "item", "payer") and new.quantity >= ordered


@selector
def procured(c: Context) -> bool:
    return c.measure.procured


@selector
def not_wanted(c: Context) -> bool:
    """A text that was asked again when it was sent, and was in vain by then."""
    return bool(c.data.get("not_wanted"))


@selector
def employer_pays(c: Context) -> bool:
    return c.measure.payer == "EMPLOYER"


@selector
def revoked_first(c: Context) -> bool:
    return "revoked" not in c.period.flags


@selector
def contacts_of_no_use(c: Context) -> bool:
    """Contacts were left out, and nobody has been asked to put them right yet (row R2)."""
    return bool(c.measure.unusable) and not _asked_for_contacts(c)


@selector
def contacts_right_again(c: Context) -> bool:
    return not c.measure.unusable and f"{c.period.number}:contacts_unusable" in c.case.tasks


def _asked_for_contacts(c: Context) -> bool:
    """Once in the whole case: its periods have the same recipient."""
    return any(task.code == "contacts_unusable" for task in c.case.tasks.values())


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


@body_selector
def proof_counts(c: Context) -> bool:
    """The edition takes a delivery on this way for a proof; the cabinet is the recipient's."""
    own = "cabinet" if c.actor.role == Role.RECIPIENT else None
    return c.data.get("channel", own) in c.edition.proofs


@body_selector
def doubts_the_proof(c: Context) -> bool:
    """The very message came back whose receipt was the proof that the recipient knows (row N6)."""
    told = c.period.round
    if told is None or told.notified_on is None or not of_this_round(c):
        return False
    if told.letter is not None:
        return told.letter == c.data.get("letter")
    return told.channel == c.data.get("channel")  # proofs from before the message was kept


@selector
def nothing_done_yet(c: Context) -> bool:
    """Nothing but the proof says that the recipient knows: they have ordered and asked nothing."""
    asked = ("no_supplier_asked", "reopening_asked")
    return not c.period.orders and not set(asked).intersection(c.period.flags)


@selector
def bounce_begins_round(c: Context) -> bool:
    """The edition notifies anew where a proof is in doubt, once; then a person looks (row N6)."""
    anew = c.edition.values["bounced_proof"] == "new_round"
    return anew and "notified_anew" not in c.period.flags


@selector
def proof_in_doubt(c: Context) -> bool:
    return "proof_doubted" in c.period.flags and not c.period.orders


@selector
def order_void_untold(c: Context) -> bool:
    """The order went void, and nothing proves yet that the recipient knows (row O2)."""
    return "order_void_untold" in c.period.flags


@body_selector
def tells_of_void_order(c: Context) -> bool:
    return c.data.get("text") in ("order_refused", "choose_anew")


# --- order ---


@selector
def choice_passed(c: Context) -> bool:
    deadline = c.deadline("choice")
    return deadline is not None and deadline.passed(c.message.at)


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


def unsigned_by(
    application: Application | None, edition: Edition, category: str
) -> tuple[str, ...]:
    """The required signers whose verified signature is missing.

    In place of the recipient's, once they have died, the act of hand-over may stand (row L3); of
    one of them, never the supplier's, a conclusion of the commission (row D4). Of a signature that
    is there the verdict is waited for.
    """
    held = application.signatures if application else {}
    stood_for = set()
    if application and application.attested:
        stood_for.add(Role.RECIPIENT.value)
    if application and application.concluded:
        stood_for |= {edition.values["conclusion_signs"]} - {Role.SUPPLIER.value}
    return tuple(
        role
        for role in edition.signers(category)
        if not (held[role].checked if role in held else role in stood_for)
    )


@selector
def all_signed(c: Context) -> bool:
    """Every required signature and the one over the named account has been verified (row A2)."""
    application = c.period.application
    if application is None or application.account is None or not application.account.checked:
        return False
    return not unsigned_by(application, c.edition, c.measure.category)


# --- review ---


@selector
def no_approval_yet(c: Context) -> bool:
    return not c.proposed("approve")


@body_selector
def no_refusal_yet(c: Context) -> bool:
    """Nobody has proposed to refuse on this ground."""
    return not c.proposed("refuse", "ground")


@selector
def funds_checked(c: Context) -> bool:
    """The edition has the financing plan looked at before a payment (rows V3, V7)."""
    return c.edition.funds_check


@body_selector
def funds_lacking(c: Context) -> bool:
    return bool(c.data.get("funds_lacking"))


@body_selector
def reports_this_status(c: Context) -> bool:
    return bool(c.data["status"] == c.period.status)
