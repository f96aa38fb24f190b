"""Whether it can be recorded who acts for the recipient, where they live, that they died."""

from datetime import date

from domain.context import Context
from domain.guards.registry import body_guard, guard, naming, unless
from domain.messages import Refusal
from domain.representatives import Kind, Representative
from domain.selectors.course import all_signed


def told(c: Context) -> Representative:
    """The representative that a message tells of."""
    return Representative.model_validate(c.data["representative"])


@guard
def recipient_alive(c: Context) -> Refusal | None:
    return unless(not c.measure.acting.died, "recipient_died")


@guard
def recipient_dead(c: Context) -> Refusal | None:
    """What the recipient would do themselves is done for them only after their death (row L3)."""
    return unless(c.measure.acting.died, "recipient_lives")


@body_guard
def representative_right(c: Context) -> Refusal | None:
    """Another person than the recipient, with a power that has begun and not ended (CC 167, 168).

    A caseworker of the authority represents nobody there (APPC 68(4)).
    """
    return _right(c, told(c))


def _right(c: Context, made: Representative) -> Refusal | None:
    if made.person == c.measure.recipient:
        return Refusal(code="representative_is_recipient")
    if made.since > c.today or (made.until is not None and made.until < c.today):
        return Refusal(code="day_wrong")
    conflict = made.person == c.actor.id or c.facts.get("representative_conflict") == "caseworker"
    return unless(not conflict, "representative_is_caseworker")


@guard
def another_proposed(c: Context) -> Refusal | None:
    """Something of who acts waits for a second caseworker, and that may be this one."""
    proposed = c.measure.acting.proposed
    if not proposed:
        return Refusal(code="nothing_to_do")
    return unless(any(one.by != c.actor.id for one in proposed), "same_person")


@guard
def something_proposed(c: Context) -> Refusal | None:
    return unless(bool(c.measure.acting.proposed), "nothing_to_do")


@naming("proposal")
def proposal_open(c: Context) -> Refusal | None:
    return unless(c.measure.acting.proposal(c.data["proposal"]) is not None, "nothing_to_do")


@naming("proposal")
def second_confirmer(c: Context) -> Refusal | None:
    """Who entered it does not confirm it (row L6)."""
    made = c.measure.acting.proposal(c.data["proposal"])
    return unless(made is None or made.by != c.actor.id, "same_person")


@naming("proposal")
def proposal_still_right(c: Context) -> Refusal | None:
    """What was right when it was entered may be so no longer."""
    made, acting = c.measure.acting.proposal(c.data["proposal"]), c.measure.acting
    if made is None:
        return None
    if made.begins is not None:
        return _right(c, made.begins)
    if made.ends is not None:
        held = next((one for one in acting.representatives if one.id == made.ends), None)
        return unless(held is not None and not held.ended, "nothing_to_do")
    return unless(made.capacity != acting.capacity, "nothing_to_do")


@guard
def somebody_represents(c: Context) -> Refusal | None:
    powers = c.measure.acting.representatives
    return unless(any(not power.ended for power in powers), "nothing_to_do")


@body_guard
def representative_known(c: Context) -> Refusal | None:
    """The power that is to end, on a day that is not ahead and not before it began."""
    power = _named(c)
    if power is None or power.ended:
        return Refusal(code="nothing_to_do")
    on = date.fromisoformat(c.data["on"])
    return unless(power.since <= on <= c.today, "day_wrong")


@guard
def power_of_attorney(c: Context) -> Refusal | None:
    """Who asks has given a power of attorney, or has one."""
    powers = c.measure.acting.representatives
    mine = (c.measure.recipient, *(one.person for one in powers if _by_attorney(one)))
    given = any(_by_attorney(one) for one in powers)
    return unless(given and c.actor.id in mine, "nothing_to_do")


def _by_attorney(power: Representative) -> bool:
    return power.kind == Kind.ATTORNEY and not power.ended


@body_guard
def own_power(c: Context) -> Refusal | None:
    """A power of attorney is taken back by who gave it or laid down by who has it (CC 170)."""
    power = _named(c)
    if power is None or power.kind != Kind.ATTORNEY:
        return Refusal(code="power_by_law")
    return unless(c.actor.id in (c.measure.recipient, power.person), "not_your_case")


def _named(c: Context) -> Representative | None:
    found = (one for one in c.measure.acting.representatives if one.id == c.data["representative"])
    return next(found, None)


@body_guard
def capacity_differs(c: Context) -> Refusal | None:
    return unless(c.data["capacity"] != c.measure.acting.capacity, "nothing_to_do")


@guard
def is_trustee(c: Context) -> Refusal | None:
    """Only a trustee consents to what the ward does."""
    power = c.power
    return unless(power is not None and power.kind == Kind.TRUSTEE, "not_your_case")


@body_guard
def act_needs_consent(c: Context) -> Refusal | None:
    """To an order the trustee consents by the very application that it makes."""
    if c.data["act"] not in c.edition.consent_acts:
        return Refusal(code="nothing_to_do")
    named = c.data["act"] != "place_order" or bool(c.data.get("application"))
    return unless(named, "wrong_document")


@body_guard
def consent_to_this(c: Context) -> Refusal | None:
    """What the trustee consented to is this order, not another; who needs no consent passes."""
    acting = c.measure.acting
    ward = c.actor.id == c.measure.recipient and acting.capacity == "assisted"
    if not ward or c.message.name not in c.edition.consent_acts:
        return None
    given = (one.application for one in c.period.consents if one.act == c.message.name)
    return unless(c.data["application"] in given, "consent_missing")


@guard
def somebody_can_act(c: Context) -> Refusal | None:
    """Terms do not go on while nobody can act for the recipient (row L6)."""
    return unless(c.measure.acting.somebody(c.today), "nobody_acts")


@body_guard
def place_differs(c: Context) -> Refusal | None:
    here = (c.measure.authority, c.measure.region)
    return unless((c.data["authority"], c.data["region"]) != here, "nothing_to_do")


@guard
def recipients_signature_missing(c: Context) -> Refusal | None:
    missing = "recipient" not in c.application.signatures and not c.application.attested
    return unless(missing and not all_signed(c), "nothing_to_do")
